// Claims that a model was made from one of this wallet's and does not say so, or denies such a claim, with a bond. Both
// models, terms and bond are the contracts' own; what each side says is published after the person's yes.
import { block } from "../canonical.js";
import { checksum } from "../checksum.js";
import { documentIn } from "../documents.js";
import { funded } from "../fund.js";
import { call, events, market, say, view } from "../market.js";
import { send } from "../review.js";
import { digestOf, document as fetched, stored } from "../sealing.js";
import { UnixfsHasher } from "../unixfs.js";
import { money, plain } from "../words.js";
import { required } from "../wallet.js";

const CONTRACT = "LineageClaims";
const SMALLEST_POOL = 9n; // jurors: a jury of three is a third of them at most
const MOST_WATERMARK = 16 << 20;

export const run = ({ facts, fields }) => (facts.number ? denied(facts.number, fields) : claimed(fields));

async function claimed(fields) {
  const { provider } = await required();
  const parent = String(fields.get("parent"));
  const child = await modelIn(provider, fields.get("child"));
  const terms = await view(provider, CONTRACT, "termsOf", [parent]);
  if (!terms.since) throw new Error(await say("lineage.termless"));
  const [own, other] = await Promise.all([fetched(parent), fetched(child)]);
  if (other.lineage.parents.includes(parent.slice(2))) throw new Error(await say("lineage.nothing_missing"));
  if ((await view(provider, "Court", "poolSize", [])) < SMALLEST_POOL) throw new Error(await say("lineage.no_jury"));
  const shown = await watermark(fields.get("shown_watermark"), parent.slice(2), other.artifact.plaintext_sha256);
  const raw = await evidence(fields, parent, child, shown?.cid);
  const { appealBond } = await view(provider, "Policy", "tokenRule", [terms.token]);
  const bond = appealBond * (await view(provider, CONTRACT, "BOND_IN_JURIES", []));
  const transaction = await call(CONTRACT, "claim", [parent, child, digestOf(raw)]);
  await funded(terms.token, bond, transaction);
  const receipt = await send(transaction, {
    rows: [
      [await say("lineage.parent"), plain(own.name)],
      [await say("lineage.child"), plain(other.name)],
    ],
    worst: await say(shown ? "worst.claim_lineage_shown" : "worst.claim_lineage", {
      bond: await money(bond, terms.token),
    }),
    publish: async () => {
      if (shown) await stored(`/watermarks?cid=${shown.cid}`, shown.raw);
      await stored("/documents", raw);
    },
  });
  const [mine] = (await events(provider, CONTRACT, "LineageClaimed", { parent, child })).slice(-1);
  return { ...receipt, next: mine && `/lineage-claims/${mine.id}` };
}

async function denied(number, fields) {
  const { provider } = await required();
  const { parent, child, token, bond } = await view(provider, CONTRACT, "claimOf", [number]);
  const raw = await evidence(fields, parent, child);
  const transaction = await call(CONTRACT, "deny", [number, digestOf(raw)]);
  await funded(token, bond, transaction);
  return send(transaction, {
    worst: await say("worst.deny_lineage", { bond: await money(bond, token) }),
    publish: () => stored("/documents", raw),
  });
}

// The manifest of a model, by the number of its page (then the newest version), or by its own digest.
async function modelIn(provider, written) {
  const text = String(written || "")
    .trim()
    .replace(/^0x/, "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(text)) return `0x${text}`;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new Error(await say("lineage.unnamed"));
  if (BigInt(text) > (await view(provider, "ModelRegistry", "modelCount", [])))
    throw new Error(await say("lineage.unnamed"));
  return view(provider, "ModelRegistry", "latestVersion", [text]);
}

// What `assay model claim make` wrote about this parent and the child's file.
async function watermark(file, parent, suspect) {
  if (!file?.size) return null;
  const text = await documentIn(file, MOST_WATERMARK);
  const said = JSON.parse(text);
  if (said?.kind !== "WatermarkClaim" || said.model !== parent || said.suspect_sha256 !== suspect)
    throw new Error(await say("lineage.other_watermark"));
  const raw = new Uint8Array(await file.arrayBuffer());
  const hasher = new UnixfsHasher();
  hasher.update(raw);
  return { raw, cid: hasher.cid() };
}

async function evidence(fields, parent, child, shown) {
  const { address } = await required();
  const claim = String(fields.get("claim")).trim();
  if (!claim) throw new Error(await say("dispute.claimless"));
  return block({
    kind: "LineageEvidence",
    version: 1,
    chain_id: (await market()).chain_id,
    parent: parent.slice(2),
    child: child.slice(2),
    party: checksum(address),
    claim,
    statement: String(fields.get("statement") || "").replace(/\r\n/g, "\n"),
    exhibits: [],
    ...(shown ? { watermark: shown } : {}),
  });
}
