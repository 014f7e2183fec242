// What this market is: its contracts, their functions, its tokens, and the sentences that people read.
import { decode, decodeCall, encode, encodeCall, strip } from "./abi.js";
import { named } from "./tokens.js";

const loaded = {};
const fetched = (path) =>
  (loaded[path] ??= fetch(path).then((r) => (r.ok ? r.json() : Promise.reject(new Error(`${path}: ${r.status}`)))));

export const market = () => fetched("/market.json");
export const reasons = () => fetched("/reasons.json");
export const sentences = () => fetched("/sentences.json");
const functions = () => fetched("/functions.json");

export async function addressOf(contract) {
  const found = (await market()).contracts[contract];
  if (!found) throw new Error(`This market has no ${contract}.`);
  return found;
}

// A token of this market, whose amounts people can read: {address, symbol, decimals, modules}.
export async function tokenAt(address) {
  const { tokens } = await market();
  const written = Object.keys(tokens).find((one) => one.toLowerCase() === address.toLowerCase());
  if (!written) throw new Error(await say("fund.foreign", { token: address }));
  return { address: written, modules: tokens[written].modules, ...(await named(written)) };
}

export async function say(name, facts = {}) {
  const sentence = (await sentences())[name];
  if (sentence === undefined) throw new Error(`There is no sentence ${name}.`);
  return sentence.replace(/\{(\w+)\}/g, (_, fact) => {
    if (!(fact in facts)) throw new Error(`The sentence ${name} lacks ${fact}.`);
    return facts[fact];
  });
}

// A call of the function `name` of a contract of ours, or of a token at an address.
export async function call(contract, name, values, at) {
  const fn = (await functions())[contract][name];
  return { to: at || (await addressOf(contract)), data: encodeCall(fn, values), value: "0x0" };
}

// The argument of a call that names who may take money later on: none but a contract of this market.
const TAKERS = { "IERC20Metadata.approve": "spender", "Escrow.setOperator": "module" };

// The calls that a call consists of, or that it proposes.
async function within(to, name, args) {
  if (name === "multicall") return args.data.map((data) => ({ to, data }));
  if (name !== "propose") return [];
  if (args.values.some(Boolean) || args.targets.length !== args.calldatas.length)
    throw new Error(await say("sign.unproposed"));
  return args.targets.map((target, i) => ({ to: target, data: args.calldatas[i] }));
}

// What a transaction calls, read from its bytes alone; raises where it is no function of this market, or lets a
// stranger take money.
export async function read(transaction) {
  const { contracts, tokens } = await market();
  const to = transaction.to.toLowerCase();
  const token = Object.keys(tokens).find((one) => one.toLowerCase() === to);
  const contract = token
    ? "IERC20Metadata"
    : Object.keys(contracts).find((one) => contracts[one].toLowerCase() === to);
  if (!contract) throw new Error(await say("sign.stranger", { address: transaction.to }));
  const selector = `0x${strip(transaction.data).slice(0, 8)}`;
  const fn = Object.values((await functions())[contract]).find((one) => one.selector === selector);
  if (!fn || !fn.writes) throw new Error(await say("sign.unknown", { contract, selector }));
  const args = decodeCall(fn, transaction.data);
  const taker = args[TAKERS[`${contract}.${fn.name}`]];
  if (taker !== undefined && !Object.values(contracts).some((one) => one.toLowerCase() === taker))
    throw new Error(await say("sign.stranger", { address: taker }));
  const calls = await Promise.all((await within(transaction.to, fn.name, args)).map(read));
  return { contract, name: fn.name, address: transaction.to, args, calls, inputs: fn.inputs };
}

// What a contract has said, oldest first, asked through the wallet's own connection and not through this server.
export async function events(provider, contract, name, indexed = {}) {
  const { topic, inputs } = (await functions())[contract][name];
  const topics = [
    topic,
    ...inputs.filter((p) => p.indexed).map((p) => (p.name in indexed ? `0x${encode([p], [indexed[p.name]])}` : null)),
  ];
  const fromBlock = `0x${(await market()).block.toString(16)}`;
  const found = await provider.request({
    method: "eth_getLogs",
    params: [{ address: await addressOf(contract), topics, fromBlock, toBlock: "latest" }],
  });
  const named = inputs.filter((p) => p.indexed);
  const plain = inputs.filter((p) => !p.indexed);
  const pairs = (types, values) => types.map((p, i) => [p.name, values[i]]);
  return found.map(({ topics: [, ...said], data }) =>
    Object.fromEntries([
      ...pairs(
        named,
        said.map((word, i) => decode([named[i]], word)[0]),
      ),
      ...pairs(plain, decode(plain, data)),
    ]),
  );
}

// The types of an event's or a function's arguments.
export const inputsOf = async (contract, name) => (await functions())[contract][name].inputs;

// What a view answers, asked through the wallet's own connection and not through this server.
export async function view(provider, contract, name, values, at) {
  const fn = (await functions())[contract][name];
  const to = at || (await addressOf(contract));
  const answer = await provider.request({
    method: "eth_call",
    params: [{ to, data: encodeCall(fn, values) }, "latest"],
  });
  const found = decode(fn.outputs, answer);
  return found.length === 1 ? found[0] : found;
}
