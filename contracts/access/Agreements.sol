// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IAgreementKeeper, IAgreements} from "../interfaces/IAgreements.sol";

/// @title Agreements
/// @dev One slot a signature. It calls smart accounts and keepers by static calls, so nothing can be re-entered.
contract Agreements is IAgreements, EIP712 {
    bytes32 private constant AGREEMENT_TYPEHASH = keccak256("Agreement(bytes32 text,address party)");

    mapping(bytes32 text => mapping(address party => uint40)) private _signedAt;
    /// @inheritdoc IAgreements
    mapping(bytes32 agreement => address) public keeperOf;

    constructor() EIP712("Assay Agreements", "1") {}

    /* PARTIES */

    /// @inheritdoc IAgreements
    function sign(bytes32 text) external {
        if (text == 0) revert EmptyText();
        if (_signedAt[text][msg.sender] == 0) _record(text, msg.sender);
    }

    /// @inheritdoc IAgreements
    function record(Signature[] calldata signatures) external {
        for (uint256 i = 0; i < signatures.length; ++i) {
            Signature calldata one = signatures[i];
            (bytes32 text, address party) = (one.text, one.party);
            if (text == 0) revert EmptyText();
            if (_signedAt[text][party] != 0) continue;
            bytes32 hash = hashToSign(text, party);
            if (!SignatureChecker.isValidSignatureNowCalldata(party, hash, one.signature)) {
                revert NotItsSignature(text, party);
            }
            _record(text, party);
        }
    }

    function _record(bytes32 text, address party) private {
        // forge-lint: disable-next-line(unsafe-typecast)
        _signedAt[text][party] = uint40(block.timestamp); // Unix time fits for 34,000 years
        emit Signed(text, party);
    }

    /* KEEPERS */

    /// @inheritdoc IAgreements
    function keep(bytes32 terms) external returns (bytes32 agreement) {
        agreement = keccak256(abi.encode(msg.sender, terms));
        keeperOf[agreement] = msg.sender;
        emit Kept(agreement, msg.sender, terms);
    }

    /* VIEWS */

    /// @inheritdoc IAgreements
    function requireSigned(bytes32 text, address party) external view {
        address keeper = keeperOf[text];
        if (keeper != address(0)) IAgreementKeeper(keeper).requireAgreed(text, party);
        else if (_signedAt[text][party] == 0) revert NotSigned(text, party);
    }

    /// @inheritdoc IAgreements
    function signedAt(bytes32 text, address party) external view returns (uint40) {
        return _signedAt[text][party];
    }

    /// @inheritdoc IAgreements
    function hashToSign(bytes32 text, address party) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(AGREEMENT_TYPEHASH, text, party)));
    }
}
