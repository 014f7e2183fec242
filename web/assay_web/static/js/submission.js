// Models that are sealed here: their manifests, which the server writes from the card and this page compares, and what
// a developer states and grants by submitting one.
import { bare, joined, utf8 } from "./bytes.js";
import { canonical } from "./canonical.js";
import { alike, documentIn, holds } from "./documents.js";
import { job, READY } from "./job.js";
import { call, say, view } from "./market.js";
import { interfaceOf } from "./onnx.js";
import { members, MODEL, panelGrants } from "./panel.js";
import { send } from "./review.js";
import { asked, digestOf, sealedFile, sealedHere, stored } from "./sealing.js";
import { plain } from "./words.js";
import { required } from "./wallet.js";
import { sha256 } from "../vendor/@noble/hashes/sha2.js";

const BUILDING = 4n;
const MOST_TRIGGERS = 64 << 20;
const KINDS = ["parents", "datasets", "training_jobs"]; // as the contracts number them

// The deal, where it takes a model of this wallet now: how it is submitted, and what that can cost at worst.
export async function takes(provider, number) {
  const { address } = await required();
  const deal = await view(provider, "CommissionLens", "commission", [number]);
  if (deal.developer !== address.toLowerCase()) throw new Error(await say("submit.stranger"));
  if (deal.state !== BUILDING) throw new Error(await say("submit.closed"));
  const [attempt, most] = [deal.attempts + 1n, deal.request.submissionCap];
  return {
    ...deal,
    submit: (submission) => call("CommissionMarket", "submit", [number, submission]),
    worst: (count) => say("worst.submit", { attempt, most, count }),
  };
}

// The same of a job of another contract, whose provider this wallet is.
export async function asks(provider, number) {
  const { address } = await required();
  const found = await job(provider, number);
  if (found.provider !== address.toLowerCase()) throw new Error(await say("submit.foreign_job"));
  if (found.state !== READY) throw new Error(await say("submit.closed_job"));
  return {
    ...found,
    submit: ({ manifest, grants }) => call("JobEvaluator", "evaluate", [number, manifest, grants]),
    worst: (count) => say("worst.evaluate_job", { count }),
  };
}

// The model of a form, sealed: {model, raw, publish}. `commission` is the order that it is for, or none.
export async function sealedModel(fields, commission, tell) {
  const card = await documentIn(fields.get("card"));
  tell(await say("submit.reading"));
  const graph = await interfaceOf(fields.get("model"));
  const sealing = async (share) => tell(await say("submit.sealing", { percent: Math.round(100 * share) }));
  const { artifact, blob } = await sealedFile(fields.get("model"), sealing);
  const mark = await watermark(fields.get("watermark"), sealing);
  const said = { graph: canonical(graph), watermark: mark && canonical(mark.said) };
  const { manifest } = await asked("/models/draft", { commission, card, artifact, ...said });
  const model = await compared(manifest, { card: JSON.parse(card), graph, artifact, mark: mark?.said });
  const raw = utf8(manifest);
  const publish = async () => {
    tell(await say("submit.storing"));
    for (const one of mark ? [mark, { artifact, blob }] : [{ artifact, blob }])
      await stored(`/artifacts?cid=${one.artifact.cid}`, one.blob);
    await stored("/documents", raw);
  };
  return { model, raw, publish };
}

// Submit a model with the digest of its manifest. `publish` stores what was not published before.
export async function submitted(provider, deal, { model, digest, payees, publish }) {
  const key = await sealedHere(model.artifact);
  const recipients = await members(provider, deal.panelId);
  const granted = await panelGrants(key, recipients, deal.panelId, MODEL);
  const lineage = KINDS.flatMap((name, kind) => model.lineage[name].map((ref) => ({ kind, ref: `0x${ref}` })));
  const submission = { manifest: digest, grants: digestOf(granted), lineage, payees };
  return send(await deal.submit(submission), {
    worst: await deal.worst(Object.keys(recipients).length),
    rows: [[await say("submit.row_model"), `${plain(model.name)}, ${model.artifact.plaintext_sha256}`]],
    read: await statement(model),
    publish: async () => {
      await publish?.();
      await stored("/documents", granted);
    },
  });
}

// A watermark's trigger set, sealed for this wallet alone, and the commitment to it. Its file is in the one form from
// which both are derived (assay/manifests/trigger_set.py).
async function watermark(file, progress) {
  if (!file?.size) return null;
  const text = await documentIn(file, MOST_TRIGGERS);
  const set = JSON.parse(text);
  if (!Array.isArray(set.pairs) || canonical(set) !== text) throw new Error(await say("submit.watermark"));
  const commitment = bare(sha256(joined(utf8("assay watermark commitment v1\0"), utf8(text))));
  const sealed = await sealedFile(file, progress);
  return { ...sealed, said: { commitment, triggers: sealed.artifact } };
}

// The manifest says what the card says, of the file that was sealed here; its lineage may name more, never less.
async function compared(manifest, { card, graph, artifact, mark }) {
  const model = JSON.parse(manifest);
  const { lineage, ...rest } = Object.fromEntries(Object.entries(card).filter(([, value]) => value !== null));
  const right =
    model.kind === "ModelManifest" &&
    canonical(model) === manifest &&
    alike(model.artifact, artifact) &&
    alike(model.watermark, mark) &&
    holds(model, rest) &&
    ["opset", "inputs", "outputs"].every((name) => card[name] || holds(model[name], graph[name])) &&
    model.lineage.complete === true &&
    KINDS.every((name) => (lineage?.[name] || []).every((one) => model.lineage[name].includes(one)));
  if (!right) throw new Error(await say("submit.other"));
  return model;
}

// What its developer states by submitting a model: the whole lineage.
async function statement({ name, lineage }) {
  const used = KINDS.flatMap((kind) => lineage[kind].map((ref) => [kind, ref]));
  const lines = await Promise.all(used.map(([kind, ref]) => say(`lineage.${kind}`, { ref })));
  const text = [await say("lineage.states", { name: plain(name) }), ...lines];
  if (!lines.length) text.push(await say("lineage.nothing"));
  return { title: await say("lineage.title"), text: text.join("\n") };
}
