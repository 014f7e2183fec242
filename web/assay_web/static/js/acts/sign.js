// Agrees to a text. It is read from the bytes that the signed digest names, and shown before the wallet is asked: a
// server could show one text and have another signed.
import { call, say } from "../market.js";
import { plain } from "../words.js";
import { document as fetched } from "../sealing.js";
import { send } from "../review.js";

export async function run({ facts }) {
  const sign = await call("Agreements", "sign", [facts.text]);
  return send(sign, { worst: await say("worst.sign"), read: await agreement(facts.text) });
}

// The text with a digest, to be shown: {title, text}.
export async function agreement(digest) {
  const { kind, title, text } = await fetched(digest);
  if (kind !== "Agreement") throw new Error(await say("document.no_agreement"));
  return { title: plain(title), text: plain(text) };
}
