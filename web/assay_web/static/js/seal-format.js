// The sealed file, version 1: AES-256-GCM in chunks whose counter and last-chunk flag stand in the nonce (STREAM).
// The twin of assay/seal/stream.py.
import { joined, same, utf8, word } from "./bytes.js";

export const CHUNK = 1024 * 1024;
const HEADER = 44;
const TAG = 16;
const MAGIC = joined(utf8("assaySL"), [1]);
const LEAST = 1024;
const MOST = 16 * 1024 * 1024;

async function cipher(header, raw, use) {
  const base = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
  const salt = header.slice(12);
  const secret = new Uint8Array(
    await crypto.subtle.deriveBits(
      { name: "HKDF", hash: "SHA-256", salt, info: utf8("assay sealed artifact v1") },
      base,
      39 * 8,
    ),
  );
  const key = await crypto.subtle.importKey("raw", secret.slice(0, 32), "AES-GCM", false, [use]);
  const nonce = (index, last) => joined(secret.slice(32), word(index, 4), [Number(last)]);
  return (index, last, data) =>
    crypto.subtle[use]({ name: "AES-GCM", iv: nonce(index, last), additionalData: header }, key, data).then(
      (out) => new Uint8Array(out),
    );
}

// The pieces of the ciphertext of a Blob.
export async function* sealed(blob, raw, chunk = CHUNK) {
  const header = joined(MAGIC, word(chunk, 4), crypto.getRandomValues(new Uint8Array(32)));
  const encrypt = await cipher(header, raw, "encrypt");
  yield { cipher: header, plain: new Uint8Array(0) };
  const count = Math.max(1, Math.ceil(blob.size / chunk));
  for (let index = 0; index < count; index++) {
    const plain = new Uint8Array(await blob.slice(index * chunk, (index + 1) * chunk).arrayBuffer());
    yield { cipher: await encrypt(index, index === count - 1, plain), plain };
  }
}

// The pieces of the plaintext of a Blob that was sealed; raises where it was changed, cut or extended.
export async function* opened(blob, raw) {
  const header = new Uint8Array(await blob.slice(0, HEADER).arrayBuffer());
  const chunk = header.length === HEADER ? new DataView(header.buffer).getUint32(8) : 0;
  if (!same(header.slice(0, 8), MAGIC) || chunk < LEAST || chunk > MOST) throw new Error("seal.version");
  const decrypt = await cipher(header, raw, "decrypt");
  const count = Math.max(1, Math.ceil((blob.size - HEADER) / (chunk + TAG)));
  for (let index = 0; index < count; index++) {
    const from = HEADER + index * (chunk + TAG);
    const piece = new Uint8Array(await blob.slice(from, from + chunk + TAG).arrayBuffer());
    const plain = await decrypt(index, index === count - 1, piece).catch(() =>
      Promise.reject(new Error("seal.broken")),
    );
    if (index && !plain.length) throw new Error("seal.broken");
    yield plain;
  }
}
