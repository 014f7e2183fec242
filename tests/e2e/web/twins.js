// What test_scripts.py asks of the market's scripts, each question answered in JSON's types.
import { decode, encode } from "/static/js/abi.js";
import { readable } from "/static/js/acts/reasons.js";
import { bare, bytes } from "/static/js/bytes.js";
import { canonical } from "/static/js/canonical.js";
import { granted, grants } from "/static/js/grants.js";
import * as hpke from "/static/js/hpke.js";
import { opened, sealed } from "/static/js/seal-format.js";
import { interfaceOf } from "/static/js/onnx.js";
import { written } from "/static/js/report.js";
import { openedCopy, sealedCopy } from "/static/js/sealed-verdict.js";
import { payeesOf } from "/static/js/shares.js";
import { UnixfsHasher } from "/static/js/unixfs.js";

const refused = (work) => {
  try {
    work();
    return false;
  } catch {
    return true;
  }
};
const PIECE = 1000003;

export function calls([types, values]) {
  const made = encode(types, values);
  const bent = [made.slice(0, -2), made + "00".repeat(32)].map((one) => refused(() => decode(types, one)));
  return [made, encode(types, decode(types, made)), bent];
}

export const reasons = (text) => readable(JSON.parse(text));
export const spelled = (text) => canonical(JSON.parse(text));

export function cid(size) {
  const hasher = new UnixfsHasher();
  for (let at = 0; at < size; at += PIECE) hasher.update(new Uint8Array(Math.min(PIECE, size - at)).fill(7));
  return hasher.cid();
}

const from = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
async function all(source) {
  const parts = [];
  for await (const part of source) parts.push(part.cipher ?? part);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
function to(raw) {
  let text = "";
  for (const byte of raw) text += String.fromCharCode(byte);
  return btoa(text);
}

export async function files([content, theirs]) {
  const key = new Uint8Array(32).fill(5);
  const ours = await all(sealed(new Blob([from(content)]), key));
  const plain = await all(opened(new Blob([from(theirs)]), key));
  const changed = from(theirs);
  changed[changed.length - 1] ^= 1;
  const broken = [changed, from(theirs).slice(0, -17)].map((one) =>
    all(opened(new Blob([one]), key)).then(
      () => false,
      () => true,
    ),
  );
  return [to(ours), to(plain), await Promise.all(broken)];
}

export async function messages(hex) {
  const [secret, message, info, enc, theirs] = hex.map(bytes);
  const own = await hpke.seal(await hpke.publicKey(secret), new Uint8Array(32).fill(3), message, info);
  return [bare(own.enc), bare(own.ciphertext), bare(await hpke.open(secret, enc, theirs, info))];
}

// The report of an assessment, or null where it is none.
export function report([text, about, approve]) {
  try {
    return canonical(written(JSON.parse(text), about, approve));
  } catch {
    return null;
  }
}

export async function copies([raw, salt, seal, theirs]) {
  const copy = await sealedCopy(from(raw), bytes(salt), seal);
  const bent = copy.with(-1, copy.at(-1) ^ 1);
  const broken = await openedCopy(bent, bytes(salt), seal).then(
    () => false,
    () => true,
  );
  return [to(copy), to(await openedCopy(from(theirs), bytes(salt), seal)), broken];
}

export const payees = (written) => payeesOf(written).catch((error) => error.message);
export const signature = (content) =>
  interfaceOf(new Blob([from(content)])).catch((error) => error.message);

// The browser opens what the command grants, and the other way round; a grant for another context does not open.
export async function shared([secret, key, recipient, context, theirs]) {
  const own = await grants(bytes(key), { [recipient]: bare(await hpke.publicKey(bytes(secret))) }, context);
  const opening = (document, expected) => granted(document, bytes(secret), recipient, expected).then(bare, () => null);
  return [canonical(own), await opening(theirs, context), await opening(theirs, { ...context, deal_id: "8" })];
}
