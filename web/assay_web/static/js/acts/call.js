// One call of one contract. Its arguments are fixed by the page or written into the form.
import { amountOf } from "../acts.js";
import { funded } from "../fund.js";
import { call, say } from "../market.js";
import { send } from "../review.js";
import { required } from "../wallet.js";

const KINDS = {
  amount: (argument, fields) => amountOf(fields, argument.field, argument.token),
  text: (argument, fields) => fields.get(argument.field),
  number: (argument, fields) => BigInt(fields.get(argument.field)),
  flag: (argument, fields) => fields.get(argument.field) === "yes",
  me: async () => (await required()).address,
};

export async function run({ facts, fields }) {
  const given = facts.args.map((one) => (one.kind ? KINDS[one.kind](one, fields) : one.value));
  const values = await Promise.all(given);
  if (facts.fund) await funded(facts.fund.token, facts.fund.field ? await amountOf(fields, facts.fund.field, facts.fund.token) : BigInt(facts.fund.amount));
  const worst = facts.worst && (await say(facts.worst.name, facts.worst.facts));
  return send(await call(facts.contract, facts.name, values, facts.at), { worst });
}
