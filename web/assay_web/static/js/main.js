// What each page does with scripts: the wallet's button, forms that act, times in the reader's zone.
import { connected, listen } from "./acts.js";
import { all, element, one, problem } from "./dom.js";
import { draw, watch } from "./follow.js";
import { say } from "./market.js";
import { connect, forget, ready, wallet, wallets } from "./wallet.js";

function localTimes(from = document) {
  for (const time of all("time[datetime]", from)) {
    const at = new Date(time.dateTime);
    time.title = time.textContent;
    time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
}

async function drawWallet() {
  const me = wallet();
  const button = one("#connect");
  const short = me && `${me.address.slice(0, 6)}…${me.address.slice(-4)}`;
  const label = await say(me ? "wallet.connected" : "wallet.connect", { short, ...me });
  button.textContent = short || label;
  button.setAttribute("aria-label", label);
  button.hidden = false;
  const mine = one("#mine");
  mine.href = me ? `/accounts/${me.address}/deals` : "/mine";
  if (me && location.pathname === "/mine") location.replace(mine.href);
  await connected();
  await draw();
}

async function chosen() {
  const known = wallets();
  if (known.length < 2) return known[0];
  const buttons = known.map(({ info }, i) =>
    element("button", { value: String(i), class: "plain" }, String(info.name).slice(0, 40)),
  );
  const dialog = element(
    "dialog",
    { class: "review", "aria-label": await say("wallet.choose") },
    element("h2", {}, await say("wallet.choose")),
    element("form", { method: "dialog", class: "column" }, ...buttons),
  );
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  dialog.remove();
  return dialog.returnValue === "" ? null : known[Number(dialog.returnValue)];
}

one("#connect").addEventListener("click", async () => {
  const said = one("#wallet-problem");
  said.textContent = "";
  try {
    if (wallet()) return forget();
    if (!wallets().length) throw new Error(await say("wallet.absent"));
    const found = await chosen();
    if (found) await connect(found);
  } catch (error) {
    said.textContent = problem(error) || "";
  }
});

function note() {
  const kept = sessionStorage.getItem("assay.note");
  sessionStorage.removeItem("assay.note");
  one("#note").textContent = kept || "";
}

document.addEventListener("assay:wallet", drawWallet);
document.addEventListener("htmx:after:swap", (event) => localTimes(event.target));
listen();
localTimes();
note();
await ready;
await drawWallet();
watch();
