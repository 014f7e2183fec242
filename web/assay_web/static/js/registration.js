// Roles, domains and the encryption key of an account, as the contract packs them.
import { hex } from "./bytes.js";
import { publicKey } from "./hpke.js";
import { say } from "./market.js";
import { encryptionKey } from "./secrets.js";

const MOST_DOMAINS = 3;

// The primary role of a form, and the bits of the further ones: {primary, further, all}.
export function rolesOf(fields) {
  const primary = Number(fields.get("role"));
  const further = fields
    .getAll("further_roles")
    .map(Number)
    .filter((one) => one !== primary);
  return { primary, further: further.reduce((bits, one) => bits | (1 << one), 0), all: [primary, ...further] };
}

export async function domainsOf(fields) {
  const domains = fields.getAll("domains").map(Number);
  if (domains.length > MOST_DOMAINS) throw new Error(await say("join.domains"));
  return domains.reduce((packed, one, place) => packed | (one << (8 * place)), 0);
}

// The key to which others seal for this wallet.
export const ownKey = async () => hex(await publicKey(await encryptionKey()));
