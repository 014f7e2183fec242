// Joins the market: role, jurisdiction, domains, and the key to which others seal for this account.
import { hex, utf8 } from "../bytes.js";
import { publicKey } from "../hpke.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { encryptionKey } from "../secrets.js";
import { keccak_256 } from "../../vendor/@noble/hashes/sha3.js";

const NOBODY = `0x${"0".repeat(64)}`;

export async function run({ fields }) {
  const organisation = String(fields.get("organisation") || "")
    .trim()
    .toLowerCase();
  const registration = {
    primaryRole: Number(fields.get("role")),
    secondaryRoles: 0,
    jurisdiction: Number(fields.get("jurisdiction")),
    domains: Number(fields.get("domain")),
    organisation: organisation ? hex(keccak_256(utf8(organisation))) : NOBODY,
    encryptionKey: hex(await publicKey(await encryptionKey())),
  };
  return send(await call("ParticipantRegistry", "register", [registration]), { worst: await say("worst.register") });
}
