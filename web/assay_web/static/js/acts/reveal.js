// Reveals a bid: its price was kept here when it was committed; where that is lost, it is asked for.
import { amountOf } from "../acts.js";
import { hex } from "../bytes.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { bidSalt, keptPrice, sealedBid } from "../secrets.js";
import { money } from "../words.js";

// Gas for each winner that there can be. Others may be revealed before a bid is mined: one that would have led
// may lose and get its bond back; one that would have been alone may join others, or be compared with each.
const PLACE = 25_000n;

export async function run({ facts, fields }) {
  const salt = await bidSalt(facts.auction);
  const price = fields.get("price") ? await amountOf(fields, "price", facts.token) : await kept(facts.seals);
  if (price === null) throw new Error(await say("bid.lost"));
  if (!facts.seals.includes(await sealedBid(facts.auction, price, salt))) throw new Error(await say("bid.other"));
  const worst = await say("worst.reveal", { price: await money(price, facts.token) });
  const spare = PLACE * BigInt(facts.winners);
  return send(await call("VickreyAuction", "reveal", [facts.auction, price, hex(salt)]), { worst, spare });
}

async function kept(seals) {
  for (const seal of seals) {
    const price = await keptPrice(seal);
    if (price !== null) return price;
  }
  return null;
}
