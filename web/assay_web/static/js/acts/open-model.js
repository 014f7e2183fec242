// Opens the delivered model in this browser: its key from the chain, its bytes from storage, both checked against
// what the panel tested.
import { deliveryKey, openedKey, written } from "../delivery.js";
import { element, one } from "../dom.js";
import { addressOf, events, say, view } from "../market.js";
import { document as fetched, inWorker, keyHash, refused } from "../sealing.js";
import { required } from "../wallet.js";

const MOST_DEALS = 1000;

export async function run({ facts, tell, form }) {
  const { provider } = await required();
  const deal = await view(provider, "CommissionLens", "commission", [facts.number]);
  const [spec, model] = [await fetched(deal.request.spec), await fetched(deal.manifest)];
  const key = await contentKey(provider, facts.number, spec, model.artifact);
  tell(await say("open.fetching"));
  const answer = await fetch(`/artifacts/${model.artifact.cid}`);
  if (!answer.ok) throw new Error(await refused(answer));
  const percent = async (share) => tell(await say("open.opening", { percent: Math.round(share * 100) }));
  const found = await inWorker("open", await answer.blob(), key, percent);
  if (found.sha256 !== model.artifact.plaintext_sha256 || found.size !== model.artifact.plaintext_size)
    throw new Error(await say("open.other"));
  const link = element(
    "a",
    { class: "button", href: URL.createObjectURL(found.blob), download: `model-${facts.number}.onnx` },
    await say("open.save"),
  );
  one("[data-opened]", form)?.remove();
  form.append(
    element(
      "p",
      { "data-opened": found.sha256 },
      await say("open.opened", { digest: found.sha256.slice(0, 16) }),
      " ",
      link,
    ),
  );
  return null;
}

async function contentKey(provider, number, spec, artifact) {
  const [delivered] = await events(provider, "Deliveries", "Delivered", {
    market: await addressOf("CommissionMarket"),
    dealId: number,
  });
  if (!delivered) throw new Error(await say("open.undelivered"));
  for (let index = 0; index < MOST_DEALS; index++) {
    const own = await deliveryKey(index);
    if (written(own) !== spec.delivery_key) continue;
    const key = await openedKey(delivered.delivery, own, number);
    if (keyHash(key) !== artifact.key_hash) throw new Error(await say("open.wrong", { number }));
    return key;
  }
  throw new Error(await say("open.stranger"));
}
