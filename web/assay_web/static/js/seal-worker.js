// Seals or opens a file beside the page, so that the page stays alive. Told {what, blob, key}; says progress and
// the outcome. Nothing leaves this browser from here.
import { bare } from "./bytes.js";
import { CHUNK, opened, sealed } from "./seal-format.js";
import { UnixfsHasher } from "./unixfs.js";
import { sha256 } from "../vendor/@noble/hashes/sha2.js";

async function seal(blob, key) {
  const cid = new UnixfsHasher();
  const plaintext = sha256.create();
  const pieces = [];
  let size = 0;
  let done = 0;
  for await (const piece of sealed(blob, key)) {
    plaintext.update(piece.plain);
    cid.update(piece.cipher);
    pieces.push(new Blob([piece.cipher]));
    size += piece.cipher.length;
    done += piece.plain.length;
    postMessage({ progress: blob.size ? done / blob.size : 1 });
  }
  const artifact = {
    cid: cid.cid(),
    size,
    plaintext_sha256: bare(plaintext.digest()),
    plaintext_size: blob.size,
    chunk_size: CHUNK,
  };
  return { artifact, blob: new Blob(pieces) };
}

async function open(blob, key) {
  const plaintext = sha256.create();
  const pieces = [];
  let size = 0;
  for await (const piece of opened(blob, key)) {
    plaintext.update(piece);
    pieces.push(new Blob([piece]));
    size += piece.length;
    postMessage({ progress: size / blob.size });
  }
  return { blob: new Blob(pieces), sha256: bare(plaintext.digest()), size };
}

onmessage = async ({ data }) => {
  try {
    postMessage({ outcome: await (data.what === "seal" ? seal : open)(data.blob, data.key) });
  } catch (error) {
    postMessage({ problem: String(error.message) });
  }
};
