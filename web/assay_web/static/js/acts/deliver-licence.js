// The seller delivers the key of a licence that was bought, to the key that its buyer named.
import { delivered } from "../delivery.js";
import { call, events, say } from "../market.js";
import { send } from "../review.js";
import { contentKey, document as fetched, keyHash } from "../sealing.js";
import { required } from "../wallet.js";

export async function run({ facts }) {
  const { provider } = await required();
  const [bought] = await events(provider, "Licences", "Bought", { saleId: facts.number });
  const { artifact } = await fetched(facts.manifest);
  if (!bought || !artifact.key_salt) throw new Error(await say("deliver.other"));
  const key = await contentKey(artifact.key_salt);
  if (keyHash(key) !== artifact.key_hash) throw new Error(await say("deliver.other"));
  const { delivery, proof } = await delivered(key, "Licences", facts.number, bought.deliveryKey);
  return send(await call("Licences", "deliver", [facts.number, facts.sale, delivery, proof]), {
    worst: await say("worst.deliver"),
  });
}
