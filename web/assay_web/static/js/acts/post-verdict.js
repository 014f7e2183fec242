// Gives the verdict of a seat. Where others give one too it is sealed: the report is written and encrypted here, and
// neither the server nor a node learns it before the opening. The only auditor of an audit posts at once.
import { call, say, view } from "../market.js";
import { send } from "../review.js";
import { reportIn, SCOPES, told } from "../report.js";
import { sealedCopy, sealOf } from "../sealed-verdict.js";
import { digestOf, stored } from "../sealing.js";
import { verdictSalt } from "../secrets.js";
import { seatOf } from "../seats.js";
import { money } from "../words.js";

const NO_SALT = `0x${"00".repeat(32)}`;

export async function run({ facts, fields }) {
  const { audit, seat, dataset, staking } = await seatOf(facts.number);
  if (audit.opening) throw new Error(await say("verdict.opening"));
  const given = await reportIn(fields, "AuditRegistry", facts.number, audit.terms.subject, dataset);
  const missing = SCOPES.filter((_, bit) => ((Number(audit.terms.scopes) & ~given.covered) >> bit) & 1);
  if (given.approve && missing.length) throw new Error(await say("verdict.uncovered", { scopes: missing.join(", ") }));
  const read = await told(given.report);
  const digest = digestOf(given.raw);
  if (audit.terms.auditors === 1n) {
    const values = [facts.number, seat, given.approve, digest, given.covered, NO_SALT];
    return send(await call("AuditRegistry", "post", values), {
      worst: await say("worst.post_verdict"),
      read,
      publish: () => stored("/documents", given.raw),
    });
  }
  const seal = await sealOf(facts.number, given.approve, digest, given.covered);
  const copy = await sealedCopy(given.raw, await verdictSalt(facts.number), seal);
  return send(await call("AuditRegistry", "sealVerdict", [facts.number, seat, seal, digestOf(copy)]), {
    worst: await say("worst.seal_verdict", { bond: await money(audit.terms.bond, staking) }),
    read,
    publish: () => stored("/verdicts", copy),
  });
}
