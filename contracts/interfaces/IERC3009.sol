// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The part of EIP-3009 that a payee needs: a transfer that its payer has signed.
interface IERC3009 {
    /// @notice Whether `authorizer` has used or cancelled `nonce`.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool used);

    /// @notice Moves `value` from `from` to `to`, who must be the caller, by the signature of `from`, after
    /// `validAfter` and before `validBefore` (Unix seconds). Reverts where the nonce was used.
    /// @param nonce chosen by the payer, used once.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}
