// An auditor opens model and data in this browser, where their keys were granted to it.
import { element, one } from "../dom.js";
import { granted } from "../grants.js";
import { say } from "../market.js";
import { auditOf, DATA, MODEL, opinionOf } from "../material.js";
import { openedFile } from "../opening.js";
import { document as fetched } from "../sealing.js";
import { encryptionKey } from "../secrets.js";
import { required } from "../wallet.js";

const MOST_GRANTS = 64;

export async function run({ facts, tell, form }) {
  const { provider, address } = await required();
  const about = await (facts.audit ? auditOf : opinionOf)(provider, facts.number);
  const [model, data] = [await fetched(about.subject), await fetched(about.deal.request.dataset)];
  const wanted = [
    [MODEL, model.artifact, `model-${facts.number}.onnx`],
    [DATA, data.artifact, `data-${facts.number}.${String(data.format).replace(/[^a-z0-9]/g, "")}`],
  ];
  const secret = await encryptionKey();
  const lines = [];
  for (const [kind, artifact, name] of wanted) {
    const key = await keyOf(about, kind, artifact, secret, address);
    if (key) lines.push(await link(await openedFile(key, artifact, tell), name));
    else lines.push(element("li", {}, await say("opinion.ungranted", { name })));
  }
  one("[data-opened]", form)?.remove();
  form.append(element("ul", { "data-opened": about.subject }, ...lines));
  return null;
}

// The key from the newest grant to this wallet that opens: one party's mistake or malice hides no other's.
async function keyOf(about, kind, artifact, secret, address) {
  const context = await about.context(kind);
  const digests = about.granted.filter((one) => Number(one.artifact) === kind).map((one) => one.grants);
  for (const digest of [...new Set(digests.reverse())].slice(0, MOST_GRANTS)) {
    const document = await fetched(digest).catch(() => null);
    if (document?.kind !== "KeyGrants" || document.key_hash !== artifact.key_hash) continue;
    const key = await granted(document, secret, address, context).catch(() => null);
    if (key) return key;
  }
  return null;
}

async function link(found, name) {
  const address = URL.createObjectURL(found.blob);
  const save = element("a", { class: "button", href: address, download: name }, await say("opinion.save", { name }));
  return element("li", {}, await say("opinion.opened", { digest: found.sha256.slice(0, 16) }), " ", save);
}
