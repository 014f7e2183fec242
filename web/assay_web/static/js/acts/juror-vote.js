// A juror's sealed vote, found again from the wallet when it is revealed.
import { call, say } from "../market.js";
import { send } from "../review.js";
import { jurorSalt, sealedVote } from "../secrets.js";

export async function run({ facts, fields }) {
  const side = Number(fields.get("side"));
  const salt = await jurorSalt(facts.case, facts.round);
  const sealed = await sealedVote(facts.case, facts.round, side, salt);
  return send(await call("Court", "commit", [facts.case, facts.seat, sealed]), { worst: await say("worst.vote") });
}
