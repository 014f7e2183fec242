// Declares a tie to another account, so that this wallet's cannot judge it.
import { numberOf } from "../acts.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { required } from "../wallet.js";

const DAY = 86400n;
const MOST_DAYS = 36500;

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  if (facts.other.toLowerCase() === address.toLowerCase()) throw new Error(await say("tie.own"));
  const days = BigInt(await numberOf(fields, "tie_days", 1, MOST_DAYS));
  const block = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  const tie = await call("ParticipantRegistry", "declareTie", [facts.other, BigInt(block.timestamp) + days * DAY]);
  return send(tie, { worst: await say("worst.tie") });
}
