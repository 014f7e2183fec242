// Amounts, times and accounts as people read them, and decoded calls as sentences.
import { market, say, sentences } from "./market.js";
import { proposalId } from "./proposal.js";
import { domain, jurisdiction, named } from "./tokens.js";

export function units(amount, decimals) {
  const digits = amount.toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return fraction ? `${whole}.${fraction}` : whole;
}

export function parsed(written, decimals) {
  const found = /^(\d{1,30})(?:\.(\d{1,30}))?$/.exec(written.trim());
  const fraction = (found?.[2] || "").replace(/0+$/, "");
  if (!found || fraction.length > decimals) return null;
  const amount = BigInt(found[1] + fraction.padEnd(decimals, "0"));
  return amount < 1n << 96n ? amount : null;
}

export async function money(amount, token) {
  const { tokens } = await market();
  const written = Object.keys(tokens).find((one) => one.toLowerCase() === token.toLowerCase());
  if (!written) return `${amount} base units of ${token}`;
  const { symbol, decimals } = await named(written);
  return `${units(amount, decimals)} ${symbol}`;
}

export function when(seconds) {
  const at = new Date(Number(seconds) * 1000);
  return Number.isNaN(at.getTime())
    ? String(seconds)
    : at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

// A stranger's text without what makes it read otherwise than it is: control characters, changes of direction.
export const plain = (text) => String(text).replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, "");

async function who(address, me) {
  const { contracts } = await market();
  if (me && address.toLowerCase() === me.toLowerCase()) return say("sign.you");
  return Object.keys(contracts).find((one) => contracts[one].toLowerCase() === address.toLowerCase()) || address;
}

// As the contracts number them.
export const ROLES = ["none", "customer", "developer", "data_owner", "auditor", "validator", "regulator"];
export const PURPOSES = ["use", "serve", "derive", "research"];
const GROUNDS = ["delivery", "panel", "audit", "breach"];

export const share = (ppm) => `${units(ppm, 4)} %`;
const payee = ({ account, ppm }) => say("sign.payee", { account, share: share(ppm) });
const counted = (edges) => {
  const [models, datasets, jobs] = [0n, 1n, 2n].map((kind) => edges.filter((one) => one.kind === kind).length);
  return { models, datasets, jobs };
};

// What an offer asks for and grants beside its price.
async function conditions({ term, audience, agreement, royaltyPpm, royaltyFloor }, token) {
  const roles = ROLES.filter((_, bit) => (Number(audience) >> bit) & 1);
  const named = await Promise.all(roles.map((role) => say(`role.${role}`)));
  const parts = [
    term && say("sign.term", { days: units(BigInt(term) / 86400n, 0) }),
    roles.length && say("sign.audience", { roles: named.join(", ") }),
    BigInt(agreement) && say("sign.agreement", { agreement }),
    (royaltyPpm || royaltyFloor) &&
      say("sign.royalty", { share: share(royaltyPpm), floor: await money(royaltyFloor, token) }),
  ];
  return (await Promise.all(parts.filter(Boolean))).join("");
}

const KINDS = {
  money: (value, { args }, token) => money(value, args[token] ?? token),
  account: (value, { me }) => who(value, me),
  time: (value) => when(value),
  deal: (value, { contracts }) => {
    const market = `0x${(BigInt(value) >> 96n).toString(16).padStart(40, "0")}`;
    const name = Object.keys(contracts).find((one) => contracts[one].toLowerCase() === market) || market;
    return say("sign.deal", { number: BigInt.asUintN(96, BigInt(value)), market: name });
  },
  side: (value) => say(`side.${value}`),
  jurisdiction: (value) => jurisdiction(value),
  joining: async ({ jurisdiction: number }) =>
    number ? say("sign.joining", { jurisdiction: await jurisdiction(number) }) : "",
  purposes: (value) => PURPOSES.filter((_, bit) => (Number(value) >> bit) & 1).join(", "),
  exclusive: (value) => say(`exclusive.${value}`),
  roles: async (value) => {
    const held = ROLES.filter((_, bit) => bit && (Number(value) >> bit) & 1);
    const said = await Promise.all(held.map((role) => say(`role.${role}`)));
    return said.length ? said.join(", ") : say("sign.none");
  },
  domains: async (value) => {
    const numbers = [0, 8, 16].map((shift) => (Number(value) >> shift) & 0xff).filter(Boolean);
    return numbers.length ? (await Promise.all(numbers.map(domain))).join(", ") : say("sign.none");
  },
  signers: async (value) => (await Promise.all(value.map((one) => say("sign.signer", one)))).join(", "),
  role: (value) => say(`role.${ROLES[value]}`),
  ground: (value) => say(`ground.${GROUNDS[value]}`),
  artifact: (value) => say(`artifact.${value}`),
  verdict: (value) => say(value ? "model.approved" : "model.rejected"),
  ballot: (value) => say(`ballot.${value}`),
  percent: (value) => share(value),
  score: (value) => (value < 0n ? say("sign.error", { error: units(-value, 6) }) : share(value)),
  conditions: (value, _, token) => conditions(value, token),
  days: (value) => say("sign.days", { count: units(BigInt(value) / 86400n, 0) }),
  lineage: (value) => say("sign.lineage", counted(value)),
  inner: async (_, { calls, me }) => (await Promise.all(calls.map((one) => told(one, me)))).join(" "),
  proposal: (_, { args }) => String(proposalId(args)),
  payees: async (value) => (await Promise.all(value.map(payee))).join(""),
  plain: (value) =>
    typeof value === "object"
      ? JSON.stringify(value, (_, one) => (typeof one === "bigint" ? one.toString() : one))
      : String(value),
};

// A decoded call as a sentence. Its template names arguments and how they are told: {amount|money:token}.
export async function told(decoded, me) {
  if (decoded.name === "multicall" && decoded.calls.length)
    return (await Promise.all(decoded.calls.map((one) => told(one, me)))).join(" ");
  const template = (await sentences())[`call.${decoded.contract}.${decoded.name}`];
  const { payment, staking, contracts } = await market();
  const about = { args: { ...decoded.args, payment, staking }, calls: decoded.calls, me, contracts };
  const parts = template.split(/(\{[^}]+\})/).map((part) => {
    const named = /^\{([\w.]+)(?:\|(\w+)(?::([\w.]+))?)?\}$/.exec(part);
    if (!named) return part;
    const value = named[1].split(".").reduce((from, step) => from[step], decoded.args);
    const extra =
      named[3] && named[3].includes(".")
        ? named[3].split(".").reduce((from, step) => from[step], decoded.args)
        : named[3];
    return KINDS[named[2] || "plain"](value, about, extra);
  });
  return (await Promise.all(parts)).join("");
}

export async function shown(decoded, me) {
  const rows = [];
  const all = [decoded, ...decoded.calls];
  for (const one of decoded.name === "multicall" && decoded.calls.length ? decoded.calls : all)
    for (const { name, type } of one.inputs) {
      const value = one.args[name];
      rows.push([`${one.name} · ${name}`, type === "address" ? await who(value, me) : KINDS.plain(value)]);
    }
  return rows;
}
