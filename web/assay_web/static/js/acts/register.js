// Joins the market: role, jurisdiction, domains, and the key to which others seal for this account.
import { hex, utf8 } from "../bytes.js";
import { publicKey } from "../hpke.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { encryptionKey } from "../secrets.js";
import { ROLES } from "../words.js";
import { keccak_256 } from "../../vendor/@noble/hashes/sha3.js";

const IN_DOMAINS = ["developer", "auditor", "regulator"].map((role) => ROLES.indexOf(role));
const MOST_DOMAINS = 3;
const NOBODY = `0x${"0".repeat(64)}`;

export async function run({ fields }) {
  const organisation = String(fields.get("organisation") || "")
    .trim()
    .toLowerCase();
  const role = Number(fields.get("role"));
  const further = fields
    .getAll("further_roles")
    .map(Number)
    .filter((one) => one !== role);
  const domains = fields.getAll("domains").map(Number);
  if (!domains.length && [role, ...further].some((one) => IN_DOMAINS.includes(one)))
    throw new Error(await say("join.domainless"));
  if (domains.length > MOST_DOMAINS) throw new Error(await say("join.domains"));
  const registration = {
    primaryRole: role,
    secondaryRoles: further.reduce((bits, one) => bits | (1 << one), 0),
    jurisdiction: Number(fields.get("jurisdiction")),
    domains: domains.reduce((packed, one, place) => packed | (one << (8 * place)), 0),
    organisation: organisation ? hex(keccak_256(utf8(organisation))) : NOBODY,
    encryptionKey: hex(await publicKey(await encryptionKey())),
  };
  return send(await call("ParticipantRegistry", "register", [registration]), { worst: await say("worst.register") });
}
