// Secrets that follow from the wallet's signatures over fixed texts: the same that `assay` derives, so a deal that
// was begun here can be gone on with there. They live in this page's memory only. See assay/wallet/eip712.py.
import { encode } from "./abi.js";
import { bare, bytes, hex, joined, utf8, word } from "./bytes.js";
import { addressOf, market, say } from "./market.js";
import { sign } from "./review.js";
import { required } from "./wallet.js";
import { keccak_256 } from "../vendor/@noble/hashes/sha3.js";

const DOMAIN = [
  ["string", "name"],
  ["string", "version"],
  ["uint256", "chainId"],
  ["address", "verifyingContract"],
];
const kept = new Map();
const members = (pairs) => pairs.map(([type, name]) => ({ type, name }));

export async function typed(name, contract, primaryType, struct, values, version = "1") {
  const message = Object.fromEntries(struct.map(([, field], i) => [field, values[i]]));
  const domain = { name, version, chainId: (await market()).chain_id, verifyingContract: contract };
  return { types: { EIP712Domain: members(DOMAIN), [primaryType]: members(struct) }, primaryType, domain, message };
}

export async function hkdf(secret, info, length = 32, salt = new Uint8Array(0)) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const made = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt, info: typeof info === "string" ? utf8(info) : info },
    key,
    8 * length,
  );
  return new Uint8Array(made);
}

// Signed twice the first time: a wallet that signs differently each time could never open again what it seals.
async function derived(place, text, sentence, info) {
  if (kept.has(place)) return kept.get(place);
  const first = await sign(text, await say(sentence), { worst: await say("secret.worst") });
  const { provider, address } = await required();
  const second = await provider.request({ method: "eth_signTypedData_v4", params: [address, JSON.stringify(text)] });
  if (first !== second) throw new Error(await say("secret.unsteady"));
  const made = await hkdf(bytes(first).slice(0, 64), info);
  kept.set(place, made);
  return made;
}

export async function encryptionKey() {
  const { address } = await required();
  const registry = await addressOf("ParticipantRegistry");
  const said = "Derive my Assay encryption key. Sign this only in Assay: the signature opens what is sealed to me.";
  const text = await typed(
    "Assay",
    registry,
    "EncryptionKey",
    [
      ["string", "text"],
      ["address", "owner"],
    ],
    [said, address],
  );
  return derived(`key ${address}`, text, "secret.key", "assay encryption key v1");
}

export async function bidSalt(auctionId) {
  const { address } = await required();
  const said = "Derive the salt of my sealed bid. Sign this only in Assay: the signature uncovers my bid.";
  const struct = [
    ["string", "text"],
    ["uint256", "auctionId"],
    ["address", "bidder"],
  ];
  const text = await typed("Assay", await addressOf("VickreyAuction"), "BidSalt", struct, [
    said,
    String(auctionId),
    address,
  ]);
  return derived(`bid ${auctionId} ${address}`, text, "secret.bid", "assay bid salt v1");
}

export async function jurorSalt(caseId, round) {
  const { address } = await required();
  const said = "Derive the salt of my sealed vote. Sign this only in Assay: the signature uncovers my vote.";
  const struct = [
    ["string", "text"],
    ["uint256", "disputeID"],
    ["uint8", "round"],
    ["address", "juror"],
  ];
  const text = await typed("Assay", await addressOf("Court"), "VoteSalt", struct, [
    said,
    String(caseId),
    String(round),
    address,
  ]);
  return derived(`vote ${caseId} ${round} ${address}`, text, "secret.vote", "assay juror salt v1");
}

export async function verdictSalt(auditId) {
  const { address } = await required();
  const said = "Derive the salt of my sealed verdict. Sign this only in Assay: the signature uncovers my verdict.";
  const struct = [
    ["string", "text"],
    ["uint256", "auditId"],
    ["address", "auditor"],
  ];
  const text = await typed("Assay", await addressOf("AuditRegistry"), "VerdictSalt", struct, [
    said,
    String(auditId),
    address,
  ]);
  return derived(`verdict ${auditId} ${address}`, text, "secret.verdict", "assay verdict salt v1");
}

export async function deliverySeed(contract) {
  const { address } = await required();
  const said = "Derive the keys of my deliveries. Sign this only in Assay: the signature opens what I was sent.";
  const struct = [
    ["string", "text"],
    ["address", "recipient"],
  ];
  const text = await typed("Assay", await addressOf(contract), "DeliverySeed", struct, [said, address]);
  return derived(`deliveries ${contract} ${address}`, text, "secret.delivery", "assay delivery seed v1");
}

const hashed = (types, values) =>
  hex(
    keccak_256(
      bytes(
        encode(
          types.map((type) => ({ type })),
          values,
        ),
      ),
    ),
  );

export async function sealedBid(auctionId, price, salt) {
  const { address } = await required();
  const values = [(await market()).chain_id, await addressOf("VickreyAuction"), auctionId, address, price, hex(salt)];
  return hashed(["uint256", "address", "uint256", "address", "uint96", "bytes32"], values);
}

export async function sealedVote(caseId, round, side, salt) {
  const { address } = await required();
  const values = [(await market()).chain_id, await addressOf("Court"), caseId, round, address, side, hex(salt)];
  return hashed(["uint256", "address", "uint256", "uint8", "address", "uint8", "bytes32"], values);
}

// A bid's price, encrypted under a key of the bid's own, as the file that `assay bid` keeps beside the keystore.
async function priceCipher(seal) {
  const raw = await hkdf(await encryptionKey(), joined(utf8("assay bid price v1 "), bytes(seal)));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export async function keepPrice(seal, price) {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce },
    await priceCipher(seal),
    word(price, 12),
  );
  const file = JSON.stringify({ version: 1, nonce: bare(nonce), price: bare(new Uint8Array(sealed)) });
  localStorage.setItem(`assay.bid.${seal}`, file);
  if (localStorage.getItem(`assay.bid.${seal}`) !== file) throw new Error(await say("bid.unkept"));
  return file;
}

export async function keptPrice(seal) {
  const file = localStorage.getItem(`assay.bid.${seal}`);
  if (!file) return null;
  const { nonce, price } = JSON.parse(file);
  const raw = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: bytes(nonce) },
    await priceCipher(seal),
    bytes(price),
  );
  return BigInt(hex(new Uint8Array(raw)));
}
