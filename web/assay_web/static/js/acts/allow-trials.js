// Allows trials of an offer of one's own; the bonds behind them come from the escrow balance when they are opened.
import { amountOf, numberOf } from "../acts.js";
import { isShort, ready } from "../fund.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { money } from "../words.js";

const MOST = 65535;

export async function run({ facts, fields }) {
  const { token } = facts.terms.offer;
  const allowance = {
    exposureFee: await amountOf(fields, "exposure_fee", token),
    bond: await amountOf(fields, "bond", token),
    quota: await numberOf(fields, "quota", 0, MOST),
    exclusive: fields.get("exclusive") === "yes",
  };
  const allow = await call("Trials", "allow", [facts.offer, facts.terms, allowance]);
  await isShort(allow);
  const bonds = allowance.bond * BigInt(allowance.quota);
  if (bonds) await ready(token, bonds);
  return send(allow, { worst: await say("worst.allow_trials", { bond: await money(bonds, token) }) });
}
