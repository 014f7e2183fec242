// The browser wallets on this page (EIP-6963; EIP-1193 for one that is there alone), and the one that was chosen.
import { market, say } from "./market.js";

const KEPT = "assay.wallet";
const found = new Map();
let chosen = null;

addEventListener("eip6963:announceProvider", (event) => {
  const { info, provider } = event.detail;
  if (info && typeof info.uuid === "string") found.set(info.uuid, { info, provider });
});
dispatchEvent(new Event("eip6963:requestProvider"));

export const wallet = () => chosen;

export function wallets() {
  const all = [...found.values()];
  if (!all.length && window.ethereum)
    all.push({ info: { uuid: "page", rdns: "page", name: "Browser wallet" }, provider: window.ethereum });
  return all;
}

export async function connect(one, { ask = true } = {}) {
  const method = ask ? "eth_requestAccounts" : "eth_accounts";
  const [address] = await one.provider.request({ method });
  if (!address) return null;
  await onChain(one.provider, ask);
  chosen = { provider: one.provider, address, name: String(one.info.name).slice(0, 40) };
  localStorage.setItem(KEPT, one.info.rdns);
  one.provider.on?.("accountsChanged", () => location.reload());
  one.provider.on?.("chainChanged", () => location.reload());
  document.dispatchEvent(new CustomEvent("assay:wallet", { detail: chosen }));
  return chosen;
}

// See that the wallet is on this market's chain; with leave to ask, it is asked to go there.
export async function onChain(provider, ask) {
  const wanted = `0x${(await market()).chain_id.toString(16)}`;
  if ((await provider.request({ method: "eth_chainId" })) === wanted) return;
  if (ask)
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: wanted }] }).catch(() => null);
  const now = await provider.request({ method: "eth_chainId" });
  if (now !== wanted)
    throw new Error(await say("wallet.chain", { wanted: parseInt(wanted, 16), now: parseInt(now, 16) }));
}

export function forget() {
  localStorage.removeItem(KEPT);
  chosen = null;
  document.dispatchEvent(new CustomEvent("assay:wallet", { detail: null }));
}

// The wallet of the last visit, without a question where it still allows this page to see the account.
async function again() {
  const kept = localStorage.getItem(KEPT);
  const one = wallets().find(({ info }) => info.rdns === kept);
  return one ? connect(one, { ask: false }).catch(() => null) : null;
}

// Settled once wallets had time to announce themselves and the last one was asked.
export const ready = new Promise((done) => setTimeout(done, 0)).then(again);

export async function required() {
  await ready;
  if (!chosen) throw new Error(await say("wallet.none"));
  return chosen;
}
