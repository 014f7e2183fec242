// Takes the seat in a chamber that an accreditor has signed for this account, in a file that it has handed over. The
// contract checks the signature.
import { documentIn } from "../documents.js";
import { call, say } from "../market.js";
import { send } from "../review.js";

export async function run({ fields }) {
  const { seat, accreditor, signature } = JSON.parse(await documentIn(fields.get("seat"))) ?? {};
  const { subject, role, entity, valid_until: validUntil, nonce, deadline } = seat ?? {};
  const right =
    [subject, accreditor].every((one) => /^0x[0-9a-fA-F]{40}$/.test(one)) &&
    [role, validUntil, nonce, deadline].every((one) => Number.isSafeInteger(one) && one >= 0) &&
    /^[0-9a-f]{64}$/.test(entity) &&
    /^([0-9a-f]{2}){1,1000}$/.test(signature);
  if (!right) throw new Error(await say("seat.none"));
  const signed = { subject, role, entity, validUntil, nonce, deadline };
  return send(await call("Chambers", "join", [signed, accreditor, `0x${signature}`]), {
    worst: await say("worst.join_seat"),
  });
}
