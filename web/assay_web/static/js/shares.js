// Shares as people write them: of a price that goes to others, ADDRESS=12.5%, one after another; or of sales, 5.
import { checksum } from "./checksum.js";
import { say } from "./market.js";

const WHOLE = 1000000; // parts per million
const PERCENT = /^(\d{1,3})(?:\.(\d{1,4}))?\s*%?$/;
const SHARE = /^(0x[0-9a-fA-F]{40})=(.+)%$/;

// Parts per million of a number of percent; null where it is none.
export function ppmOf(written) {
  const [, whole, part = ""] = PERCENT.exec(String(written).trim()) || [];
  const ppm = Number(whole + part.padEnd(4, "0"));
  return whole !== undefined && ppm <= WHOLE ? ppm : null;
}

// An account as it was written, in lower case; null where a letter of it is wrong (EIP-55).
export function accountOf(written) {
  const text = String(written || "").trim();
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return null;
  const mistyped = /[a-f]/.test(text.slice(2)) && /[A-F]/.test(text) && checksum(text) !== text;
  return mistyped ? null : text.toLowerCase();
}

export async function payeesOf(written) {
  const found = [];
  for (const one of String(written || "")
    .split(/[\s,;]+/)
    .filter(Boolean)) {
    const [, address, percent] = SHARE.exec(one) || [];
    const [account, ppm] = [accountOf(address), ppmOf(percent)];
    if (!account || !ppm) throw new Error(await say("submit.payee", { written: one.slice(0, 80) }));
    found.push({ account, ppm });
  }
  if (found.reduce((sum, { ppm }) => sum + ppm, 0) > WHOLE) throw new Error(await say("submit.payees"));
  return found;
}
