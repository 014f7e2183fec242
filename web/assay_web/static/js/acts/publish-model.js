// Seals a model and publishes it with its manifest, to have it assessed before it is submitted. No transaction.
import { element, one } from "../dom.js";
import { say } from "../market.js";
import { digestOf } from "../sealing.js";
import { sealedModel } from "../submission.js";

export async function run({ fields, tell, form }) {
  const { raw, publish } = await sealedModel(fields, null, tell);
  await publish();
  const digest = digestOf(raw).slice(2);
  one("[data-opened]", form)?.remove();
  const link = element("a", { href: `/documents/${digest}` }, element("code", {}, digest));
  form.append(element("p", { "data-opened": digest }, await say("publish.done"), " ", link));
  return null;
}
