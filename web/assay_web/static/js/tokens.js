// What tokens, jurisdictions and domains are called, as the contracts say it themselves. It is asked through the
// wallet, where there is one: a server that names another token, or moves the decimal point, is not believed in what
// is signed.
import { bytes } from "./bytes.js";
import { market, view } from "./market.js";
import { ready, wallet } from "./wallet.js";

const MOST_DECIMALS = 36n;
const asked = new Map();

// The chosen wallet's own connection to the chain: waited for, because while a page loads there is none yet, and the
// server would be believed instead.
async function provided() {
  await ready;
  return wallet()?.provider;
}

const once = (key, ask) => {
  if (!asked.has(key)) asked.set(key, ask());
  asked.get(key).catch(() => asked.delete(key));
  return asked.get(key);
};

// A stranger's text without what makes it read otherwise than it is, and not long enough to hide anything.
const short = (text) => text.replace(/[^\p{L}\p{N}._+$-]/gu, "").slice(0, 16);

// Symbol and decimals of a token of this market.
export async function named(address) {
  const provider = await provided();
  if (!provider) return (await market()).tokens[address];
  return once(address, async () => {
    const [symbol, decimals] = await Promise.all(
      ["symbol", "decimals"].map((name) => view(provider, "IERC20Metadata", name, [], address)),
    );
    if (decimals > MOST_DECIMALS) throw new Error(`The token ${address} has ${decimals} decimals.`);
    return { symbol: short(symbol) || address, decimals: Number(decimals) };
  });
}

// The name of a jurisdiction, two letters as Policy has them.
export async function jurisdiction(number) {
  const provider = await provided();
  if (!provider) return (await market()).jurisdictions[number] ?? String(number);
  return once(`jurisdiction ${number}`, async () => {
    const code = await view(provider, "Policy", "jurisdictionCode", [number]);
    const letters = [2, 4].map((at) => String.fromCharCode(parseInt(code.slice(at, at + 2), 16)));
    return /^[A-Z]{2}$/.test(letters.join("")) ? letters.join("") : String(number);
  });
}

// The name of a domain.
export async function domain(number) {
  const provider = await provided();
  return once(`domain ${number}`, async () => {
    const name = bytes(await view(provider, "Policy", "domainName", [number]));
    return short(new TextDecoder().decode(name.filter((byte) => byte))) || String(number);
  });
}
