// The seat of this wallet in an audit, as the chain has it, and what is to be examined.
import { market, say, view } from "./market.js";
import { auditOf } from "./material.js";
import { required } from "./wallet.js";

export async function seatOf(auditId) {
  const { provider, address } = await required();
  const audit = await view(provider, "AuditRegistry", "audit", [auditId]);
  const seat = audit.seats.findIndex(({ auditor, at }) => auditor === address.toLowerCase() && !at);
  if (seat < 0) throw new Error(await say("verdict.seatless"));
  const { deal } = await auditOf(provider, auditId);
  return { audit, seat, dataset: deal.request.dataset, staking: (await market()).staking };
}
