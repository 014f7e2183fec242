// What was sent from this browser: pending, seen (in a block), final; and the way to speed up or cancel.
import { element, one, problem } from "./dom.js";
import { market, say } from "./market.js";
import { wallet } from "./wallet.js";

const MOST = 20;
const PAUSE = 1000;
const PLAIN_GAS = "0x5208"; // of sending nothing
const DONE = ["final", "failed", "replaced"];

async function place(address) {
  return `assay.sent.${(await market()).chain_id}.${address.toLowerCase()}`;
}

async function sent(address) {
  try {
    return JSON.parse(localStorage.getItem(await place(address))) || [];
  } catch {
    return [];
  }
}

async function keep(address, list) {
  localStorage.setItem(await place(address), JSON.stringify(list.slice(0, MOST)));
  await draw();
}

// One change after the other: several loops watch the same list.
let changed = Promise.resolve();
function changing(address, make) {
  changed = changed.catch(() => null).then(async () => keep(address, make(await sent(address))));
  return changed;
}

const change = (address, hash, facts) =>
  changing(address, (list) => list.map((one) => (one.hash === hash ? { ...one, ...facts } : one)));

const ask = (method, ...params) => wallet().provider.request({ method, params });
const pause = () => new Promise((done) => setTimeout(done, PAUSE));

export async function follow({ hash, from, transaction, sentence, marks = {} }) {
  const found = await ask("eth_getTransactionByHash", hash).catch(() => null);
  const { to, data, value } = transaction;
  const noted = {
    hash,
    from,
    transaction: { to, data, value },
    sentence,
    state: "pending",
    nonce: found?.nonce ?? null,
    gas: found?.gas ?? null,
    price: found?.maxFeePerGas ?? found?.gasPrice ?? null,
    ...marks,
  };
  await changing(from, (list) => [noted, ...list.filter((one) => one.hash !== hash)]);
}

// Wait until the transaction, or one that took its place, is in a block; its receipt.
export async function seen(hash) {
  for (;;) {
    const me = wallet();
    if (!me) throw new Error(await say("wallet.none"));
    await step(me.address, hash);
    const list = await sent(me.address);
    const known = list.find((one) => one.hash === hash);
    const instead = list.find((one) => one.replaces === hash && one.block);
    if (known?.state === "failed") throw new Error(await say("sent.failed_text"));
    if (instead) {
      if (instead.cancels) throw new Error(await say("sent.cancelled_text"));
      return ask("eth_getTransactionReceipt", instead.hash);
    }
    if (known?.block) return ask("eth_getTransactionReceipt", hash);
    await pause();
  }
}

async function step(address, hash) {
  const known = (await sent(address)).find((one) => one.hash === hash);
  if (!known || DONE.includes(known.state)) return;
  const used = known.nonce === null ? 0 : Number(await ask("eth_getTransactionCount", address, "latest"));
  const receipt = await ask("eth_getTransactionReceipt", hash); // asked last: a block may come in between
  if (!receipt) {
    if (known.nonce !== null && used > Number(known.nonce)) await change(address, hash, { state: "replaced" });
    return;
  }
  const block = Number(receipt.blockNumber);
  if (!Number(receipt.status)) return change(address, hash, { state: "failed", block });
  const final = await ask("eth_getBlockByNumber", "finalized", false).catch(() => null);
  const state = final && Number(final.number) >= block ? "final" : "seen";
  if (state !== known.state || block !== known.block) await change(address, hash, { state, block });
}

// The list of what was sent, at the foot of each page.
export async function draw() {
  const box = one("#sent");
  const me = wallet();
  const list = me ? await sent(me.address) : [];
  box.hidden = !list.length;
  const rows = await Promise.all(list.slice(0, 6).map(row));
  one("#sent-list").replaceChildren(...rows);
}

async function row(one) {
  const item = element(
    "li",
    { class: `sent ${one.state}`, "data-hash": one.hash, "data-state": one.state },
    element("span", { class: `badge ${one.state}` }, await say(`sent.${one.state}`)),
    " ",
    one.sentence,
    " ",
    element("code", { title: one.hash }, `${one.hash.slice(0, 10)}…`),
  );
  if (one.state === "pending" && one.nonce !== null && !one.cancels)
    item.append(
      " ",
      element(
        "button",
        { class: "small", "data-faster": one.hash, onclick: () => again(one, false) },
        await say("sent.faster"),
      ),
      " ",
      element(
        "button",
        { class: "small plain", "data-cancel": one.hash, onclick: () => again(one, true) },
        await say("sent.cancel"),
      ),
    );
  return item;
}

// The same nonce with a quarter more for gas: the same call again, or nothing to oneself in its place.
async function again(sentOne, cancels) {
  try {
    const { send } = await import("./review.js");
    const now = BigInt(await ask("eth_gasPrice"));
    const old = sentOne.price ? BigInt(sentOne.price) : now;
    const price = `0x${(((old > now ? old : now) * 5n) / 4n + 1n).toString(16)}`;
    const gas = cancels ? PLAIN_GAS : sentOne.gas;
    const overrides = { nonce: sentOne.nonce, gas, maxFeePerGas: price, maxPriorityFeePerGas: price };
    const transaction = cancels ? { to: sentOne.from, data: "0x", value: "0x0" } : sentOne.transaction;
    await send(transaction, {
      overrides,
      sentence: cancels ? await say("sent.cancel_sentence") : undefined,
      marks: { replaces: sentOne.hash, cancels },
    });
  } catch (error) {
    const told = problem(error);
    if (told) one("#sent-problem").textContent = told;
  }
}

export async function watch() {
  for (;;) {
    await pause();
    const me = wallet();
    if (!me || document.hidden) continue;
    for (const { hash, state } of await sent(me.address))
      if (!DONE.includes(state)) await step(me.address, hash).catch(() => null);
  }
}
