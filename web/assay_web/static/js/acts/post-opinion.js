// The auditor posts its opinion. The report is written here from the assessment, and published after the person's yes.
import { call, say } from "../market.js";
import { opinionOf } from "../material.js";
import { send } from "../review.js";
import { reportIn, told } from "../report.js";
import { digestOf, stored } from "../sealing.js";
import { required } from "../wallet.js";

export async function run({ facts, fields }) {
  const { provider } = await required();
  const { deal, subject } = await opinionOf(provider, facts.number);
  const { report, raw, approve } = await reportIn(fields, "Opinions", facts.number, subject, deal.request.dataset);
  return send(await call("Opinions", "post", [facts.number, approve, digestOf(raw)]), {
    worst: await say("worst.post_opinion"),
    read: await told(report),
    publish: () => stored("/documents", raw),
  });
}
