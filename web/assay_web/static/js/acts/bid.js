// A sealed bid: the price is kept here, encrypted, before anything is sent, and never leaves this browser until
// it is revealed.
import { amountOf } from "../acts.js";
import { funded } from "../fund.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { bidSalt, keepPrice, sealedBid } from "../secrets.js";
import { money } from "../words.js";

export async function run({ facts, fields, form }) {
  const price = await amountOf(fields, "price", facts.token);
  if (price === 0n) throw new Error(await say("bid.nothing"));
  if (price > BigInt(facts.reserve))
    throw new Error(await say("bid.above", { reserve: await money(BigInt(facts.reserve), facts.token) }));
  const seal = await sealedBid(facts.auction, price, await bidSalt(facts.auction));
  const file = await keepPrice(seal, price);
  const commit = await call("VickreyAuction", "commit", [facts.auction, seal]);
  await funded(facts.token, BigInt(facts.bond), commit);
  const worst = await say("worst.bid", {
    bond: await money(BigInt(facts.bond), facts.token),
    price: await money(price, facts.token),
  });
  const receipt = await send(commit, { worst });
  form.reset();
  form.dataset.kept = file;
  return receipt;
}
