// A sealed bid for a licence: first the key to which it is delivered is named, then the price is kept and committed to.
import { amountOf } from "../acts.js";
import { deliveryKey, written } from "../delivery.js";
import { funded } from "../fund.js";
import { call, events, say } from "../market.js";
import { send } from "../review.js";
import { bidSalt, keepPrice, sealedBid } from "../secrets.js";
import { required } from "../wallet.js";
import { money } from "../words.js";

export async function run({ facts, fields, form }) {
  const price = await amountOf(fields, "price", facts.token);
  const [reserve, deposit] = [BigInt(facts.reserve), BigInt(facts.bond)];
  if (price < reserve) throw new Error(await say("bid.below", { reserve: await money(reserve, facts.token) }));
  await named(facts.sale);
  const seal = await sealedBid(facts.auction, price, await bidSalt(facts.auction));
  const file = await keepPrice(seal, price);
  const commit = await call("VickreyAuction", "commit", [facts.auction, seal]);
  await funded(facts.token, deposit, commit);
  const amounts = { deposit: await money(deposit, facts.token), price: await money(price, facts.token) };
  const receipt = await send(commit, { worst: await say("worst.bid_licence", amounts) });
  form.reset();
  form.dataset.kept = file;
  return receipt;
}

async function named(sale) {
  const { provider, address } = await required();
  const own = await deliveryKey(sale, "Sales");
  const before = await events(provider, "Sales", "BidderNamed", { id: sale, bidder: address });
  if (before.length && written(before.at(-1).deliveryKey) === written(own)) return;
  const { x, y } = own;
  await send(await call("Sales", "nameKey", [sale, { x, y }]), { worst: await say("worst.name_key") });
}
