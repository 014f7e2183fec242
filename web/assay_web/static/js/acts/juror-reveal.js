// Reveals a juror's vote: the one of the three sides that was committed to.
import { hex } from "../bytes.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { jurorSalt, sealedVote } from "../secrets.js";

const SIDES = [0, 1, 2];

export async function run({ facts }) {
  const salt = await jurorSalt(facts.case, facts.round);
  for (const side of SIDES) {
    if ((await sealedVote(facts.case, facts.round, side, salt)) === facts.sealed)
      return send(await call("Court", "reveal", [facts.case, facts.seat, side, hex(salt)]));
  }
  throw new Error(await say("vote.none"));
}
