// Presents an accreditor's signed credential, a file that it has handed over. The contract checks the signature.
import { documentIn } from "../documents.js";
import { call, say } from "../market.js";
import { send } from "../review.js";

export async function run({ fields }) {
  const { credential, accreditor, signature } = JSON.parse(await documentIn(fields.get("credential"))) ?? {};
  const { subject, role, organisation, valid_until: validUntil, nonce, deadline } = credential ?? {};
  const right =
    [subject, accreditor].every((one) => /^0x[0-9a-fA-F]{40}$/.test(one)) &&
    [role, validUntil, nonce, deadline].every((one) => Number.isSafeInteger(one) && one >= 0) &&
    /^[0-9a-f]{64}$/.test(organisation) &&
    /^([0-9a-f]{2}){1,1000}$/.test(signature);
  if (!right) throw new Error(await say("accredit.none"));
  const presented = { subject, role, organisation, validUntil, nonce, deadline };
  return send(await call("ParticipantRegistry", "accredit", [presented, accreditor, `0x${signature}`]), {
    worst: await say("worst.accredit"),
  });
}
