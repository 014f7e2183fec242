// Agrees to a text without a transaction: the signature is saved as a file, which anybody can record.
import { block } from "../canonical.js";
import { checksum } from "../checksum.js";
import { element, one } from "../dom.js";
import { addressOf, say } from "../market.js";
import { sign } from "../review.js";
import { typed } from "../secrets.js";
import { required } from "../wallet.js";
import { agreement } from "./sign.js";

const STRUCT = [
  ["bytes32", "text"],
  ["address", "party"],
];

export async function run({ facts, form }) {
  const party = checksum((await required()).address);
  const read = await agreement(facts.text);
  const text = await typed("Assay Agreements", await addressOf("Agreements"), "Agreement", STRUCT, [facts.text, party]);
  const signature = await sign(text, await say("agreement.signing"), { worst: await say("worst.sign"), read });
  const signed = { text: facts.text.slice(2), party, signature: signature.slice(2) };
  const href = URL.createObjectURL(new Blob([block(signed)], { type: "application/json" }));
  const download = `signature-${party.slice(0, 10)}.json`;
  one("[data-opened]", form)?.remove();
  const save = element("a", { class: "button", href, download }, await say("agreement.save"));
  form.append(element("p", { "data-opened": facts.text }, save));
  return null;
}
