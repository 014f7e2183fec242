// The holder of a licence opens the model, or refutes the delivery of another key. What was bought is read through the
// wallet's own connection: the delivery key that its buyer named, and the terms that the sale keeps by their hash. A
// server that could name another model would have the right key refuted, which makes it public.
import { openedKey, refuted, written } from "../delivery.js";
import { call, events, say } from "../market.js";
import { ownKey, rightKey, shown } from "../opening.js";
import { send } from "../review.js";
import { keyHash } from "../sealing.js";
import { soldAs } from "../sold.js";
import { required } from "../wallet.js";

export async function run({ facts, tell, form }) {
  const { provider } = await required();
  const number = BigInt(facts.number);
  const [found] = await events(provider, "Licences", "Delivered", { saleId: number });
  if (!found) throw new Error(await say("open.undelivered"));
  const { bought, terms, artifact } = await soldAs(provider, number);
  const own = await keyOf(bought, provider);
  if (!facts.refute) {
    const key = await rightKey(found.delivery, own, number, "Licences", artifact);
    await shown(key, artifact, `licence-${number}`, tell, form);
    return null;
  }
  const key = await openedKey(found.delivery, own, number, "Licences");
  if (keyHash(key) === artifact.key_hash) throw new Error(await say("refute.right"));
  const proof = await refuted(found, own, number, "Licences");
  const point = { x: own.x, y: own.y };
  const values = [number, facts.sale, terms, point, found.delivery, proof];
  return send(await call("Licences", "refute", values), { worst: await say("worst.refute") });
}

// A purchase's keys are numbered by offer; who has won an auction has named a key of the contract Sales.
async function keyOf(bought, provider) {
  const recipient = written(bought.deliveryKey);
  const [won] = await events(provider, "Sales", "LicenceSold", { saleId: bought.saleId });
  return won ? ownKey(recipient, "Sales", won.id) : ownKey(recipient, "Licences", bought.offerId << 64n);
}
