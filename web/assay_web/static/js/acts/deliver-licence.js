// The seller delivers the key of a licence that was bought, to the key that its buyer named. Which model was sold, the
// chain says: a server could have the key of a dearer one delivered.
import { delivered } from "../delivery.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { contentKey, keyHash } from "../sealing.js";
import { soldAs } from "../sold.js";
import { required } from "../wallet.js";

export async function run({ facts }) {
  const { provider } = await required();
  const { bought, artifact } = await soldAs(provider, facts.number);
  if (!artifact.key_salt) throw new Error(await say("deliver.other"));
  const key = await contentKey(artifact.key_salt);
  if (keyHash(key) !== artifact.key_hash) throw new Error(await say("deliver.other"));
  const { delivery, proof } = await delivered(key, "Licences", facts.number, bought.deliveryKey);
  return send(await call("Licences", "deliver", [facts.number, bought.sale, delivery, proof]), {
    worst: await say("worst.deliver"),
  });
}
