// One call of one contract. Its arguments are fixed by the page or written into the form. What needs more care than to
// be read back has a module of its own, and is not called from here.
import { amountOf } from "../acts.js";
import { funded } from "../fund.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { accountOf } from "../shares.js";
import { required } from "../wallet.js";
import { worstOf } from "../worst.js";

const CALLS = new Set([
  "AuditRegistry.addBond",
  "AuditRegistry.enrol",
  "AuditRegistry.leave",
  "Chambers.activate",
  "Chambers.leave",
  "CommissionMarket.advance",
  "CommissionMarket.settle",
  "Conformity.advance",
  "Conformity.retire",
  "Court.accept",
  "Court.advance",
  "Court.enrol",
  "Court.leave",
  "Court.prune",
  "Disputes.appeal",
  "Escrow.withdraw",
  "JobEvaluator.advance",
  "JobEvaluator.conclude",
  "Licences.collect",
  "Licences.refund",
  "Licences.takeBond",
  "Licences.withdraw",
  "LineageClaims.admit",
  "LineageClaims.settle",
  "MarketGovernor.brake",
  "MarketGovernor.castVote",
  "MarketGovernor.delay",
  "Opinions.accept",
  "Opinions.replace",
  "Opinions.withdraw",
  "Pledges.release",
  "Reputation.rate",
  "Reputation.record",
  "Rounds.appeal",
  "Sales.close",
  "Trials.advance",
  "ValidatorStaking.completeExit",
  "ValidatorStaking.requestExit",
  "ValidatorStaking.stake",
  "VickreyAuction.reclaim",
]);
// Gas beyond the estimate for a new leaf in a draw: where it comes to lie depends on who joins before it is
// mined. If the tree is full by then, every node above it is new. This is enough for ten thousand leaves.
const NEW_LEAF = 250_000n;
const JOINING = new Set(["AuditRegistry.enrol", "Court.enrol", "ValidatorStaking.stake"]);
const KINDS = {
  amount: (argument, fields) => amountOf(fields, argument.field, argument.token),
  text: (argument, fields) => fields.get(argument.field),
  account: async (argument, fields) => {
    const account = accountOf(fields.get(argument.field));
    if (!account) throw new Error(await say("act.account"));
    return account;
  },
  number: (argument, fields) => BigInt(fields.get(argument.field)),
  flag: (argument, fields) => fields.get(argument.field) === "yes",
  me: async () => (await required()).address,
};

export async function run({ facts, fields }) {
  const name = `${facts.contract}.${facts.name}`;
  if (!CALLS.has(name)) throw new Error(await say("act.unknown"));
  const given = facts.args.map((one) => (one.kind ? KINDS[one.kind](one, fields) : one.value));
  const values = await Promise.all(given);
  const transaction = await call(facts.contract, facts.name, values, facts.at);
  if (facts.fund) await funded(facts.fund.token, await amount(facts.fund, fields), transaction);
  const spare = JOINING.has(name) ? NEW_LEAF : undefined;
  return send(transaction, { worst: await worstOf(facts.contract, facts.name, values), spare });
}

const amount = (fund, fields) => (fund.field ? amountOf(fields, fund.field, fund.token) : BigInt(fund.amount));
