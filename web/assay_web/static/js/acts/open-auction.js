// Puts licences to auction, on the terms of an offer of one's own.
import { amountOf, numberOf } from "../acts.js";
import { funded } from "../fund.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { money } from "../words.js";
import { required } from "../wallet.js";

const HOUR = 3600n;
const [MOST_LICENCES, MOST_BIDDING, MOST_REVEALING] = [16, 720, 168]; // the latter in hours

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const { terms } = facts;
  const { token, bond } = terms.offer;
  const lot = {
    offerId: facts.offer,
    terms,
    seats: await numberOf(fields, "seats", 1, terms.offer.seats),
    licences: await numberOf(fields, "licences", 1, MOST_LICENCES),
    exclusive: fields.get("exclusive") === "yes",
    deposit: await amountOf(fields, "deposit", token),
  };
  const reserve = BigInt(terms.offer.price) * BigInt(lot.seats);
  if (lot.deposit < reserve)
    throw new Error(await say("auction.deposit_low", { reserve: await money(reserve, token) }));
  const bidding = BigInt(await numberOf(fields, "bidding_hours", 1, MOST_BIDDING));
  const revealing = BigInt(await numberOf(fields, "revealing_hours", 1, MOST_REVEALING));
  await held(provider, address, token);
  const block = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  lot.commitEnds = BigInt(block.timestamp) + bidding * HOUR;
  lot.revealEnds = lot.commitEnds + revealing * HOUR;
  const bonds = BigInt(bond) * BigInt(lot.licences);
  const open = await call("Sales", "open", [lot]);
  await funded(token, bonds, open);
  const receipt = await send(open, { worst: await say("worst.open_auction", { bond: await money(bonds, token) }) });
  const [mine] = (await events(provider, "Sales", "SaleOpened", { seller: address })).slice(-1);
  return { ...receipt, next: mine && `/auctions/${mine.id}` };
}

// What licences are sold for goes into a hold of the seller's, which is opened with its first bond; 0 is enough.
async function held(provider, address, token) {
  const account = await view(provider, "Licences", "accountOf", [address, token]);
  if (!account.open) await send(await call("Licences", "addBond", [token, 0]), { worst: await say("worst.bond") });
}
