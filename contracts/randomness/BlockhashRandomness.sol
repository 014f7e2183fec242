// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRandomness} from "../interfaces/IRandomness.sol";

/// @title Seeds from block hashes.
/// @notice The seed of block N is its hash. A header commits to its prevrandao, so the hash is at least as
/// unpredictable. PREVRANDAO only reads the current block's value, so a draw would have to land in exactly one block;
/// `blockhash(N)` can be read in the 256 blocks after N.
/// Trust assumption: the proposer of block N does not grind. It may try as many bodies and extra-data fields as it can
/// hash, or leave its slot empty, and so choose among seeds; nobody else can. That is acceptable on a local market and
/// where a draw is worth well below what this costs a proposer; a market with more at stake puts a beacon or a VRF
/// behind `IRandomness`.
contract BlockhashRandomness is IRandomness {
    /// @inheritdoc IRandomness
    uint256 public constant window = 256; // solhint-disable-line const-name-snakecase

    /// @inheritdoc IRandomness
    function seed(uint256 number) external view returns (bytes32) {
        return blockhash(number);
    }
}
