// Orders a model: the data is checked for its structure and sealed here; only its ciphertext leaves this browser.
// What is signed is compared with the documents that it names, which are read from their bytes.
import { bare } from "../bytes.js";
import { checkedTable } from "../table.js";
import { deliveryKey, written } from "../delivery.js";
import { checksum } from "../checksum.js";
import { funded } from "../fund.js";
import { publicKey } from "../hpke.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { document as fetched, refused, sealedFile, stored } from "../sealing.js";
import { encryptionKey } from "../secrets.js";
import { money } from "../words.js";
import { required } from "../wallet.js";

const AN_HOUR = 3600n;

export async function run({ fields, tell }) {
  const { provider, address } = await required();
  const account = checksum(address);
  const [orderFile, data] = [fields.get("order"), fields.get("data")];
  const order = await orderFile.text();
  const checked = await asked("/order/check", { order, account });
  tell(await say("order.checking"));
  await checkedTable(data, checked);
  const customerKey = bare(await publicKey(await encryptionKey()));
  const opened = await events(provider, "CommissionMarket", "CommissionOpened", { customer: address });
  const own = await deliveryKey(opened.length);
  const { artifact, blob } = await sealedFile(data, async (share) =>
    tell(await say("order.sealing", { percent: Math.round(100 * share) })),
  );
  tell(await say("order.storing"));
  await stored(`/artifacts?cid=${artifact.cid}`, blob);
  const { request, bidding_seconds: bidding } = await asked("/order/draft", {
    order,
    account,
    artifact,
    customer_key: customerKey,
    delivery_key: written(own),
  });
  const rows = await compared(request, { artifact, customerKey, own, checked, bidding, provider });
  const total = await view(provider, "CommissionLens", "quote", [request, address]);
  if (total > BigInt(request.maxTotal) || BigInt(request.maxTotal) !== BigInt(checked.total))
    throw new Error(await say("order.changed"));
  const open = await call("CommissionMarket", "open", [request]);
  await funded(request.token, total, open);
  const worst = await say("worst.order", { total: await money(total, request.token) });
  const receipt = await send(open, { worst, rows });
  const [mine] = (await events(provider, "CommissionMarket", "CommissionOpened", { customer: address })).slice(-1);
  return { ...receipt, next: mine && `/deals/${mine.id}` };
}

async function asked(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await refused(answer));
  return answer.json();
}

// The documents that the request names are those of this order: its data, its keys; what they say is shown.
async function compared(request, { artifact, customerKey, own, checked, bidding, provider }) {
  const spec = await fetched(request.spec);
  const dataset = await fetched(request.dataset);
  const block = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  const ends = BigInt(block.timestamp) + BigInt(bidding);
  const late = BigInt(request.commitEnds) - ends;
  const right =
    spec.dataset === request.dataset.slice(2) &&
    spec.customer_key === customerKey &&
    spec.delivery_key === written(own) &&
    spec.title === checked.title &&
    Object.entries(artifact).every(([name, value]) => dataset.artifact[name] === value) &&
    late < AN_HOUR &&
    -late < AN_HOUR;
  if (!right) throw new Error(await say("order.other"));
  return [
    [await say("order.row_title"), spec.title],
    [await say("order.row_task"), `${spec.evaluation.task}, ${spec.evaluation.metric}`],
    [await say("order.row_data"), `${dataset.name}: ${dataset.counts.rows}`],
  ];
}
