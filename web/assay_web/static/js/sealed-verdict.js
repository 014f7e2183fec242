// Verdicts stay sealed until every auditor of an audit has given one: the twin of assay/judges/sealed_verdicts.py. Salt
// and key follow from the wallet, so what is sealed here the command line opens, and the other way round.
import { encode } from "./abi.js";
import { bytes, hex, joined, text, utf8 } from "./bytes.js";
import { canonical } from "./canonical.js";
import { addressOf, market, say } from "./market.js";
import { hkdf, verdictSalt } from "./secrets.js";
import { required } from "./wallet.js";
import { aessiv } from "../vendor/@noble/ciphers/aes.js";
import { keccak_256 } from "../vendor/@noble/hashes/sha3.js";

const LEAST = 1 << 16; // of a padded report, which hardly any exceeds
const MOST = (1 << 20) - 64;
const END = 0x80;
const VERDICT = ["uint256", "address", "uint256", "address", "bool", "bytes32", "uint8", "bytes32"];

export async function sealOf(auditId, approve, report, covered) {
  const { address } = await required();
  const registry = await addressOf("AuditRegistry");
  const salt = hex(await verdictSalt(auditId));
  const values = [(await market()).chain_id, registry, auditId, address, approve, report, covered, salt];
  const types = VERDICT.map((type) => ({ type }));
  return hex(keccak_256(bytes(encode(types, values))));
}

const cipher = async (salt, seal) => aessiv(await hkdf(salt, "assay sealed report v1", 64), bytes(seal));

// The report, filled up to a power of two, as its length would say whether it has found anything (ISO/IEC 7816-4).
export async function sealedCopy(raw, salt, seal) {
  if (raw.length >= MOST) throw new Error(await say("report.long"));
  const size = Math.min(Math.max(LEAST, 2 ** raw.length.toString(2).length), MOST);
  return (await cipher(salt, seal)).encrypt(joined(raw, [END], new Uint8Array(size - raw.length - 1)));
}

// The bytes of the report in a copy; raises where another wallet has sealed it, or it was damaged.
export async function openedCopy(copy, salt, seal) {
  const padded = (await cipher(salt, seal)).decrypt(copy);
  const end = padded.findLastIndex((byte) => byte);
  if (padded[end] !== END) throw new Error("padding");
  return padded.slice(0, end);
}

// The report in a copy, which has to be in its one form.
export async function reportFrom(copy, auditId, seal) {
  try {
    const raw = await openedCopy(copy, await verdictSalt(auditId), seal);
    const report = JSON.parse(text(raw));
    if (canonical(report) !== text(raw) || report.kind !== "AuditReport") throw new Error("form");
    return { report, raw };
  } catch {
    throw new Error(await say("verdict.unopened"));
  }
}
