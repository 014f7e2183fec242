// How an account that is new to the market joins with its first order: where it is, and the key to which others seal.
import { hex } from "./bytes.js";
import { publicKey } from "./hpke.js";
import { say, view } from "./market.js";
import { encryptionKey } from "./secrets.js";
import { required } from "./wallet.js";

const JOINED = { jurisdiction: 0, encryptionKey: `0x${"00".repeat(32)}` };

export async function joining(fields) {
  const { provider, address } = await required();
  const person = await view(provider, "ParticipantRegistry", "participantOf", [address]);
  if (person.index) return JOINED;
  const jurisdiction = Number(fields.get("joining"));
  if (!jurisdiction) throw new Error(await say("buy.stranger"));
  return { jurisdiction, encryptionKey: hex(await publicKey(await encryptionKey())) };
}
