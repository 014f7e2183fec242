// Asks an auditor of one's own choice about the model that was submitted last, and puts its fee into escrow.
import { amountOf, numberOf } from "../acts.js";
import { funded } from "../fund.js";
import { addressOf, call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { accountOf } from "../shares.js";
import { money } from "../words.js";
import { required } from "../wallet.js";

const DAY = 86400;
const MOST_DAYS = 90; // as Opinions.sol has it

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const auditor = accountOf(fields.get("auditor"));
  if (!auditor) throw new Error(await say("act.account"));
  const fee = await amountOf(fields, "fee", facts.token);
  const window = (await numberOf(fields, "opinion_days", 1, MOST_DAYS)) * DAY;
  const { manifest } = await view(provider, "CommissionLens", "commission", [facts.number]);
  const offer = {
    market: await addressOf("CommissionMarket"),
    dealId: facts.number,
    subject: manifest,
    auditor,
    token: facts.token,
    fee,
    window,
  };
  const ask = await call("Opinions", "ask", [offer]);
  await funded(facts.token, fee, ask);
  const receipt = await send(ask, { worst: await say("worst.ask_opinion", { fee: await money(fee, facts.token) }) });
  const [mine] = (await events(provider, "Opinions", "OpinionOffered", { asker: address })).slice(-1);
  return { ...receipt, next: mine && `/opinions/${mine.opinionId}` };
}
