// Proposes another value of one rule. The page encodes the change itself, and reads it back before the wallet is asked.
import { numberOf } from "../acts.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { ppmOf } from "../shares.js";
import { required } from "../wallet.js";

const DAY = 86400;
const MOST_DAYS = 3650;

const CHANGES = {
  fee: async (fields, provider) => ["setFee", [await ppm(fields), await view(provider, "Policy", "treasury", [])]],
  bid_bond: async (fields) => ["setBidBond", [await ppm(fields)]],
  cooling_off: async (fields) => ["setCoolingOff", [(await numberOf(fields, "rule_value", 0, MOST_DAYS)) * DAY]],
  release: async () => ["release", []],
};

export async function run({ fields }) {
  const { provider, address } = await required();
  const change = CHANGES[fields.get("change")];
  const reason = String(fields.get("reason") || "").trim();
  if (!change) throw new Error(await say("act.unknown"));
  if (!reason) throw new Error(await say("proposal.reasonless"));
  const { to, data } = await call("Policy", ...(await change(fields, provider)));
  const propose = await call("MarketGovernor", "propose", [[to], [0], [data], reason]);
  const receipt = await send(propose, { worst: await say("worst.propose") });
  const made = await events(provider, "MarketGovernor", "ProposalCreated");
  const mine = made.filter(({ proposer }) => proposer === address.toLowerCase()).at(-1);
  return { ...receipt, next: mine && `/proposals/${mine.proposalId}` };
}

async function ppm(fields) {
  const found = ppmOf(fields.get("rule_value"));
  if (found === null) throw new Error(await say("proposal.no_percent"));
  return found;
}
