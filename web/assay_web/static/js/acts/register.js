// Joins the market: role, jurisdiction, domains, and the key to which others seal for this account.
import { hex, utf8 } from "../bytes.js";
import { call, say } from "../market.js";
import { domainsOf, ownKey, rolesOf } from "../registration.js";
import { send } from "../review.js";
import { ROLES } from "../words.js";
import { keccak_256 } from "../../vendor/@noble/hashes/sha3.js";

const IN_DOMAINS = ["developer", "auditor", "regulator"].map((role) => ROLES.indexOf(role));
const NOBODY = `0x${"0".repeat(64)}`;

export async function run({ fields }) {
  const organisation = String(fields.get("organisation") || "")
    .trim()
    .toLowerCase();
  const roles = rolesOf(fields);
  const domains = await domainsOf(fields);
  if (!domains && roles.all.some((one) => IN_DOMAINS.includes(one))) throw new Error(await say("join.domainless"));
  const registration = {
    primaryRole: roles.primary,
    secondaryRoles: roles.further,
    jurisdiction: Number(fields.get("jurisdiction")),
    domains,
    organisation: organisation ? hex(keccak_256(utf8(organisation))) : NOBODY,
    encryptionKey: await ownKey(),
  };
  return send(await call("ParticipantRegistry", "register", [registration]), { worst: await say("worst.register") });
}
