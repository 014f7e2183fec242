// Offers a model. Its licence is written by the server, and read here before anything is signed: that it says what was
// chosen, and all of its text is shown.
import { amountOf, numberOf } from "../acts.js";
import { bare, utf8 } from "../bytes.js";
import { checksum } from "../checksum.js";
import { isShort, ready } from "../fund.js";
import { joining } from "../joining.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { asked, digestIn, digestOf, document as fetched } from "../sealing.js";
import { money, plain, PURPOSES } from "../words.js";
import { required } from "../wallet.js";

const NONE = `0x${"00".repeat(32)}`;
const DAY = 86400;
const [MOST_SEATS, MOST_DAYS, MOST_SALES] = [65535, 36500, 10000];

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const wish = await wished(facts, fields);
  const sales = await numberOf(fields, "in_flight", 0, MOST_SALES);
  const joins = await joining(fields);
  const made = await asked("/offers/draft", { ...wish, account: checksum(address) });
  const offer = {
    good: facts.good,
    licence: made.licence,
    agreement: NONE,
    token: facts.token,
    price: wish.price,
    bond: made.bond,
    term: wish.term_days * DAY,
    seats: wish.seats,
    purposes: wish.purposes.reduce((bits, one) => bits | (1 << PURPOSES.indexOf(one)), 0),
    audience: 0,
    royaltyPpm: 0,
    royaltyFloor: 0,
  };
  const read = await compared(made, wish);
  const model = await fetched(facts.good);
  const transaction = made.listing
    ? await call("Licences", "publish", [...made.listing, offer, joins])
    : await call("Licences", "offer", [offer, joins]);
  await isShort(transaction);
  await bonded(provider, address, offer, sales);
  const worst = await say("worst.offer", { bond: await money(BigInt(offer.bond), offer.token) });
  const rows = [[await say("offer.row_model"), plain(model.name)]];
  const receipt = await send(transaction, { worst, rows, read });
  const [mine] = (await events(provider, "Licences", "Offered", { seller: address })).slice(-1);
  return { ...receipt, next: mine && `/offers/${mine.offerId}` };
}

async function wished(facts, fields) {
  const purposes = PURPOSES.filter((one) => fields.getAll("purposes").includes(one));
  if (!purposes.length) throw new Error(await say("offer.purposeless"));
  return {
    good: facts.good.slice(2),
    price: String(await amountOf(fields, "price", facts.token)),
    seats: await numberOf(fields, "seats", 1, MOST_SEATS),
    purposes,
    restrictions: fields.getAll("restrictions"),
    term_days: await numberOf(fields, "term", 0, MOST_DAYS),
  };
}

// The licence says what was chosen, and has this text, which is to be read.
async function compared(made, wish) {
  const licence = await fetched(made.licence);
  const right =
    licence.kind === "Licence" &&
    String(licence.purposes) === String(wish.purposes) &&
    licence.seats === wish.seats &&
    (licence.term_seconds ?? 0) === wish.term_days * DAY &&
    wish.restrictions.every((one) => licence.restrictions?.includes(one)) &&
    `0x${bare(digestIn(licence.text))}` === digestOf(utf8(made.text));
  if (!right) throw new Error(await say("offer.other"));
  return { title: await say("offer.licence"), text: plain(made.text) };
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
