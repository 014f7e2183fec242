// Has a proposal that has passed carried out, or takes one's own back. What it would do is read from the chain, through
// the wallet's own connection: the server only says which proposal it is.
import { bytes, hex } from "../bytes.js";
import { call, events, say } from "../market.js";
import { send } from "../review.js";
import { required } from "../wallet.js";
import { keccak_256 } from "../../vendor/@noble/hashes/sha3.js";

const WORST = { queue: "worst.queue_proposal", execute: "worst.execute_proposal", cancel: "worst.cancel_proposal" };

export async function run({ facts }) {
  if (!(facts.name in WORST)) throw new Error(await say("act.unknown"));
  const { provider } = await required();
  const made = await events(provider, "MarketGovernor", "ProposalCreated");
  const one = made.find(({ proposalId }) => proposalId === BigInt(facts.id));
  if (!one) throw new Error(await say("proposal.absent"));
  const described = hex(keccak_256(bytes(one.description)));
  const values = [one.targets, one.values, one.calldatas, described];
  return send(await call("MarketGovernor", facts.name, values), { worst: await say(WORST[facts.name]) });
}
