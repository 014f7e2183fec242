// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {IPolicy} from "../interfaces/IPolicy.sol";
import {Bounds} from "./Bounds.sol";

/// @title Lists that only grow: domains, jurisdictions, purposes; and who may change what.
abstract contract PolicyLists is Bounds, AccessControl {
    /// @inheritdoc IPolicy
    mapping(uint8 domain => bytes32 name) public domainName;
    /// @inheritdoc IPolicy
    mapping(uint8 jurisdiction => bytes2 isoCode) public jurisdictionCode;
    /// @inheritdoc IPolicy
    mapping(uint8 purpose => bytes32 name) public purposeName;

    /// @inheritdoc IPolicy
    uint32 public edition; // in one slot with what `Policy` declares first
    /// @inheritdoc IPolicy
    uint8 public domainCount;
    /// @inheritdoc IPolicy
    uint8 public jurisdictionCount;
    /// @inheritdoc IPolicy
    uint8 public purposeCount;

    /// @dev On every function that changes a rule or a list: a contract that keeps a copy of the rules sees by the
    /// edition that they may have changed.
    modifier byGovernance() {
        _checkRole(DEFAULT_ADMIN_ROLE);
        ++edition;
        _;
    }

    /// @inheritdoc IPolicy
    function addDomain(bytes32 name) external byGovernance returns (uint8 domain) {
        domain = domainCount = _next(domainCount, type(uint8).max, name);
        domainName[domain] = name;
        emit DomainAdded(domain, name);
    }

    /// @inheritdoc IPolicy
    function addJurisdiction(bytes2 isoCode) external byGovernance returns (uint8 jurisdiction) {
        jurisdiction = jurisdictionCount = _next(jurisdictionCount, type(uint8).max, isoCode);
        jurisdictionCode[jurisdiction] = isoCode;
        emit JurisdictionAdded(jurisdiction, isoCode);
    }

    /// @inheritdoc IPolicy
    function addPurpose(bytes32 name) external byGovernance returns (uint8 purpose) {
        purpose = purposeCount = _next(purposeCount, MAX_PURPOSES, name);
        purposeName[purpose] = name;
        emit PurposeAdded(purpose, name);
    }

    function _checkDomain(uint8 domain) internal view {
        if (domain == 0 || domain > domainCount) revert UnknownDomain(domain);
    }

    /// @dev Both at once, from one read of their slot.
    function _checkPlace(uint8 domain, uint8 jurisdiction) internal view {
        (uint8 domains, uint8 jurisdictions) = (domainCount, jurisdictionCount);
        if (domain == 0 || domain > domains) revert UnknownDomain(domain);
        if (jurisdiction == 0 || jurisdiction > jurisdictions) revert UnknownJurisdiction(jurisdiction);
    }

    /// @dev Bit 0 belongs to no purpose.
    function _checkPurposes(uint32 purposes) internal view {
        if (purposes & 1 != 0 || uint256(purposes) >> (uint256(purposeCount) + 1) != 0) {
            revert UnknownPurpose(purposes);
        }
    }

    function _next(uint8 count, uint8 max, bytes32 name) private pure returns (uint8) {
        if (name == 0) revert EmptyName();
        if (count == max) revert ListFull();
        return count + 1;
    }
}
