// Keys that are delivered with a proof: the recipient's key of each deal, and opening. As assay/seal/delivery.py.
import { encode } from "./abi.js";
import { bytes, joined, number, utf8 } from "./bytes.js";
import { addressOf, market } from "./market.js";
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
const kinds = (types) => types.map((type) => (typeof type === "string" ? { type } : type));
const hashed = (purpose, types, values) => {
  const tag = keccak_256(utf8(`assay delivery ${purpose} v1`));
  return keccak_256(joined(tag, bytes(encode(kinds(types), values))));
};

// The delivery key of the `index`th of one's own deals with the market: {secret, point}.
export async function deliveryKey(index) {
  const seed = await deliverySeed();
  const bound = bytes(
    encode(kinds(["uint256", "address", "uint256"]), [
      (await market()).chain_id,
      await addressOf("CommissionMarket"),
      index,
    ]),
  );
  const uniform = await hkdf(seed, joined(utf8("assay delivery key v1"), [0], bound), 48);
  const secret = (number(uniform) % (ORDER - 1n)) + 1n;
  const { x, y } = Point.BASE.multiply(secret).toAffine();
  return { secret, x, y };
}

export const written = ({ x, y }) => x.toString(16).padStart(64, "0") + y.toString(16).padStart(64, "0");

// The content key of a delivery {ephemeral: {x, y}, masked} for a deal and a delivery key.
export async function openedKey(delivery, key, dealId) {
  const about = hashed(
    "context",
    ["uint256", "address", "uint256", POINT],
    [(await market()).chain_id, await addressOf("CommissionMarket"), dealId, key],
  );
  const shared = Point.fromAffine(delivery.ephemeral);
  shared.assertValidity();
  const { x } = shared.multiply(key.secret).toAffine();
  const mask = hashed(
    "mask",
    ["bytes32", "uint256"],
    [`0x${Array.from(about, (b) => b.toString(16).padStart(2, "0")).join("")}`, x],
  );
  const masked = bytes(delivery.masked);
  return masked.map((byte, i) => byte ^ mask[i]);
}
