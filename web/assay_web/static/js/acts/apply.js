// Has a model of this wallet's assessed on a third party's test, and pays for it.
import { amountOf } from "../acts.js";
import { writtenDigest } from "../documents.js";
import { funded } from "../fund.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { document as fetched, sealedHere } from "../sealing.js";
import { money, plain } from "../words.js";
import { required } from "../wallet.js";

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const manifest = await writtenDigest(fields.get("published"));
  const model = await fetched(manifest);
  if (model.kind !== "ModelManifest") throw new Error(await say("document.no_model"));
  await sealedHere(model.artifact); // it has to be granted afterwards
  const { token } = await view(provider, "Conformity", "testSet", [facts.set]);
  const written = String(fields.get("evaluation_fee") || "").trim();
  const least = (await view(provider, "Policy", "tokenRule", [token])).minEvaluationFee;
  const fee = written ? await amountOf(fields, "evaluation_fee", token) : least;
  const total = await view(provider, "Conformity", "quote", [facts.set, fee]);
  const open = await call("Conformity", "open", [facts.set, manifest, fee]);
  await funded(token, total, open);
  const receipt = await send(open, {
    rows: [[await say("submit.row_model"), plain(model.name)]],
    worst: await say("worst.apply", { total: await money(total, token) }),
  });
  const opened = await events(provider, "Conformity", "AssessmentOpened", { setId: facts.set, manifest });
  const mine = opened.findLast((one) => one.applicant === address.toLowerCase());
  return { ...receipt, next: mine && `/assessments/${mine.id}` };
}
