// Opens what validators have sealed to this account in place of an answer. Neither the reasons nor the key that opens
// them leave this browser.
import { bare, bytes, joined, text, utf8 } from "../bytes.js";
import { element, one } from "../dom.js";
import { open, publicKey } from "../hpke.js";
import { addressOf, market, reasons, say } from "../market.js";
import { document as fetched } from "../sealing.js";
import { encryptionKey } from "../secrets.js";

const MOST = 100; // reasons that are shown of a validator

export async function run({ facts, form }) {
  const secret = await encryptionKey();
  const own = bare(await publicKey(secret));
  const said = [];
  for (const report of facts.reports) {
    // one validator's garbage hides nobody else's
    for (const reason of await opened(report, secret, own).catch(() => []))
      said.push(await say("reasons.row", { validator: report.validator, said: reason }));
  }
  if (!said.length) throw new Error(await say("reasons.none"));
  one("[data-reasons]", form)?.remove();
  form.append(element("ul", { "data-reasons": said.length }, ...said.map((line) => element("li", {}, line))));
  return null;
}

async function opened({ request, validator, document }, secret, own) {
  const report = await fetched(document).catch(() => null);
  const sealed = report?.sealed_reasons?.find((message) => message.public_key === own);
  if (!sealed) return [];
  const purpose = `report ${(await market()).chain_id} ${await addressOf("ValidationOracle")} ${request} ${validator}`;
  const info = joined(utf8("assay sealed message v1"), [0], utf8(purpose));
  const found = await open(secret, bytes(sealed.enc), bytes(sealed.ciphertext), info).catch(() => null);
  return found ? readable(JSON.parse(text(found))) : [];
}

// The sentences of a validator's reasons; what is no reason is left out.
export async function readable(list) {
  const sentences = await Promise.all(list.slice(0, MOST).map((reason) => told(reason).catch(() => null)));
  return sentences.filter((sentence) => sentence !== null);
}

// The sentence of a reason, with its facts filled in; of one that is not known, its code.
async function told(reason) {
  const known = await reasons();
  if (typeof reason.code !== "string") return null;
  if (!Object.hasOwn(known, reason.code)) return shown(reason.code);
  const [usual, uncounted] = known[reason.code];
  const missing = (reason.code === "not_numeric" ? reason.found : reason.name) ?? null;
  const facts = {
    ...reason,
    name: `"${reason.name ?? "?"}"`,
    rows: counted(reason.found, "row"),
    inputs: counted(reason.found, "input"),
  };
  return (missing === null ? uncounted : usual).replace(/\{(\w+)\}/g, (_, fact) =>
    shown(Object.hasOwn(facts, fact) ? facts[fact] : null),
  );
}

const counted = (count, what) => `${(count || 0).toLocaleString()} ${what}${count === 1 ? "" : "s"}`;
const shown = (value) => (typeof value === "number" ? value.toLocaleString() : String(value ?? "?")).slice(0, 300);
