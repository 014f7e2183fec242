// What the person reads before the wallet is asked: a sentence, the cost, the worst case, and all arguments.
// Everything comes from the bytes that will be signed; what this page cannot read is not signed.
import { element, one } from "./dom.js";
import { market, read, say } from "./market.js";
import { follow, seen } from "./follow.js";
import { shown, told, units } from "./words.js";
import { onChain, required } from "./wallet.js";

// Ask for a yes to what is described; false where the person declines.
async function asked({ sentence, rows, cost, worst, progress, agreed }) {
  const answer = element(
    "form",
    { method: "dialog", class: "answers" },
    element("button", { value: "", class: "plain" }, await say("sign.no")),
    element("button", { value: "yes", autofocus: true }, await say("sign.yes")),
  );
  const facts = element("dl", { class: "facts" });
  for (const [name, value] of rows) facts.append(element("dt", {}, name), element("dd", {}, value));
  const dialog = element(
    "dialog",
    { class: "review", "aria-labelledby": "review-title" },
    element("h2", { id: "review-title" }, await say("sign.title")),
    progress && element("p", { class: "quiet" }, progress),
    element("p", { class: "sentence" }, sentence),
    agreed && written(agreed),
    cost && element("p", {}, element("strong", {}, await say("sign.cost")), " ", cost),
    worst && element("p", { class: "worst" }, element("strong", {}, await say("sign.worst")), " ", worst),
    element("details", {}, element("summary", {}, await say("sign.details")), facts),
    answer,
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  dialog.remove();
  return dialog.returnValue === "yes";
}

// A text that is agreed to, all of it.
const written = ({ title, text }) =>
  element(
    "section",
    { class: "document", tabindex: "0", "aria-label": title },
    element("h3", {}, title),
    element("pre", {}, text),
  );

class Declined extends Error {
  code = 4001;
}

// Have typed data signed (EIP-712), once it was read. `sentence` says what the signature does; `read` is a
// text that it agrees to.
export async function sign(typed, sentence, { progress, worst, read: agreed } = {}) {
  const { provider, address } = await required();
  const rows = Object.entries(typed.message).map(([name, value]) => [name, String(value)]);
  rows.unshift([
    await say("sign.domain"),
    `${typed.domain.name} · ${typed.domain.verifyingContract} · ${typed.domain.chainId}`,
  ]);
  if (!(await asked({ sentence, rows, worst, progress, agreed }))) throw new Declined();
  await onChain(provider, false);
  return provider.request({
    method: "eth_signTypedData_v4",
    params: [address, JSON.stringify(typed, (_, v) => (typeof v === "bigint" ? v.toString() : v))],
  });
}

// Send one transaction, once it was read, and wait until it is in a block; its receipt. `read` is a text that it agrees
// to; `publish` stores what it names, which nobody else is to have before the person's yes; `spare` is gas beyond the
// estimate, for a call whose gas depends on when it is mined.
export async function send(transaction, options = {}) {
  const { progress, worst, overrides = {}, sentence, marks, rows = [], read: agreed, publish, spare } = options;
  const { provider, address } = await required();
  const described = await describe(transaction, address, sentence);
  const chainId = `0x${(await market()).chain_id.toString(16)}`;
  const full = { from: address, chainId, ...transaction, ...overrides };
  const gas = await gasOf(provider, full, described.contract);
  if (spare) full.gas = `0x${(gas + spare).toString(16)}`;
  const cost = await costOf(provider, full, gas);
  if (!(await asked({ ...described, rows: [...rows, ...described.rows], cost, worst, progress, agreed })))
    throw new Declined();
  await publish?.();
  await onChain(provider, false); // it may have changed since the wallet was connected
  const hash = await provider.request({ method: "eth_sendTransaction", params: [full] });
  await follow({ hash, from: address, transaction, sentence: described.sentence, marks });
  return seen(hash);
}

async function describe(transaction, address, sentence) {
  if (sentence) return { sentence, rows: [["to", transaction.to]], contract: "" };
  const decoded = await read(transaction);
  const rows = [
    [await say("sign.contract"), `${decoded.contract} · ${decoded.address}`],
    ...(await shown(decoded, address)),
  ];
  if (BigInt(transaction.value || 0))
    rows.push([await say("sign.value"), `${units(BigInt(transaction.value), 18)} ether`]);
  return { sentence: await told(decoded, address), rows, contract: `${decoded.contract}.${decoded.name}` };
}

// What a call would use now. A call that would be refused costs nothing: the reason is shown, and it is not signed.
async function gasOf(provider, full, contract) {
  try {
    return BigInt(full.gas ?? (await provider.request({ method: "eth_estimateGas", params: [full] })));
  } catch (error) {
    throw new Error((await explanation(error, contract, full)).text);
  }
}

// Gas in the chain's currency.
async function costOf(provider, full, gas) {
  const price = BigInt(full.maxFeePerGas ?? (await provider.request({ method: "eth_gasPrice", params: [] })));
  return say("sign.gas", { gas: gas.toLocaleString(), ether: units((gas * price) / 10n ** 12n, 6) });
}

// What a contract refuses, in words and by its name. Wallets put the call into their messages; the server, which finds
// the words, does not get it: it may hold what was to be secret until it is sent.
export async function explanation(error, contract, transaction) {
  const message = String(error?.message || error)
    .split(transaction.data)
    .join("…")
    .slice(0, 500);
  const known = [error?.data?.data, error?.data?.originalError?.data, error?.data];
  const found = known.find((one) => typeof one === "string" && one.startsWith("0x"));
  const data = found || (/0x[0-9a-f]{8,}/i.exec(message) || [""])[0];
  const answer = await fetch("/explain", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ data, contract, message }),
  });
  return answer.ok ? answer.json() : { name: "Unknown", text: message };
}

export const status = (form, text, kind = "quiet") => {
  const place = one("[data-status]", form);
  place.className = kind;
  place.textContent = text;
};
