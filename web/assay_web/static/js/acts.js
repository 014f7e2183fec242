// Forms that act: each has data-act, the name of a module in acts/, and data-facts, what the server knows of it.
import { all, one, problem } from "./dom.js";
import { say, tokenAt } from "./market.js";
import { status } from "./review.js";
import { parsed } from "./words.js";
import { required } from "./wallet.js";

const MOST_TRIES = 120;
const MODULES = new Set([
  "call",
  "bid",
  "reveal",
  "deposit",
  "juror-vote",
  "juror-reveal",
  "order",
  "grant",
  "open-model",
  "open-licence",
  "open-trial",
  "deliver",
  "deliver-licence",
  "buy",
  "bid-licence",
  "sign",
  "pledge",
  "offer",
  "open-auction",
  "allow-trials",
  "register",
  "change",
  "sign-to",
  "record",
  "reasons",
  "dispute",
  "submit",
  "submit-published",
  "publish-model",
  "apply",
  "draw-up",
  "ask-opinion",
  "grant-opinion",
  "open-material",
  "post-opinion",
  "post-verdict",
  "open-verdict",
  "accredit",
  "tie",
  "lineage",
  "lineage-terms",
  "evaluate-job",
  "propose",
  "proposal",
  "seat",
]);

export function listen() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form) return;
    event.preventDefault();
    act(form);
  });
}

async function act(form) {
  const button = one("button[type=submit], button:not([type])", form);
  if (button.disabled) return;
  button.disabled = true;
  try {
    await required();
    status(form, await say("act.working"));
    if (!MODULES.has(form.dataset.act)) throw new Error(await say("act.unknown"));
    const { run } = await import(`./acts/${form.dataset.act}.js`);
    const facts = JSON.parse(form.dataset.facts || "{}");
    const receipt = await run({ facts, fields: new FormData(form), tell: (text) => status(form, text), form });
    if (receipt) return await shownAt(form, Number(receipt.blockNumber), receipt.next);
    status(form, await say("act.done"), "good");
  } catch (error) {
    const told = problem(error);
    status(form, told || (await say("act.declined")), told ? "bad" : "quiet");
  } finally {
    button.disabled = false;
  }
}

// These pages show a block once the index has it; then this page is drawn anew.
async function shownAt(form, block, next) {
  status(form, await say("act.seen", { block }));
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const head = await fetch("/head.json")
      .then((r) => r.json())
      .catch(() => ({ block: 0 }));
    if (head.block >= block) {
      sessionStorage.setItem("assay.note", await say("act.shown", { block }));
      return next ? location.assign(next) : location.reload();
    }
    await new Promise((done) => setTimeout(done, 500));
  }
}

export async function amountOf(fields, name, token) {
  const written = String(fields.get(name) || "");
  const amount = parsed(written, (await tokenAt(token)).decimals);
  if (amount === null) throw new Error(await say("act.amount", { written: written.slice(0, 40) }));
  return amount;
}

export async function numberOf(fields, name, least, most) {
  const written = String(fields.get(name) || "").trim();
  const found = /^[0-9]{1,9}$/.test(written) ? Number(written) : -1;
  if (found < least || found > most)
    throw new Error(await say("act.number", { field: await say(`field.${name}`), least, most }));
  return found;
}

export async function connected() {
  const me = await required().catch(() => null);
  for (const form of all("form[data-act]")) {
    form.classList.toggle("ready", Boolean(me));
    const own = me?.address.toLowerCase();
    const { only, but } = form.dataset;
    form.hidden = Boolean(me) && ((Boolean(only) && !only.split(" ").includes(own)) || but === own);
  }
}
