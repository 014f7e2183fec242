// Keys that are delivered with a proof: the recipient's key of each deal, delivering, opening and refuting.
// As assay/seal/delivery.py.
import { encode } from "./abi.js";
import { bytes, hex, joined, number, utf8, word } from "./bytes.js";
import { addressOf, market, say } from "./market.js";
import { hkdf, deliverySeed } from "./secrets.js";
import { keccak_256 } from "../vendor/@noble/hashes/sha3.js";
import { secp256k1 } from "../vendor/@noble/curves/secp256k1.js";

const { Point } = secp256k1;
const ORDER = Point.Fn.ORDER;
const POINT = {
  type: "tuple",
  components: [
    { name: "x", type: "uint256" },
    { name: "y", type: "uint256" },
  ],
};
const DELIVERY = {
  type: "tuple",
  components: [
    { name: "ephemeral", ...POINT },
    { name: "masked", type: "bytes32" },
  ],
};
const kinds = (types) => types.map((type) => (typeof type === "string" ? { type } : type));
const hashed = (purpose, types, values) => {
  const tag = keccak_256(utf8(`assay delivery ${purpose} v1`));
  return keccak_256(joined(tag, bytes(encode(kinds(types), values))));
};

const deal = async (contract, id) => [(await market()).chain_id, await addressOf(contract), id];
const scalar = (uniform) => (number(uniform) % (ORDER - 1n)) + 1n;
const derived = async (secret, info, about) => scalar(await hkdf(secret, joined(utf8(info), [0], about), 48));
const affine = (point) => point.toAffine();
const modulo = (value) => ((value % ORDER) + ORDER) % ORDER;
const accountOf = ({ x, y }) => hex(keccak_256(joined(word(x, 32), word(y, 32))).slice(12));
const xor = (one, other) => one.map((byte, i) => byte ^ other[i]);

// The delivery key with a number, of one's own with the contract of a market: {secret, x, y}.
export async function deliveryKey(index, contract = "CommissionMarket") {
  const seed = await deliverySeed(contract);
  const bound = bytes(encode(kinds(["uint256", "address", "uint256"]), await deal(contract, index)));
  const secret = await derived(seed, "assay delivery key v1", bound);
  return { secret, ...affine(Point.BASE.multiply(secret)) };
}

export const written = ({ x, y }) => x.toString(16).padStart(64, "0") + y.toString(16).padStart(64, "0");

// What a delivery for a deal is for: nothing of it can be used in another.
async function contextOf(contract, dealId, recipient) {
  return hashed("context", ["uint256", "address", "uint256", POINT], [...(await deal(contract, dealId)), recipient]);
}

const maskOf = (about, x) => hashed("mask", ["bytes32", "uint256"], [hex(about), x]);

// The content key of a delivery {ephemeral: {x, y}, masked} for a deal and a delivery key.
export async function openedKey(delivery, key, dealId, contract = "CommissionMarket") {
  const about = await contextOf(contract, dealId, { x: key.x, y: key.y });
  const shared = Point.fromAffine(delivery.ephemeral);
  shared.assertValidity();
  return xor(bytes(delivery.masked), maskOf(about, affine(shared.multiply(key.secret)).x));
}

const possession = (about, delivery, witness) =>
  modulo(number(hashed("possession", ["bytes32", DELIVERY, "address"], [hex(about), delivery, witness])));

// Whether the sender of a delivery has proven that it made it: a refutation could open another's otherwise.
async function isMade({ delivery, proof }, contract, dealId, recipient) {
  const { challenge, response } = proof;
  const valid = [challenge, response].every((one) => 0n < one && one < ORDER);
  if (!valid) return false;
  const about = await contextOf(contract, dealId, recipient);
  const total = Point.BASE.multiply(response).add(Point.fromAffine(delivery.ephemeral).multiply(challenge));
  return challenge === possession(about, delivery, accountOf(affine(total)));
}

// The delivery of a content key to the recipient of a deal, with the proof that its sender made it.
export async function delivered(contentKey, contract, dealId, recipient) {
  const about = await contextOf(contract, dealId, recipient);
  const secret = await derived(contentKey, "assay delivery ephemeral v1", about);
  const to = Point.fromAffine(recipient);
  to.assertValidity();
  const delivery = {
    ephemeral: affine(Point.BASE.multiply(secret)),
    masked: hex(xor(contentKey, maskOf(about, affine(to.multiply(secret)).x))),
  };
  const bound = joined(about, bytes(delivery.masked));
  const nonce = await derived(word(secret, 32), "assay delivery possession nonce v1", bound);
  const witness = accountOf(affine(Point.BASE.multiply(nonce)));
  const challenge = possession(about, delivery, witness);
  return { delivery, proof: { challenge, response: modulo(nonce - challenge * secret) } };
}

// The recipient's proof of what a delivery holds. It makes that public, so it is made of a wrong key only.
export async function refuted({ delivery, proof }, key, dealId, contract = "CommissionMarket") {
  const recipient = { x: key.x, y: key.y };
  if (!(await isMade({ delivery, proof }, contract, dealId, recipient))) throw new Error(await say("refute.unmade"));
  const about = await contextOf(contract, dealId, recipient);
  const ephemeral = Point.fromAffine(delivery.ephemeral);
  ephemeral.assertValidity();
  const bound = joined(about, word(delivery.ephemeral.x, 32), word(delivery.ephemeral.y, 32));
  const nonce = await derived(word(key.secret, 32), "assay delivery refutation nonce v1", bound);
  const shared = affine(ephemeral.multiply(key.secret));
  const witness = accountOf(affine(Point.BASE.multiply(nonce)));
  const second = affine(ephemeral.multiply(nonce));
  const values = [hex(about), recipient, delivery.ephemeral, shared, witness, second];
  const types = ["bytes32", POINT, POINT, POINT, "address", POINT];
  const challenge = modulo(number(hashed("refutation", types, values)));
  const response = modulo(nonce - challenge * key.secret);
  const left = affine(ephemeral.multiply(response));
  const right = affine(Point.fromAffine(shared).multiply(challenge));
  return {
    shared,
    challenge,
    response,
    ephemeralMultiple: left,
    sharedMultiple: right,
    inverse: Point.Fp.inv(Point.Fp.create(right.x - left.x)),
  };
}
