// The auditor posts its opinion. The server writes the report from the assessment; what it wrote is compared, and
// published after the person's yes.
import { checksum } from "../checksum.js";
import { utf8 } from "../bytes.js";
import { canonical } from "../canonical.js";
import { documentIn, holds } from "../documents.js";
import { addressOf, call, market, say, view } from "../market.js";
import { send } from "../review.js";
import { asked, digestOf, stored } from "../sealing.js";
import { required } from "../wallet.js";

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const { offer } = await view(provider, "Opinions", "opinion", [facts.number]);
  const assessment = await documentIn(fields.get("assessment"));
  const verdict = fields.get("verdict") === "approved" ? "approved" : "rejected";
  const account = checksum(address);
  const wish = { opinion: facts.number, account, approve: verdict === "approved", assessment };
  const { report } = await asked("/opinions/draft", wish);
  const said = JSON.parse(report);
  const about = {
    kind: "AuditReport",
    chain_id: (await market()).chain_id,
    registry: await addressOf("Opinions"),
    request_id: String(facts.number),
    auditor: account,
    model: offer.subject.slice(2),
    verdict,
  };
  if (canonical(said) !== report || !holds(said, about) || !holds(said, JSON.parse(assessment)))
    throw new Error(await say("opinion.other"));
  const raw = utf8(report);
  const rows = [[await say("opinion.row_report"), canonical({ scopes: said.scopes, findings: said.findings.length })]];
  return send(await call("Opinions", "post", [facts.number, wish.approve, digestOf(raw)]), {
    rows,
    worst: await say("worst.post_opinion"),
    publish: () => stored("/documents", raw),
  });
}
