// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IConformity} from "../interfaces/IConformity.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelValidations} from "../interfaces/IModelValidations.sol";
import {CommissionTerms, Terms} from "../market/CommissionTerms.sol";
import {CommissionRecord} from "./CommissionRecord.sol";

/// @title ModelValidations
contract ModelValidations is IModelValidations {
    using CommissionRecord for uint256[];
    using CommissionTerms for address;
    using CommissionTerms for Terms;

    /// @notice So many test sets are looked through at most, the newest first; about 3 million gas.
    uint32 public constant MAX_SETS = 256;
    /// @notice So many audits of a model at most, the newest first.
    uint256 public constant MAX_AUDITS = 16;

    uint256 private constant MAX_AUDITORS = 9; // seats of an audit
    uint8 private constant PASSED = 100;

    IModelRegistry private immutable MODELS;
    ICommissionMarket private immutable COMMISSIONS;
    IConformity private immutable TESTS;
    IAuditRegistry private immutable AUDITS;

    /// @dev What `getValidationStatus` answers.
    struct Status {
        address validator; // zero for a validation that there is none of
        uint256 agentId;
        bool passed;
        bytes32 responseHash;
        string tag;
        uint256 at; // Unix seconds
    }

    constructor(
        IModelRegistry models,
        ICommissionMarket commissions,
        IConformity tests,
        IAuditRegistry audits
    ) {
        (MODELS, COMMISSIONS, TESTS, AUDITS) = (models, commissions, tests, audits);
    }

    /* THE REGISTRY */

    /// @inheritdoc IModelValidations
    function getIdentityRegistry() external view returns (address) {
        return address(MODELS);
    }

    /// @inheritdoc IModelValidations
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        )
    {
        Status memory one = _status(requestHash);
        if (one.validator == address(0)) revert UnknownValidation(requestHash);
        return (one.validator, one.agentId, _response(one), one.responseHash, one.tag, one.at);
    }

    /// @inheritdoc IModelValidations
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 averageResponse)
    {
        bytes32[] memory requests = getAgentValidations(agentId);
        uint256 sum = 0;
        for (uint256 i = 0; i < requests.length; ++i) {
            Status memory one = _status(requests[i]);
            if (!_isOf(one.validator, validatorAddresses)) continue;
            if (bytes(tag).length != 0 && keccak256(bytes(tag)) != keccak256(bytes(one.tag))) continue;
            ++count;
            sum += _response(one);
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        if (count != 0) averageResponse = uint8(sum / count); // at most PASSED
    }

    /// @inheritdoc IModelValidations
    function getAgentValidations(uint256 agentId) public view returns (bytes32[] memory) {
        bytes32 manifest = MODELS.latestVersion(agentId);
        uint32 sets = TESTS.testSetCount();
        uint256 looked = sets < MAX_SETS ? sets : MAX_SETS;
        bytes32[] memory found = new bytes32[](1 + looked + MAX_AUDITS * MAX_AUDITORS);
        uint256 length = _isOrdered(manifest) ? 1 : 0;
        if (length != 0) found[0] = _name(Kind.Order, agentId);
        for (uint256 i = 0; i < looked; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint32 setId = sets - uint32(i); // `looked` is at most `sets`
            if (TESTS.standingOf(setId, manifest).at == 0) continue;
            found[length++] = _name(Kind.TestSet, agentId << 32 | setId);
        }
        return _trimmed(found, _addVerdicts(found, length, manifest));
    }

    /// @inheritdoc IModelValidations
    function getValidatorRequests(address validatorAddress) external pure returns (bytes32[] memory) {
        revert NotListed(validatorAddress);
    }

    /* ONE VALIDATION */

    function _status(bytes32 requestHash) private view returns (Status memory one) {
        uint256 kind = uint256(requestHash) >> 248;
        uint256 about = uint256(requestHash) & type(uint248).max;
        if (kind == uint8(Kind.Order)) _readOrder(one, about);
        else if (kind == uint8(Kind.TestSet)) _readTest(one, about >> 32, about & type(uint32).max);
        else if (kind == uint8(Kind.Audit)) _readVerdict(one, about >> 8, about & type(uint8).max);
    }

    function _readOrder(Status memory one, uint256 agentId) private view {
        if (agentId > MODELS.modelCount() || agentId == 0) return;
        bytes32 manifest = MODELS.latestVersion(agentId);
        if (!_isOrdered(manifest)) return;
        Terms memory terms = COMMISSIONS.record(MODELS.versionOf(manifest).dealId).terms().load();
        (one.validator, one.agentId, one.passed) = (address(COMMISSIONS), agentId, true);
        (one.responseHash, one.tag, one.at) = (terms.dataset(), "order", terms.openedAt());
    }

    function _readTest(Status memory one, uint256 agentId, uint256 setId) private view {
        if (agentId > MODELS.modelCount() || agentId == 0) return;
        if (setId > TESTS.testSetCount() || setId == 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint32 number = uint32(setId); // at most the count
        IConformity.Standing memory standing = TESTS.standingOf(number, MODELS.latestVersion(agentId));
        if (standing.at == 0) return;
        IConformity.TestSet memory set = TESTS.testSet(number);
        (one.validator, one.agentId, one.passed) = (set.body, agentId, standing.passed);
        (one.responseHash, one.tag, one.at) = (set.dataset, "test set", standing.at);
    }

    function _readVerdict(Status memory one, uint256 auditId, uint256 seat) private view {
        if (auditId > AUDITS.auditCount() || auditId == 0) return;
        IAuditRegistry.AuditView memory audit = AUDITS.audit(auditId);
        bytes32 subject = audit.terms.subject;
        if (seat >= audit.seats.length || !MODELS.isRegistered(subject)) return;
        IAuditRegistry.Verdict memory said = audit.seats[seat];
        if (said.at == 0) return;
        (one.validator, one.agentId) = (said.auditor, MODELS.versionOf(subject).modelId);
        (one.passed, one.tag, one.at) = (said.approved, "audit", said.at);
    }

    /* ALL OF A MODEL */

    /// @dev Adds the verdicts that count now to the `length` names that are there.
    function _addVerdicts(bytes32[] memory found, uint256 length, bytes32 manifest)
        private
        view
        returns (uint256)
    {
        uint256 auditId = AUDITS.latestAudit(manifest);
        for (uint256 i = 0; i < MAX_AUDITS && auditId != 0; ++i) {
            IAuditRegistry.AuditView memory audit = AUDITS.audit(auditId);
            for (uint256 seat = 0; seat < audit.seats.length; ++seat) {
                if (block.timestamp >= audit.seats[seat].expires) continue;
                found[length++] = _name(Kind.Audit, auditId << 8 | seat);
            }
            auditId = audit.previous;
        }
        return length;
    }

    /// @dev Whether a version comes from a commission, which registers only what has passed.
    function _isOrdered(bytes32 manifest) private view returns (bool) {
        return MODELS.versionOf(manifest).module == address(COMMISSIONS);
    }

    function _name(Kind kind, uint256 about) private pure returns (bytes32) {
        return bytes32(uint256(kind) << 248 | about);
    }

    function _response(Status memory one) private pure returns (uint8) {
        return one.passed ? PASSED : 0;
    }

    function _isOf(address validator, address[] calldata wanted) private pure returns (bool) {
        for (uint256 i = 0; i < wanted.length; ++i) {
            if (wanted[i] == validator) return true;
        }
        return wanted.length == 0;
    }

    function _trimmed(bytes32[] memory found, uint256 length) private pure returns (bytes32[] memory names) {
        names = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            names[i] = found[i];
        }
    }
}
