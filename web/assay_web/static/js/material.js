// What an auditor is given to look at, as the chain has it: of an opinion that was asked for, or of a drawn audit.
import { addressOf, events, market, say, view } from "./market.js";
import { panelContext } from "./panel.js";

export const [DATA, MODEL] = [0, 1]; // as the contracts number what is granted

async function dealOf(provider, contract, number) {
  if (contract !== (await addressOf("CommissionMarket")).toLowerCase())
    throw new Error(await say("opinion.foreign"));
  return view(provider, "CommissionLens", "commission", [number]);
}

// An opinion: its offer, the deal, and where its grants are published for what.
export async function opinionOf(provider, number) {
  const { offer } = await view(provider, "Opinions", "opinion", [number]);
  const deal = await dealOf(provider, offer.market, offer.dealId);
  const granted = await events(provider, "Opinions", "KeysGranted", { id: number });
  return { offer, deal, subject: offer.subject, granted, context: () => grantContext(number) };
}

// An audit, whose grants are published with the panel that has tested the model.
export async function auditOf(provider, number) {
  const { opener, dealId, terms } = await view(provider, "AuditRegistry", "audit", [number]);
  const deal = await dealOf(provider, opener, dealId);
  const granted = await events(provider, "Rounds", "KeysGranted", { panelId: deal.panelId });
  return { deal, subject: terms.subject, granted, context: (kind) => panelContext(deal.panelId, kind) };
}

// The key to which grants for its auditor are sealed, as it was when the auditor accepted.
export async function auditorKey(provider, number, auditor) {
  const accepted = await events(provider, "Opinions", "OpinionAccepted", { opinionId: number, auditor });
  if (!accepted.length) throw new Error(await say("opinion.unaccepted"));
  return accepted[0].encryptionKey;
}

export const grantContext = async (number) => ({
  chain_id: (await market()).chain_id,
  contract: await addressOf("Opinions"),
  deal_id: String(number),
  purpose: "audit",
  artifact: 0,
});
