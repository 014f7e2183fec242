// The id of a proposal, as MarketGovernor computes it from what the proposal would do.
import { encode } from "./abi.js";
import { bytes, number } from "./bytes.js";
import { keccak_256 } from "../vendor/@noble/hashes/sha3.js";

const TYPES = ["address[]", "uint256[]", "bytes[]", "bytes32"].map((type) => ({ type }));

export const proposalId = ({ targets, values, calldatas, descriptionHash }) =>
  number(keccak_256(bytes(encode(TYPES, [targets, values, calldatas, descriptionHash]))));
