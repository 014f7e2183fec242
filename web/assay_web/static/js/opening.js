// Opens a delivered model in this browser: its key from the chain, its bytes from storage, both checked against what
// the panel tested. Refutes a delivery that holds another key.
import { deliveryKey, openedKey, written } from "./delivery.js";
import { element, one } from "./dom.js";
import { say } from "./market.js";
import { inWorker, keyHash, refused } from "./sealing.js";

const MOST_DEALS = 1000;

// The own delivery key that was named as `recipient`, of those with numbers from `first` on.
export async function ownKey(recipient, contract, first = 0n) {
  for (let index = 0n; index < MOST_DEALS; index++) {
    const own = await deliveryKey(first + index, contract);
    if (written(own) === recipient) return own;
  }
  throw new Error(await say("open.stranger"));
}

// The content key of a delivery, or an error that says how to refute it.
export async function rightKey(delivery, own, number, contract, artifact) {
  const key = await openedKey(delivery, own, number, contract);
  if (keyHash(key) !== artifact.key_hash) throw new Error(await say("open.wrong"));
  return key;
}

// A sealed file, opened and compared with what its manifest says: {blob, sha256, size}.
export async function openedFile(key, artifact, tell) {
  tell(await say("open.fetching"));
  const answer = await fetch(`/artifacts/${artifact.cid}`);
  if (!answer.ok) throw new Error(await refused(answer));
  const percent = async (share) => tell(await say("open.opening", { percent: Math.round(share * 100) }));
  const found = await inWorker("open", await answer.blob(), key, percent);
  if (found.sha256 !== artifact.plaintext_sha256 || found.size !== artifact.plaintext_size)
    throw new Error(await say("open.other"));
  return found;
}

export async function shown(key, artifact, name, tell, form) {
  const found = await openedFile(key, artifact, tell);
  const link = element(
    "a",
    { class: "button", href: URL.createObjectURL(found.blob), download: `${name}.onnx` },
    await say("open.save"),
  );
  one("[data-opened]", form)?.remove();
  const said = await say("open.opened", { digest: found.sha256.slice(0, 16) });
  form.append(element("p", { "data-opened": found.sha256 }, said, " ", link));
}
