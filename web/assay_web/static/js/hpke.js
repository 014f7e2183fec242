// HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
// The twin of assay/seal/hpke.py.
import { joined, utf8, word } from "./bytes.js";
import { hmac } from "../vendor/@noble/hashes/hmac.js";
import { sha256 } from "../vendor/@noble/hashes/sha2.js";
import { chacha20poly1305 } from "../vendor/@noble/ciphers/chacha.js";

const KEM = joined(utf8("KEM"), word(0x0020, 2));
const SUITE = joined(utf8("HPKE"), word(0x0020, 2), word(0x0001, 2), word(0x0003, 2));
const NONE = new Uint8Array(0);
const BASE = joined([9], new Uint8Array(31));
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];

const extract = (suite, salt, label, material) =>
  hmac(sha256, salt, joined(utf8("HPKE-v1"), suite, utf8(label), material));

function expand(suite, secret, label, info, length) {
  const labelled = joined(word(length, 2), utf8("HPKE-v1"), suite, utf8(label), info);
  return hmac(sha256, secret, joined(labelled, [1])).slice(0, length); // 32 bytes at most are asked for
}

async function exchange(secret, point) {
  const own = await crypto.subtle.importKey("pkcs8", joined(PKCS8, secret), { name: "X25519" }, false, [
    "deriveBits",
  ]);
  const other = await crypto.subtle.importKey("raw", point, { name: "X25519" }, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, own, 256));
}

export const publicKey = (secret) => exchange(secret, BASE);

function cipher(shared, enc, recipient, info) {
  const secret = expand(KEM, extract(KEM, NONE, "eae_prk", shared), "shared_secret", joined(enc, recipient), 32);
  const context = joined([0], extract(SUITE, NONE, "psk_id_hash", NONE), extract(SUITE, NONE, "info_hash", info));
  const schedule = extract(SUITE, secret, "secret", NONE);
  return chacha20poly1305(
    expand(SUITE, schedule, "key", context, 32),
    expand(SUITE, schedule, "base_nonce", context, 12),
    NONE,
  );
}

export async function seal(recipient, ephemeral, plaintext, info) {
  const enc = await publicKey(ephemeral);
  return { enc, ciphertext: cipher(await exchange(ephemeral, recipient), enc, recipient, info).encrypt(plaintext) };
}

export async function open(secret, enc, ciphertext, info) {
  return cipher(await exchange(secret, enc), enc, await publicKey(secret), info).decrypt(ciphertext);
}
