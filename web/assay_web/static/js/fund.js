// Money that an act needs in escrow: what the balance lacks is deposited first, with leave for the market's
// contracts to use it, in one transaction where the token takes permits (ERC-2612).
import { bytes, hex } from "./bytes.js";
import { addressOf, call, say, tokenAt, view } from "./market.js";
import { typed } from "./secrets.js";
import { explanation, send, sign } from "./review.js";
import { money, when } from "./words.js";
import { required } from "./wallet.js";

const LACKS = new Set(["InsufficientBalance", "OperatorNotApproved"]);
const PERMIT_SECONDS = 3600;
const PERMIT = [
  ["address", "owner"],
  ["address", "spender"],
  ["uint256", "value"],
  ["uint256", "nonce"],
  ["uint256", "deadline"],
];

// See that the balance covers what `transaction` takes. What would be refused for anything but the money is refused
// before any is deposited.
export async function funded(token, amount, transaction) {
  if (await isShort(transaction)) await ready(token, amount);
}

// See that the balance has an amount that a contract takes later on, when somebody else enters a deal.
export async function ready(token, amount) {
  const { provider, address } = await required();
  const held = await view(provider, "Escrow", "balanceOf", [address, token]);
  if (held < amount) await deposited(token, amount - held);
  else await approved(token);
}

// Whether a transaction lacks nothing but money; raises where something else is in its way.
export async function isShort(transaction) {
  const { provider, address } = await required();
  const refusal = await refused(provider, address, transaction);
  if (refusal && !LACKS.has(refusal.name)) throw new Error(refusal.text);
  return Boolean(refusal);
}

async function refused(provider, address, transaction) {
  try {
    await provider.request({ method: "eth_call", params: [{ from: address, ...transaction }, "latest"] });
    return null;
  } catch (error) {
    return explanation(error, "", transaction);
  }
}

async function lacking(token) {
  const { provider, address } = await required();
  const { modules } = await tokenAt(token);
  const may = await Promise.all(modules.map((one) => view(provider, "Escrow", "isOperator", [address, one, token])));
  return Promise.all(
    modules
      .filter((_, i) => !may[i])
      .map(async (one) => (await call("Escrow", "setOperator", [one, token, true])).data),
  );
}

async function approved(token) {
  const calls = await lacking(token);
  if (calls.length) await send(await call("Escrow", "multicall", [calls]), { worst: await say("worst.operators") });
}

export async function deposited(token, amount) {
  const { provider, address } = await required();
  const holds = await view(provider, "IERC20Metadata", "balanceOf", [address], token);
  if (holds < amount)
    throw new Error(await say("fund.short", { held: await money(holds, token), needed: await money(amount, token) }));
  const deposit = (await permitted(token, amount)) || (await allowed(token, amount));
  const calls = [deposit, ...(await lacking(token))];
  await send(await call("Escrow", "multicall", [calls]), { worst: await say("worst.deposit") });
}

async function permitted(token, amount) {
  const { provider, address } = await required();
  const escrow = await addressOf("Escrow");
  let nonce, name;
  try {
    nonce = await view(provider, "IERC20Permit", "nonces", [address], token);
    name = await view(provider, "IERC20Metadata", "name", [], token);
  } catch {
    return null;
  }
  const block = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  const deadline = BigInt(block.timestamp) + BigInt(PERMIT_SECONDS);
  const values = [address, escrow, amount.toString(), nonce.toString(), deadline.toString()];
  const sentence = await say("fund.permit", { amount: await money(amount, token), until: when(deadline) });
  const raw = bytes(
    await sign(await typed(name, token, "Permit", PERMIT, values), sentence, { worst: await say("worst.permit") }),
  );
  return (
    await call("Escrow", "depositWithPermit", [
      token,
      amount,
      deadline,
      raw[64],
      hex(raw.slice(0, 32)),
      hex(raw.slice(32, 64)),
    ])
  ).data;
}

async function allowed(token, amount) {
  const { address } = await required();
  await send(await call("IERC20Metadata", "approve", [await addressOf("Escrow"), amount], token), {
    worst: await say("worst.permit"),
  });
  return (await call("Escrow", "deposit", [token, amount, address])).data;
}
