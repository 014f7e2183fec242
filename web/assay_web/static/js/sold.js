// What was sold, as the chain has it and not as this server says: a sale keeps its terms by their hash.
import { encode } from "./abi.js";
import { bytes, hex } from "./bytes.js";
import { events, inputsOf, say } from "./market.js";
import { document as fetched } from "./sealing.js";
import { keccak_256 } from "../vendor/@noble/hashes/sha3.js";

// A sale of that number: {bought, terms, artifact}, the event, the terms, and what its manifest says is sealed.
export async function soldAs(provider, number) {
  const [bought] = await events(provider, "Licences", "Bought", { saleId: number });
  const terms = bought && (await termsOf(provider, bought));
  if (!terms) throw new Error(await say("sold.unknown"));
  return { bought, terms, artifact: (await fetched(terms.offer.good)).artifact };
}

async function termsOf(provider, { offerId, sale }) {
  const type = (await inputsOf("Licences", "Offered")).find((one) => one.name === "terms");
  const hashOf = (terms) => hex(keccak_256(bytes(encode([type], [terms]))));
  const offered = await events(provider, "Licences", "Offered", { offerId });
  return offered.map((one) => one.terms).find((terms) => hashOf(terms) === sale.terms);
}
