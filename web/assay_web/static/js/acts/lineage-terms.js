// Says, once and for good, what models owe that are made from one of this wallet's without a licence.
import { amountOf } from "../acts.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { document as fetched } from "../sealing.js";
import { ppmOf } from "../shares.js";
import { plain } from "../words.js";

const MOST_PPM = 300000; // as Royalties.sol has it

export async function run({ fields }) {
  const [good, token] = ["parent", "token"].map((name) => String(fields.get(name)));
  const ppm = ppmOf(fields.get("royalty"));
  if (ppm === null || ppm > MOST_PPM) throw new Error(await say("lineage.bad_share"));
  const floor = await amountOf(fields, "royalty_floor", token);
  if (!ppm && !floor) throw new Error(await say("lineage.bad_share"));
  const { name } = await fetched(good);
  return send(await call("LineageClaims", "setTerms", [good, token, ppm, floor]), {
    rows: [[await say("offer.row_model"), plain(name)]],
    worst: await say("worst.lineage_terms"),
  });
}
