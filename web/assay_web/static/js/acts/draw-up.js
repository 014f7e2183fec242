// Draws up an agreement: a text that the page has, or a file of one's own. Its digest is computed here, all of it is
// shown before the wallet is asked, and it is published after the person's yes.
import { amountOf, numberOf } from "../acts.js";
import { block } from "../canonical.js";
import { call, events, say } from "../market.js";
import { send } from "../review.js";
import { digestOf, stored } from "../sealing.js";
import { money, plain } from "../words.js";
import { required } from "../wallet.js";

const DAY = 86400;
const [LEAST_DAYS, MOST_DAYS] = [30, 1095]; // as Pledges.sol has them
const [MOST_TITLE, MOST_TEXT] = [200, 200000];

export async function run({ facts, fields }) {
  const { provider, address } = await required();
  const agreement = facts.agreement || (await own(fields));
  const raw = block(agreement);
  const digest = digestOf(raw);
  const read = { title: plain(agreement.title), text: plain(agreement.text) };
  if (read.title !== agreement.title || read.text !== agreement.text) throw new Error(await say("drawing.hidden"));
  const publish = () => stored("/documents", raw);
  if (facts.bonded) {
    const bond = await amountOf(fields, "pledge_bond", facts.token);
    if (!bond) throw new Error(await say("drawing.bondless"));
    const term = (await numberOf(fields, "breach_days", LEAST_DAYS, MOST_DAYS)) * DAY;
    const drawUp = await call("Pledges", "drawUp", [digest, facts.token, bond, term, Number(fields.get("experts"))]);
    const worst = await say("worst.draw_up", { amount: await money(bond, facts.token) });
    const receipt = await send(drawUp, { worst, read, publish });
    const drawn = (await events(provider, "Pledges", "DrawnUp", { text: digest })).reverse();
    const mine = drawn.find((one) => one.terms.beneficiary === address.toLowerCase());
    return { ...receipt, next: mine && pageOf(mine.agreement) };
  }
  if (fields.get("way") === "publish") {
    await publish();
    sessionStorage.setItem("assay.note", await say("drawing.published"));
    location.assign(pageOf(digest));
    return null;
  }
  const receipt = await send(await call("Agreements", "sign", [digest]), {
    worst: await say("worst.sign"),
    read,
    publish,
  });
  return { ...receipt, next: pageOf(digest) };
}

const pageOf = (digest) => `/agreements/${digest.slice(2)}`;

// A text of one's own, from a file in UTF-8.
async function own(fields) {
  const title = String(fields.get("text_title") || "").trim();
  const file = fields.get("text");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  try {
    if (file.size <= 4 * MOST_TEXT) text = decoder.decode(await file.arrayBuffer()).replace(/\r\n/g, "\n");
  } catch {
    text = "";
  }
  if (!title || title.length > MOST_TITLE || !text || text.length > MOST_TEXT)
    throw new Error(await say("drawing.unusable", { most: MOST_TEXT.toLocaleString() }));
  return { kind: "Agreement", version: 1, title, text };
}
