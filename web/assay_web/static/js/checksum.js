// An address in its EIP-55 form.
import { bare, utf8 } from "./bytes.js";
import { keccak_256 } from "../vendor/@noble/hashes/sha3.js";

export function checksum(address) {
  const digits = address.slice(2).toLowerCase();
  const hash = bare(keccak_256(utf8(digits)));
  return `0x${[...digits].map((digit, i) => (parseInt(hash[i], 16) > 7 ? digit.toUpperCase() : digit)).join("")}`;
}
