// The report of an auditor's assessment: the twin of assay/manifests/audit_report.py. It is written here and not by the
// server, which would know a sealed verdict before it may be opened.
import { block } from "./canonical.js";
import { checksum } from "./checksum.js";
import { documentIn } from "./documents.js";
import { addressOf, market, say } from "./market.js";
import { document as fetched } from "./sealing.js";
import { required } from "./wallet.js";

export const SCOPES = ["performance", "fairness", "robustness", "privacy", "security", "explainability", "compliance"];
const SCORE_LIMIT = 10 ** 12;
const MOST_ROWS = 10_000_000;
const MOST_BYTES = 1 << 20; // a manifest is smaller
const UNPRINTABLE = String.raw`\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069`;

// FIELDS: each is a function of a value and its place. It answers with the value as the report has it, or throws.

class Unfit extends Error {}
const kind = (fits) => (value, at) => {
  if (!fits(value)) throw new Unfit(at);
  return value;
};
const text = (pattern, least, most) =>
  kind((value) => {
    const size = typeof value === "string" && value.isWellFormed() ? [...value].length : -1;
    return least <= size && size <= most && pattern.test(value);
  });
const whole = (least, most) => kind((value) => Number.isSafeInteger(value) && least <= value && value <= most);
const among = (...all) => kind((value) => all.includes(value));
const maybe = (other) => or((value, at) => (value === null ? null : other(value, at)), null);
const or = (other, otherwise) => Object.assign((value, at) => other(value, at), { otherwise });
const list = (part, least, most) => (value, at) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) throw new Unfit(at);
  return value.map((one, place) => part(one, `${at}.${place}`));
};

const object = (fields) => (value, at) => {
  if (!value || typeof value !== "object" || Array.isArray(value)) throw new Unfit(at);
  for (const name of Object.keys(value)) if (!Object.hasOwn(fields, name)) throw new Unfit(`${at}.${name}`);
  const made = Object.entries(fields).map(([name, field]) => {
    if (Object.hasOwn(value, name)) return [name, field(value[name], `${at}.${name}`)];
    if (!("otherwise" in field)) throw new Unfit(`${at}.${name}`);
    return [name, field.otherwise];
  });
  return Object.fromEntries(made.filter(([, one]) => one !== undefined));
};

const scope = among(...SCOPES);
const line = text(new RegExp(`^[^\\t\\n${UNPRINTABLE}]+$`, "u"), 1, 200);
const prose = text(new RegExp(`^[^${UNPRINTABLE}]*$`, "u"), 0, 10_000);
const digest = text(/^[0-9a-f]{64}$/, 64, 64);
const measured = whole(-SCORE_LIMIT, SCORE_LIMIT);
const finding = object({
  scope,
  severity: among("note", "minor", "major", "critical"),
  summary: line,
  details: or(prose, ""),
});
const figure = object({
  name: line,
  value: measured,
  low: maybe(measured),
  high: maybe(measured),
  unit: or(among("ppm", "number", "bytes", "count"), "ppm"),
  scope: or((value, at) => (value === null ? undefined : scope(value, at)), undefined),
});
const examination = object({
  page: digest,
  model_sha256: digest,
  data_sha256: digest,
  training_sha256: maybe(digest),
  spec_sha256: digest,
  seed: whole(0, 2 ** 32 - 1),
  quick: among(true, false),
  rows: whole(0, MOST_ROWS),
  training_rows: or(whole(0, MOST_ROWS), 0),
  rows_asked: whole(0, Number.MAX_SAFE_INTEGER),
  tools: or(list(object({ name: line, version: line }), 0, 32), []),
});
const assessment = object({
  scopes: list(scope, 1, 7),
  limitations: prose,
  findings: or(list(finding, 0, 200), []),
  figures: or(list(figure, 0, 200), []),
  examination: maybe(examination),
});

export const scopeBits = (scopes) => scopes.reduce((bits, one) => bits | (1 << SCOPES.indexOf(one)), 0);

// The report, of what an auditor has written and what the chain knows.
export const written = (said, about, approve) => ({
  kind: "AuditReport",
  version: 1,
  ...about,
  verdict: approve ? "approved" : "rejected",
  ...assessment(said, "assessment"),
});

// The report of a form's assessment and verdict: {report, raw, approve, covered}. `subject` and `dataset` are the
// digests of the manifests of model and data that are to be examined.
export async function reportIn(fields, contract, number, subject, dataset) {
  const { address } = await required();
  const about = {
    chain_id: (await market()).chain_id,
    registry: await addressOf(contract),
    request_id: String(number),
    auditor: checksum(address),
    model: subject.slice(2),
  };
  const approve = fields.get("verdict") === "approved";
  const said = JSON.parse(await documentIn(fields.get("assessment")));
  let report;
  try {
    report = written(said, about, approve);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new Error(await say("report.unfit", { place: error.message.slice(0, 200) }));
  }
  await examined(report.examination, subject, dataset);
  const raw = block(report);
  if (raw.length >= MOST_BYTES) throw new Error(await say("report.long"));
  return { report, raw, approve, covered: scopeBits(report.scopes) };
}

// See that an examination was one of this model and this data; one that measured no file says nothing of any.
async function examined(examination, subject, dataset) {
  if (!examination) return;
  for (const [name, manifest] of [
    ["model", subject],
    ["data", dataset],
  ]) {
    const { artifact } = await fetched(manifest);
    if (examination[`${name}_sha256`] !== artifact.plaintext_sha256)
      throw new Error(await say(`report.other_${name}`, { digest: examination[`${name}_sha256`].slice(0, 16) }));
  }
}

// What a person reads of a report before signing.
export async function told(report) {
  const { verdict, scopes, findings, limitations } = report;
  const lines = findings.map((one) => `${one.severity}, ${one.scope}: ${one.summary}`);
  const said = [await say("report.says", { verdict: await say(`model.${verdict}`), scopes: scopes.join(", ") })];
  return { title: await say("report.title"), text: [...said, ...lines, limitations].join("\n\n") };
}
