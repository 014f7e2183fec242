// Orders a model: the data is checked for its structure and sealed here; only its ciphertext leaves this browser.
// The same for a trial, which is an order to test a model that is on sale, and for a job of another contract.
// What is signed is compared with the documents that it names, which are read from their bytes.
import { numberOf } from "../acts.js";
import { bare } from "../bytes.js";
import { checkedTable } from "../table.js";
import { deliveryKey, written } from "../delivery.js";
import { checksum } from "../checksum.js";
import { funded } from "../fund.js";
import { publicKey } from "../hpke.js";
import { call, events, say, view } from "../market.js";
import { send } from "../review.js";
import { accountOf } from "../shares.js";
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

const JOB = {
  paths: "/jobs",
  contract: "JobEvaluator",
  opened: ["Enrolled", "client"],
  token: (terms) => terms.token,
  worst: "worst.enrol_job",
  page: "/jobs/",
};

export async function run({ facts, fields, tell }) {
  const kind = facts.offer ? TRIAL : facts.job ? JOB : ORDER;
  const more = facts.offer ? { offer: facts.offer } : facts.job ? await jobOf(fields) : {};
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
  if (facts.job && request.panelSize !== more.seats) throw new Error(await say("order.other"));
  const rows = await compared(request, { artifact, customerKey, own, checked, bidding, provider });
  const quoted = kind === ORDER ? ["CommissionLens", "quote", [request, address]] : [kind.contract, "quote", [request]];
  const total = await view(provider, ...quoted);
  if (total > BigInt(request.maxTotal) || BigInt(request.maxTotal) !== BigInt(checked.total))
    throw new Error(await say("order.changed"));
  const token = kind.token(request);
  const open = facts.job
    ? await call(kind.contract, "enrol", [more.contract, more.job, request])
    : await call(kind.contract, "open", [request]);
  await funded(token, total, open);
  const worst = await say(kind.worst, { total: await money(total, token) });
  const receipt = await send(open, { worst, rows });
  const [mine] = (await events(provider, kind.contract, event, { [party]: address })).slice(-1);
  return { ...receipt, next: mine && kind.page + mine.id };
}

// Which job of which contract, and how many judge it.
async function jobOf(fields) {
  const contract = accountOf(fields.get("job_contract"));
  if (!contract) throw new Error(await say("act.account"));
  const job = String(fields.get("job_number") || "").trim();
  if (!/^\d{1,78}$/.test(job)) throw new Error(await say("job.no_number"));
  return { contract: checksum(contract), job, seats: await numberOf(fields, "panel_seats", 3, 31) };
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
