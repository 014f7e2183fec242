// Who sits on a panel, and what is granted to it. The chain says so, through the wallet's own connection: a server that
// could name the members could have what is sealed.
import { block } from "./canonical.js";
import { checksum } from "./checksum.js";
import { grants } from "./grants.js";
import { addressOf, events, market, view } from "./market.js";

const ZERO = /^0x0+$/;
export const [DATA, MODEL] = [0, 1]; // places in the question to a panel

// The encryption keys of those who sit on a panel now, as they were when these were seated, by address.
export async function members(provider, panelId) {
  const seated = await events(provider, "ValidationOracle", "PanelSeated", { panelId });
  const keys = {};
  for (const { members: who, encryptionKeys } of seated) who.forEach((member, i) => (keys[member] = encryptionKeys[i]));
  const panel = await view(provider, "ValidationOracle", "panel", [panelId]);
  const sitting = panel.members.filter((member) => !ZERO.test(member));
  return Object.fromEntries(sitting.map((member) => [checksum(member), keys[member]]));
}

// The encryption keys of all who were drawn for an audit, by address.
export async function auditors(provider, auditId) {
  const seated = await events(provider, "AuditRegistry", "AuditorSeated", { auditId });
  return Object.fromEntries(seated.map(({ auditor, encryptionKey }) => [checksum(auditor), encryptionKey]));
}

// What a grant that is published with Rounds is for: an artifact, by its place in the question.
export const panelContext = async (panelId, place) => ({
  chain_id: (await market()).chain_id,
  contract: await addressOf("Rounds"),
  deal_id: panelId.toString(),
  purpose: "panel",
  artifact: place,
});

// The document that grants a key to recipients, as it is published with Rounds.
export async function panelGrants(key, recipients, panelId, place) {
  return block(await grants(key, recipients, await panelContext(panelId, place)));
}
