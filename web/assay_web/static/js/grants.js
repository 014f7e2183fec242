// A content key, wrapped for each member of a panel so that all who hold it can check it. As assay/seal/grants.py.
import { bare, bytes, joined, utf8 } from "./bytes.js";
import { canonical } from "./canonical.js";
import { open, seal } from "./hpke.js";
import { keyHash } from "./sealing.js";
import { hkdf } from "./secrets.js";

export async function grants(key, recipients, context) {
  const hash = keyHash(key);
  const made = await Promise.all(
    Object.entries(recipients).map(([address, publicKey]) => one(key, hash, address, bytes(publicKey), context)),
  );
  made.sort((a, b) => (a.recipient.toLowerCase() < b.recipient.toLowerCase() ? -1 : 1));
  return { kind: "KeyGrants", version: 1, context, key_hash: hash, grants: made };
}

// The key that was granted to an address for this context; raises where it was not, or is another than committed to.
export async function granted({ context, key_hash: hash, grants: all }, secret, address, expected) {
  const own = all.find(({ recipient }) => recipient.toLowerCase() === address.toLowerCase());
  if (!own || canonical(context) !== canonical(expected)) throw new Error("grant");
  const info = infoOf(context, hash, own.recipient);
  const key = await open(secret, bytes(own.enc), bytes(own.ciphertext), info);
  if (keyHash(key) !== hash) throw new Error("grant");
  return key;
}

function infoOf(context, hash, recipient) {
  const bound = canonical({ context, key_hash: hash, recipient: recipient.toLowerCase() });
  return joined(utf8("assay key grant v1"), [0], utf8(bound));
}

async function one(key, hash, recipient, publicKey, context) {
  const info = infoOf(context, hash, recipient);
  const ephemeral = await hkdf(key, joined(utf8("assay grant ephemeral v1"), [0], info), 32, publicKey);
  const { enc, ciphertext } = await seal(publicKey, ephemeral, key, info);
  return { recipient, public_key: bare(publicKey), enc: bare(enc), ciphertext: bare(ciphertext) };
}
