// Sealing and opening files in a worker, and content keys that the wallet derives again.
import { bare, bytes, hex, joined, utf8 } from "./bytes.js";
import { say } from "./market.js";
import { encryptionKey, hkdf } from "./secrets.js";
import { sha256 } from "../vendor/@noble/hashes/sha2.js";

export const keyHash = (key) => bare(sha256(joined(utf8("assay content key v1"), [0], key)));

export function inWorker(what, blob, key, progress) {
  const worker = new Worker(new URL("./seal-worker.js", import.meta.url), { type: "module" });
  return new Promise((done, failed) => {
    worker.onerror = (event) => failed(new Error(event.message || "worker"));
    worker.onmessage = async ({ data }) => {
      if (data.outcome) done(data.outcome);
      else if (data.problem) failed(new Error(await say(data.problem).catch(() => data.problem)));
      else progress?.(data.progress);
    };
    worker.postMessage({ what, blob, key });
  }).finally(() => worker.terminate());
}

export async function contentKey(salt) {
  return hkdf(await encryptionKey(), joined(utf8("assay content key v2 "), bytes(salt)));
}

// The key of a sealed file, where this wallet has sealed it.
export async function sealedHere(artifact) {
  const key = artifact.key_salt && (await contentKey(artifact.key_salt));
  if (!key || keyHash(key) !== artifact.key_hash) throw new Error(await say("grant.other"));
  return key;
}

// Seal a file to a fresh key; what its manifest says of it, and the ciphertext.
export async function sealedFile(file, progress) {
  const salt = bare(crypto.getRandomValues(new Uint8Array(32)));
  const key = await contentKey(salt);
  const { artifact, blob } = await inWorker("seal", file, key, progress);
  return { artifact: { ...artifact, aead: "AES-256-GCM-STREAM", key_hash: keyHash(key), key_salt: salt }, blob };
}

export async function stored(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body });
  if (!answer.ok) throw new Error(await refused(answer));
  return answer.json();
}

// What this server makes of a wish; raises with its words where it refuses.
export async function asked(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await refused(answer));
  return answer.json();
}

export async function refused(answer) {
  const said = await answer.json().catch(() => ({}));
  return said.text || say("act.refused", { status: answer.status });
}

// The document with a digest, its bytes checked against it.
export async function document(digest) {
  const bareDigest = digest.replace(/^0x/, "");
  const answer = await fetch(`/documents/${bareDigest}/raw`);
  if (!answer.ok) throw new Error(await say("document.absent", { digest: bareDigest.slice(0, 12) }));
  const raw = new Uint8Array(await answer.arrayBuffer());
  if (bare(sha256(raw)) !== bareDigest) throw new Error(await say("document.other"));
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const DIGEST = 32;

// The digest that a CID names: the last 32 bytes of its base32.
export function digestIn(cid) {
  const bits = [...cid.slice(1)].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g), (byte) => parseInt(byte, 2)).slice(-DIGEST);
}

export const digestOf = (raw) => hex(sha256(raw));
