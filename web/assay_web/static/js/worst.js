// What a plain call can cost at worst. Which sentence it is stands here, and amounts are the contracts' own, asked
// through the wallet: the server is not believed in them.
import { market, say, view } from "./market.js";
import { money, share } from "./words.js";
import { required } from "./wallet.js";

async function dealOf({ market: at, dealId }) {
  const { provider } = await required();
  return view(provider, "IDisputableMarket", "dealOf", [dealId], at);
}

const WORST = {
  "AuditRegistry.addBond": () => say("worst.audit_bond"),
  "AuditRegistry.enrol": () => say("worst.audit_bond"),
  "Opinions.accept": () => say("worst.accept_opinion"),
  "Reputation.rate": () => say("worst.rate"),
  "MarketGovernor.brake": () => say("worst.brake"),
  "MarketGovernor.castVote": () => say("worst.ballot"),
  "MarketGovernor.delay": () => say("worst.delay"),
  "ValidatorStaking.stake": () => say("worst.stake"),
  "LineageClaims.settle": () => say("worst.settle_lineage"),
  "LineageClaims.admit": async (provider, [number]) => {
    const { parent } = await view(provider, "LineageClaims", "claimOf", [number]);
    const { token, ppm, floor } = await view(provider, "LineageClaims", "termsOf", [parent]);
    return say("worst.admit_lineage", { share: share(ppm), floor: await money(floor, token) });
  },
  "Rounds.appeal": async (provider, [panel]) => {
    const [deposit, { token }] = await Promise.all(
      ["appealDeposit", "roundOf"].map((name) => view(provider, "Rounds", name, [panel])),
    );
    return say("worst.appeal", { amount: await money(deposit, token) });
  },
  "Disputes.appeal": async (provider, [number]) => {
    const dispute = await view(provider, "Disputes", "disputeOf", [number]);
    const { round } = await view(provider, "Court", "dispute", [dispute.arbitratorDisputeId]);
    const { fee, token } = await dealOf(dispute);
    const costs = await view(provider, "Court", "juryFee", [fee, BigInt(round) + 1n]);
    return say("worst.dispute", { amount: await money(costs, token) });
  },
  "Court.accept": async (provider, [number]) => {
    const { bond } = await dealOf(await view(provider, "Court", "dispute", [number]));
    return say("worst.juror", {
      amount: await money(bond, (await market()).staking),
    });
  },
};

export async function worstOf(contract, name, values) {
  const told = WORST[`${contract}.${name}`];
  return told && told((await required()).provider, values);
}
