// Records signatures of a text that others have handed over as files. The contract checks each.
import { documentIn } from "../documents.js";
import { call, say } from "../market.js";
import { send } from "../review.js";

const MOST = 20;

export async function run({ facts, fields }) {
  const files = fields.getAll("signatures").filter((one) => one.size);
  if (!files.length || files.length > MOST) throw new Error(await say("record.none", { most: MOST }));
  const signatures = await Promise.all(files.map((file) => signedIn(file, facts.text)));
  return send(await call("Agreements", "record", [signatures]), { worst: await say("worst.record") });
}

async function signedIn(file, expected) {
  const { text, party, signature } = JSON.parse(await documentIn(file)) ?? {};
  const right =
    [text, signature].every((one) => /^(0x)?([0-9a-f]{2}){1,2000}$/i.test(one)) && /^0x[0-9a-fA-F]{40}$/.test(party);
  if (!right) throw new Error(await say("record.unreadable", { name: file.name.slice(0, 80) }));
  const [digest, proof] = [text, signature].map((one) => `0x${one.replace(/^0x/, "").toLowerCase()}`);
  if (digest !== expected) throw new Error(await say("record.other", { name: file.name.slice(0, 80) }));
  return { text: digest, party, signature: proof };
}
