// Puts up the bond of an agreement, which agrees to its text. Text and bond are those that the contract has kept.
import { funded } from "../fund.js";
import { call, say, view } from "../market.js";
import { send } from "../review.js";
import { money } from "../words.js";
import { required } from "../wallet.js";
import { agreement } from "./sign.js";

export async function run({ facts }) {
  const { provider } = await required();
  const { text, token, bond } = await view(provider, "Pledges", "termsOf", [facts.agreement]);
  const read = await agreement(text);
  const pledge = await call("Pledges", "pledge", [facts.agreement]);
  await funded(token, bond, pledge);
  return send(pledge, { worst: await say("worst.pledge", { amount: await money(bond, token) }), read });
}
