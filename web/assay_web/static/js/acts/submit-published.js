// Submits a model that this wallet has published before, such as one that was assessed on a third party's test.
import { say } from "../market.js";
import { writtenDigest } from "../documents.js";
import { payeesOf } from "../shares.js";
import { document as fetched } from "../sealing.js";
import { submitted, takes } from "../submission.js";
import { required } from "../wallet.js";

export async function run({ facts, fields }) {
  const { provider } = await required();
  const deal = await takes(provider, facts.number);
  const payees = await payeesOf(fields.get("payees"));
  const digest = await writtenDigest(fields.get("published"));
  const [model, order] = [await fetched(digest), await fetched(deal.request.spec)];
  if (model.kind !== "ModelManifest") throw new Error(await say("document.no_model"));
  if (order.maintains && !model.lineage.parents.includes(order.maintains))
    throw new Error(await say("submit.no_version", { model: order.maintains }));
  return submitted(provider, deal, { model, digest, payees });
}
