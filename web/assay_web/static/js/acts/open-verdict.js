// Opens the verdict that this wallet has sealed. Its report comes from the copy that was kept with the seal, or from
// the assessment that was sealed, chosen again, and is published.
import { hex } from "../bytes.js";
import { call, events, say } from "../market.js";
import { send } from "../review.js";
import { reportIn, scopeBits, told } from "../report.js";
import { reportFrom, sealOf } from "../sealed-verdict.js";
import { digestOf, stored } from "../sealing.js";
import { verdictSalt } from "../secrets.js";
import { seatOf } from "../seats.js";
import { required } from "../wallet.js";

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const { audit, seat, dataset } = await seatOf(facts.number);
  if (!audit.opening) throw new Error(await say("verdict.closed")); // a node would learn it by being asked
  const [found] = (
    await events(provider, "AuditRegistry", "VerdictSealed", { auditId: facts.number, auditor: address })
  ).slice(-1);
  if (!found) throw new Error(await say("verdict.unsealed"));
  const { report, raw } = fields.get("assessment")?.size
    ? await reportIn(fields, "AuditRegistry", facts.number, audit.terms.subject, dataset)
    : await reportFrom(await copyWith(found.copy), facts.number, found.sealedVerdict);
  const [digest, covered, approve] = [digestOf(raw), scopeBits(report.scopes), report.verdict === "approved"];
  if ((await sealOf(facts.number, approve, digest, covered)) !== found.sealedVerdict)
    throw new Error(await say("verdict.other"));
  const salt = hex(await verdictSalt(facts.number));
  return send(await call("AuditRegistry", "post", [facts.number, seat, approve, digest, covered, salt]), {
    worst: await say("worst.post_verdict"),
    read: await told(report),
    publish: () => stored("/documents", raw),
  });
}

async function copyWith(digest) {
  const answer = await fetch(`/verdicts/${digest.slice(2)}`);
  const copy = answer.ok ? new Uint8Array(await answer.arrayBuffer()) : new Uint8Array(0);
  if (digestOf(copy) !== digest) throw new Error(await say("verdict.absent"));
  return copy;
}
