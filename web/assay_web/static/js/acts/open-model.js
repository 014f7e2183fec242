// The customer of a commission or the client of a job opens the delivered model. The former refutes the delivery of
// another key.
import { bare, bytes } from "../bytes.js";
import { openedKey, refuted } from "../delivery.js";
import { job } from "../job.js";
import { addressOf, call, events, say, view } from "../market.js";
import { ownKey, rightKey, shown } from "../opening.js";
import { send } from "../review.js";
import { document as fetched, keyHash } from "../sealing.js";
import { required } from "../wallet.js";

export async function run({ facts, tell, form }) {
  const { provider } = await required();
  const found = await (facts.job ? job : commission)(provider, facts.number);
  const [spec, model] = [await fetched(found.spec), await fetched(found.manifest)];
  const contract = facts.job ? "JobEvaluator" : "CommissionMarket";
  return openedOrRefuted(contract, facts, spec, model.artifact, tell, form);
}

async function commission(provider, number) {
  const { request, manifest } = await view(provider, "CommissionLens", "commission", [number]);
  return { spec: request.spec, manifest };
}

// The same for every market whose keys are delivered in the contract Deliveries.
export async function openedOrRefuted(contract, facts, spec, artifact, tell, form) {
  const { provider } = await required();
  const number = facts.number;
  const about = { market: await addressOf(contract), dealId: number };
  const [found] = await events(provider, "Deliveries", "Delivered", about);
  if (!found) throw new Error(await say("open.undelivered"));
  const own = await ownKey(spec.delivery_key, contract);
  if (!facts.refute) {
    const key = await rightKey(found.delivery, own, number, contract, artifact);
    await shown(key, artifact, `model-${number}`, tell, form);
    return null;
  }
  if (bare(bytes(found.keyHash)) !== artifact.key_hash) throw new Error(await say("refute.unmade"));
  const key = await openedKey(found.delivery, own, number, contract);
  if (keyHash(key) === artifact.key_hash) throw new Error(await say("refute.right"));
  const proof = await refuted(found, own, number, contract);
  const point = { x: own.x, y: own.y };
  const hashes = [found.keyHash, found.ciphertext];
  return send(await call("Deliveries", "refute", [about.market, number, point, ...hashes, found.delivery, proof]), {
    worst: await say("worst.refute"),
  });
}
