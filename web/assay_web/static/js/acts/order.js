// Orders a model: the data is checked for its structure and sealed here; only its ciphertext leaves this browser.
// The same for a trial, which is an order to test a model that is on sale.
// What is signed is compared with the documents that it names, which are read from their bytes.
import { bare } from "../bytes.js";
import { checkedTable } from "../table.js";
import { deliveryKey, written } from "../delivery.js";
import { checksum } from "../checksum.js";
import { funded } from "../fund.js";
import { publicKey } from "../hpke.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { asked, document as fetched, sealedFile, stored } from "../sealing.js";
import { encryptionKey } from "../secrets.js";
import { money } from "../words.js";
import { required } from "../wallet.js";

const AN_HOUR = 3600n;

const ORDER = {
  paths: "/order",
  contract: "CommissionMarket",
  opened: ["CommissionOpened", "customer"],
  token: (request) => request.token,
  worst: "worst.order",
  page: "/deals/",
};
const TRIAL = {
  paths: "/trials",
  contract: "Trials",
  opened: ["TrialOpened", "buyer"],
  token: (request) => request.terms.offer.token,
  worst: "worst.trial",
  page: "/trials/",
};

export async function run({ facts, fields, tell }) {
  const kind = facts.offer ? TRIAL : ORDER;
  const more = facts.offer ? { offer: facts.offer } : {};
  const { provider, address } = await required();
  const account = checksum(address);
  const [orderFile, data] = [fields.get("order"), fields.get("data")];
  const order = await orderFile.text();
  const checked = await asked(`${kind.paths}/check`, { order, account, ...more });
  tell(await say("order.checking"));
  await checkedTable(data, checked);
  const customerKey = bare(await publicKey(await encryptionKey()));
  const [event, party] = kind.opened;
  const opened = await events(provider, kind.contract, event, { [party]: address });
  const own = await deliveryKey(opened.length, kind.contract);
  const { artifact, blob } = await sealedFile(data, async (share) =>
    tell(await say("order.sealing", { percent: Math.round(100 * share) })),
  );
  tell(await say("order.storing"));
  await stored(`/artifacts?cid=${artifact.cid}`, blob);
  const { request, bidding_seconds: bidding } = await asked(`${kind.paths}/draft`, {
    order,
    account,
    ...more,
    artifact,
    customer_key: customerKey,
    delivery_key: written(own),
  });
  const rows = await compared(request, { artifact, customerKey, own, checked, bidding, provider });
  const total = facts.offer
    ? await view(provider, "Trials", "quote", [request])
    : await view(provider, "CommissionLens", "quote", [request, address]);
  if (total > BigInt(request.maxTotal) || BigInt(request.maxTotal) !== BigInt(checked.total))
    throw new Error(await say("order.changed"));
  const token = kind.token(request);
  const open = await call(kind.contract, "open", [request]);
  await funded(token, total, open);
  const worst = await say(kind.worst, { total: await money(total, token) });
  const receipt = await send(open, { worst, rows });
  const [mine] = (await events(provider, kind.contract, event, { [party]: address })).slice(-1);
  return { ...receipt, next: mine && kind.page + mine.id };
}

// Whether bids are taken for as long as the order says.
async function inTime(request, bidding, provider) {
  const block = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  const late = BigInt(request.commitEnds) - BigInt(block.timestamp) - BigInt(bidding);
  return late < AN_HOUR && -late < AN_HOUR;
}

// The documents that the request names are those of this order: its data, its keys; what they say is shown.
async function compared(request, { artifact, customerKey, own, checked, bidding, provider }) {
  const spec = await fetched(request.spec);
  const dataset = await fetched(request.dataset);
  const right =
    spec.dataset === request.dataset.slice(2) &&
    spec.customer_key === customerKey &&
    spec.delivery_key === written(own) &&
    spec.title === checked.title &&
    Object.entries(artifact).every(([name, value]) => dataset.artifact[name] === value) &&
    (bidding === undefined || (await inTime(request, bidding, provider)));
  if (!right) throw new Error(await say("order.other"));
  return [
    [await say("order.row_title"), spec.title],
    [await say("order.row_task"), `${spec.evaluation.task}, ${spec.evaluation.metric}`],
    [await say("order.row_data"), `${dataset.name}: ${dataset.counts.rows}`],
  ];
}
