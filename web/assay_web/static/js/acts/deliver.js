// Delivers the key of a model that has passed: by its developer in a commission, by its seller after a trial, by the
// provider of a job. The contract takes what the panel has agreed on and nothing else; this wallet computes the same.
import { hex } from "../bytes.js";
import { delivered } from "../delivery.js";
import { job } from "../job.js";
import { addressOf, call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { contentKey, digestIn, document as fetched, keyHash } from "../sealing.js";
import { required } from "../wallet.js";

export async function run({ facts }) {
  const { provider, address } = await required();
  const { seller, spec, artifact } = await (DEALS[facts.market] || commission)(provider, facts.number);
  // Anybody can submit a manifest that names this wallet's sealed model.
  if (seller !== address.toLowerCase() || !artifact.key_salt) throw new Error(await say("deliver.other"));
  const key = await contentKey(artifact.key_salt);
  if (keyHash(key) !== artifact.key_hash) throw new Error(await say("deliver.other"));
  const recipient = pointOf(spec.delivery_key);
  const { delivery, proof } = await delivered(key, facts.market, facts.number, recipient);
  const hashes = [`0x${artifact.key_hash}`, hex(digestIn(artifact.cid))];
  const values = [await addressOf(facts.market), facts.number, recipient, ...hashes, delivery, proof];
  return send(await call("Deliveries", "deliverAgreed", values), { worst: await say("worst.deliver") });
}

async function commission(provider, number) {
  const deal = await view(provider, "CommissionLens", "commission", [number]);
  const { artifact } = await fetched(deal.manifest);
  return { seller: deal.developer, spec: await fetched(deal.request.spec), artifact };
}

async function trial(provider, number) {
  const { good, seller } = await view(provider, "Trials", "trial", [number]);
  const [opened] = await events(provider, "Trials", "TrialOpened", { id: number });
  return { seller, spec: await fetched(opened.request.spec), artifact: (await fetched(good)).artifact };
}

async function enrolled(provider, number) {
  const { provider: seller, spec, manifest } = await job(provider, number);
  return { seller, spec: await fetched(spec), artifact: (await fetched(manifest)).artifact };
}

const DEALS = { Trials: trial, JobEvaluator: enrolled };
const pointOf = (written) => ({ x: BigInt(`0x${written.slice(0, 64)}`), y: BigInt(`0x${written.slice(64)}`) });
