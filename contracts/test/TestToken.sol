// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IERC3009} from "../interfaces/IERC3009.sol";

/// @title Play money for tests and local chains: anyone can mint. Transfers can be signed, by ERC-2612 and EIP-3009.
contract TestToken is IERC3009, ERC20Permit {
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    uint8 private immutable _DECIMALS;

    /// @inheritdoc IERC3009
    mapping(address authorizer => mapping(bytes32 nonce => bool used)) public authorizationState;

    /// @notice `authorizer` has used `nonce`.
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    /// @notice `authorizer` has cancelled `nonce`.
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    /// @notice An authorisation to receive is for {to}, not for {caller}.
    /// @custom:hint Let the payee present it.
    error CallerIsNotPayee(address caller, address to);
    /// @notice The authorisation is valid between {validAfter} and {validBefore} only.
    /// @custom:hint Sign again.
    error AuthorizationNotValid(uint256 validAfter, uint256 validBefore);
    /// @notice {authorizer} has used or cancelled the authorisation {nonce}.
    /// @custom:hint Sign another one.
    error AuthorizationUsedBefore(address authorizer, bytes32 nonce);
    /// @notice The signature is {signer}'s, not {authorizer}'s.
    /// @custom:hint Sign with the account that pays, for this chain and this token.
    error SignedByAnother(address signer, address authorizer);

    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
    {
        _DECIMALS = decimals_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @dev EIP-3009: by anyone.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 hash = keccak256(
            abi.encode(TRANSFER_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _authorise(from, validAfter, validBefore, nonce, hash, v, r, s);
        _transfer(from, to, value);
    }

    /// @inheritdoc IERC3009
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
    ) external {
        if (msg.sender != to) revert CallerIsNotPayee(msg.sender, to);
        bytes32 hash =
            keccak256(abi.encode(RECEIVE_TYPEHASH, from, to, value, validAfter, validBefore, nonce));
        _authorise(from, validAfter, validBefore, nonce, hash, v, r, s);
        _transfer(from, to, value);
    }

    /// @dev EIP-3009: whoever signed it no longer wants it.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _requireSigned(authorizer, keccak256(abi.encode(CANCEL_TYPEHASH, authorizer, nonce)), v, r, s);
        _use(authorizer, nonce);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }

    function _authorise(
        address from,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes32 hash,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) private {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert AuthorizationNotValid(validAfter, validBefore);
        }
        _requireSigned(from, hash, v, r, s);
        _use(from, nonce);
        emit AuthorizationUsed(from, nonce);
    }

    function _requireSigned(address signer, bytes32 hash, uint8 v, bytes32 r, bytes32 s) private view {
        address found = ECDSA.recover(_hashTypedDataV4(hash), v, r, s);
        if (found != signer) revert SignedByAnother(found, signer);
    }

    function _use(address authorizer, bytes32 nonce) private {
        if (authorizationState[authorizer][nonce]) revert AuthorizationUsedBefore(authorizer, nonce);
        authorizationState[authorizer][nonce] = true;
    }
}
