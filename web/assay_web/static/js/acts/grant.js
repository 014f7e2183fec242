// The customer grants the key of its data to the panel. Who sits on it, and under which keys, the chain says, through
// the wallet's own connection: a server that could name the members could have the data.
import { block } from "../canonical.js";
import { grants } from "../grants.js";
import { addressOf, call, events, market, say, view } from "../market.js";
import { send } from "../review.js";
import { contentKey, digestOf, document, keyHash, stored } from "../sealing.js";
import { required } from "../wallet.js";

const ZERO = /^0x0+$/;
const DATA = 0;

export async function run({ facts, tell }) {
  const { provider, address } = await required();
  const deal = await (facts.market === "Trials" ? trial : commission)(provider, facts.number);
  // Anybody can open a deal about this wallet's sealed data; its panel is to have no key of it.
  if (deal.buyer !== address.toLowerCase()) throw new Error(await say("grant.stranger"));
  const { artifact } = await document(deal.dataset);
  const key = await contentKey(artifact.key_salt);
  if (keyHash(key) !== artifact.key_hash) throw new Error(await say("grant.other"));
  const recipients = await members(provider, deal.panelId);
  tell(await say("grant.sealing", { count: Object.keys(recipients).length }));
  const context = {
    chain_id: (await market()).chain_id,
    contract: await addressOf("Rounds"),
    deal_id: deal.panelId.toString(),
    purpose: "panel",
    artifact: DATA,
  };
  const raw = block(await grants(key, recipients, context));
  return send(await call("Rounds", "grant", [deal.panelId, DATA, digestOf(raw)]), {
    worst: await say("worst.grant", { count: Object.keys(recipients).length }),
    publish: () => stored("/documents", raw),
  });
}

async function commission(provider, number) {
  const { customer, panelId, request } = await view(provider, "CommissionLens", "commission", [number]);
  return { buyer: customer, panelId, dataset: request.dataset };
}

async function trial(provider, number) {
  const { buyer, panelId } = await view(provider, "Trials", "trial", [number]);
  const [opened] = await events(provider, "Trials", "TrialOpened", { id: number });
  return { buyer, panelId, dataset: opened.request.dataset };
}

async function members(provider, panelId) {
  const seated = await events(provider, "ValidationOracle", "PanelSeated", { panelId });
  const keys = {};
  for (const { members: who, encryptionKeys } of seated)
    who.forEach((member, i) => (keys[member] = encryptionKeys[i]));
  const panel = await view(provider, "ValidationOracle", "panel", [panelId]);
  const sitting = panel.members.filter((member) => !ZERO.test(member));
  const { checksum } = await import("../checksum.js");
  return Object.fromEntries(sitting.map((member) => [checksum(member), keys[member]]));
}
