// Offers a model, or puts other terms in the place of an offer. Its licence is written by the server, and read here
// before anything is signed: that it says what was chosen, and all of its text is shown.
import { amountOf, numberOf } from "../acts.js";
import { bare, utf8 } from "../bytes.js";
import { checksum } from "../checksum.js";
import { isShort, ready } from "../fund.js";
import { joining } from "../joining.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { asked, digestIn, digestOf, document as fetched } from "../sealing.js";
import { ppmOf } from "../shares.js";
import { money, plain, PURPOSES, ROLES } from "../words.js";
import { required } from "../wallet.js";

const NONE = `0x${"00".repeat(32)}`;
const DAY = 86400;
const [MOST_SEATS, MOST_DAYS, MOST_SALES] = [65535, 36500, 10000];

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const wish = await wished(facts, fields);
  const sales = await numberOf(fields, "in_flight", 0, MOST_SALES);
  const joins = facts.change ? null : await joining(fields);
  const made = await asked("/offers/draft", { ...wish, account: checksum(address), listed: Boolean(facts.change) });
  const offer = {
    good: facts.good,
    licence: made.licence,
    agreement: wish.agreement ? `0x${wish.agreement}` : NONE,
    token: wish.token,
    price: wish.price,
    bond: made.bond,
    term: wish.term_days * DAY,
    seats: wish.seats,
    purposes: wish.purposes.reduce((bits, one) => bits | (1 << PURPOSES.indexOf(one)), 0),
    audience: wish.audience.reduce((bits, one) => bits | (1 << ROLES.indexOf(one)), 0),
    royaltyPpm: wish.royalty_ppm,
    royaltyFloor: wish.royalty_floor,
  };
  const read = await compared(made, wish);
  const model = await fetched(facts.good);
  const transaction = await toSign(facts.change, made.listing, offer, joins);
  await isShort(transaction);
  await bonded(provider, address, offer, sales);
  const worst = await say("worst.offer", { bond: await money(BigInt(offer.bond), offer.token) });
  const rows = [[await say("offer.row_model"), plain(model.name)]];
  const receipt = await send(transaction, { worst, rows, read });
  if (facts.change) return receipt;
  const [mine] = (await events(provider, "Licences", "Offered", { seller: address })).slice(-1);
  return { ...receipt, next: mine && `/offers/${mine.offerId}` };
}

function toSign(change, listing, offer, joins) {
  if (change) return call("Licences", "change", [change.offer, change.terms, offer]);
  return listing ? call("Licences", "publish", [...listing, offer, joins]) : call("Licences", "offer", [offer, joins]);
}

async function wished(facts, fields) {
  const purposes = PURPOSES.filter((one) => fields.getAll("purposes").includes(one));
  if (!purposes.length) throw new Error(await say("offer.purposeless"));
  const token = String(fields.get("token"));
  const royalty = ppmOf(fields.get("royalty") || "0");
  if (royalty === null) throw new Error(await say("offer.royalty"));
  const text = (name) => String(fields.get(name) || "").trim();
  const agreement = text("agreement").replace(/^0x/, "").toLowerCase();
  if (agreement && !/^[0-9a-f]{64}$/.test(agreement)) throw new Error(await say("offer.no_agreement"));
  return {
    good: facts.good.slice(2),
    token,
    price: String(await amountOf(fields, "price", token)),
    seats: await numberOf(fields, "seats", 1, MOST_SEATS),
    purposes,
    restrictions: fields.getAll("restrictions"),
    further_restrictions: text("further")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter(Boolean),
    term_days: await numberOf(fields, "term", 0, MOST_DAYS),
    audience: ROLES.filter((one) => fields.getAll("audience").includes(one)),
    jurisdictions: [
      ...new Set(
        text("places")
          .toUpperCase()
          .split(/[\s,;]+/)
          .filter(Boolean),
      ),
    ],
    agreement: agreement || null,
    royalty_ppm: royalty,
    royalty_floor: text("royalty_floor") ? String(await amountOf(fields, "royalty_floor", token)) : "0",
    spdx: text("spdx") || null,
    domain: text("section") || null,
    bond: text("sale_bond") ? String(await amountOf(fields, "sale_bond", token)) : null,
    risk_class: fields.has("risk_class") ? await numberOf(fields, "risk_class", 0, 255) : 0,
  };
}

// The licence says what was chosen, and has this text, which is to be read.
async function compared(made, wish) {
  const licence = await fetched(made.licence);
  const lines = licence.further_restrictions ?? [];
  const right =
    licence.kind === "Licence" &&
    String(licence.purposes) === String(wish.purposes) &&
    licence.seats === wish.seats &&
    (licence.term_seconds ?? 0) === wish.term_days * DAY &&
    wish.restrictions.every((one) => licence.restrictions?.includes(one)) &&
    wish.further_restrictions.every((one) => lines.includes(one)) &&
    String(licence.jurisdictions ?? []) === String(wish.jurisdictions) &&
    (licence.agreement ?? null) === wish.agreement &&
    (wish.bond === null || made.bond === wish.bond) &&
    (wish.spdx
      ? licence.spdx === wish.spdx && licence.text === null
      : `0x${bare(digestIn(licence.text))}` === digestOf(utf8(made.text)));
  if (!right) throw new Error(await say("offer.other"));
  const title = await say("offer.licence");
  if (!wish.spdx) return { title, text: plain(made.text) };
  return { title, text: await say("offer.spdx", { spdx: wish.spdx, terms: plain(JSON.stringify(licence, null, 1)) }) };
}

// The bond on which so many sales at once rest: what it lacks is added first.
async function bonded(provider, address, { token, bond }, sales) {
  const held = await view(provider, "Licences", "accountOf", [address, token]);
  const missing = BigInt(bond) * BigInt(sales) - (held.bond - held.locked);
  if (missing <= 0n) return;
  const add = await call("Licences", "addBond", [token, missing]);
  if (await isShort(add)) await ready(token, missing);
  await send(add, { worst: await say("worst.bond") });
}
