// Grants a key to the auditor of an opinion: the model's as its developer, or as the customer to whom it was delivered;
// the data's as the customer. Who the auditor is the chain says.
import { block } from "../canonical.js";
import { checksum } from "../checksum.js";
import { grants } from "../grants.js";
import { addressOf, call, events, say } from "../market.js";
import { ownKey, rightKey } from "../opening.js";
import { auditorKey, DATA, grantContext, opinionOf } from "../material.js";
import { send } from "../review.js";
import { digestOf, document as fetched, sealedHere, stored } from "../sealing.js";
import { required } from "../wallet.js";

export async function run({ facts }) {
  const { provider, address } = await required();
  const me = address.toLowerCase();
  const { offer, deal } = await opinionOf(provider, facts.number);
  const recipient = await auditorKey(provider, facts.number, offer.auditor);
  const key = facts.artifact === DATA ? await dataKey(deal, me) : await modelKey(provider, offer, deal, me);
  const auditor = checksum(offer.auditor);
  const raw = block(await grants(key, { [auditor]: recipient }, await grantContext(facts.number)));
  return send(await call("Opinions", "grant", [facts.number, facts.artifact, digestOf(raw)]), {
    worst: await say("worst.grant_opinion", { auditor }),
    publish: () => stored("/documents", raw),
  });
}

async function dataKey(deal, me) {
  if (deal.customer !== me) throw new Error(await say("grant.stranger"));
  return sealedHere((await fetched(deal.request.dataset)).artifact);
}

async function modelKey(provider, offer, deal, me) {
  const { artifact } = await fetched(offer.subject);
  // Anybody can submit a manifest that names this wallet's sealed model: the key of that only its developer grants.
  if (deal.developer === me) return sealedHere(artifact);
  if (deal.customer !== me || deal.manifest !== offer.subject) throw new Error(await say("grant.stranger"));
  const about = { market: await addressOf("CommissionMarket"), dealId: offer.dealId };
  const [found] = await events(provider, "Deliveries", "Delivered", about);
  if (!found) throw new Error(await say("open.undelivered"));
  const own = await ownKey((await fetched(deal.request.spec)).delivery_key, "CommissionMarket");
  return rightKey(found.delivery, own, offer.dealId, "CommissionMarket", artifact);
}
