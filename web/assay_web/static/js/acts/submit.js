// Submits a model to a commission that this wallet has won. Model, manifest and grants leave this browser after the
// person's yes alone.
import { payeesOf } from "../shares.js";
import { digestOf } from "../sealing.js";
import { sealedModel, submitted, takes } from "../submission.js";
import { required } from "../wallet.js";

export async function run({ facts, fields, tell }) {
  const { provider } = await required();
  const deal = await takes(provider, facts.number);
  const payees = await payeesOf(fields.get("payees"));
  const { model, raw, publish } = await sealedModel(fields, facts.number, tell);
  return submitted(provider, deal, { model, digest: digestOf(raw), payees, publish });
}
