// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev What a key grant opens, in every market.
enum Artifact {
    Dataset,
    Model
}
