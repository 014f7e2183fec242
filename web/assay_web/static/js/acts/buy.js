// Buys a licence; an account that is new to the market joins with it. The key to which it is delivered follows from
// the wallet and the number of the purchase.
import { deliveryKey } from "../delivery.js";
import { funded } from "../fund.js";
import { joining } from "../joining.js";
import { call, events, say } from "../market.js";
import { send } from "../review.js";
import { money } from "../words.js";
import { required } from "../wallet.js";

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const written = String(fields.get("seats")).trim();
  const seats = /^[0-9]{1,5}$/.test(written) ? Number(written) : 0;
  if (seats < 1 || seats > facts.seats) throw new Error(await say("seats.wrong", { most: facts.seats }));
  const joins = await joining(fields);
  const earlier = await events(provider, "Licences", "Bought", { offerId: facts.offer, holder: address });
  const { x, y } = await deliveryKey((BigInt(facts.offer) << 64n) | BigInt(earlier.length), "Licences");
  const order = {
    offerId: facts.offer,
    terms: facts.terms,
    deliveryKey: { x, y },
    seats,
    joining: joins,
  };
  const price = BigInt(facts.price) * BigInt(seats);
  const buy = await call("Licences", "buy", [order]);
  await funded(facts.token, price, buy);
  const worst = joins.jurisdiction ? "worst.buy_joining" : "worst.buy";
  return send(buy, { worst: await say(worst, { amount: await money(price, facts.token) }) });
}
