// Has the panel of a job of this wallet's score its model. Model, manifest and grants leave this browser after the
// person's yes alone.
import { digestOf } from "../sealing.js";
import { asks, sealedModel, submitted } from "../submission.js";
import { required } from "../wallet.js";

export async function run({ facts, fields, tell }) {
  const { provider } = await required();
  const job = await asks(provider, facts.number);
  const { model, raw, publish } = await sealedModel(fields, null, tell);
  return submitted(provider, job, { model, digest: digestOf(raw), payees: [], publish });
}
