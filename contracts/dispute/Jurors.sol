// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IDisputableMarket} from "../interfaces/IDisputableMarket.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";

/// @title The pool of those who can be drawn as jurors, and who of them may judge a deal.
abstract contract Jurors is ICourt, ReentrancyGuardTransient {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice Seconds that an enrolment must be older than a deal, to judge it.
    uint40 public immutable ENROLMENT_WAIT;

    IParticipantRegistry private immutable REGISTRY;
    IAuditRegistry private immutable AUDITS;

    EnumerableSet.AddressSet private _pool;
    /// @inheritdoc ICourt
    mapping(address account => uint40) public enrolledAt;

    constructor(IParticipantRegistry registry, IAuditRegistry audits, uint40 enrolmentWait) {
        REGISTRY = registry;
        AUDITS = audits;
        ENROLMENT_WAIT = enrolmentWait;
    }

    /* THE POOL */

    /// @inheritdoc ICourt
    function enrol() external {
        if (!_mayBeJuror(msg.sender)) revert NotAccredited(msg.sender);
        if (!_pool.add(msg.sender)) revert AlreadyEnrolled(msg.sender);
        // forge-lint: disable-next-line(unsafe-typecast)
        enrolledAt[msg.sender] = uint40(block.timestamp); // Unix time fits for 34,000 years
        emit JurorEnrolled(msg.sender);
    }

    /// @inheritdoc ICourt
    function leave() external {
        if (!_pool.remove(msg.sender)) revert NotEnrolled(msg.sender);
        delete enrolledAt[msg.sender];
        emit JurorLeft(msg.sender);
    }

    /// @inheritdoc ICourt
    function poolSize() public view returns (uint256) {
        return _pool.length();
    }

    /// @dev A jury is never over a third of the pool, or its members would be known before they are drawn.
    function _poolAllows(uint256 size) internal view returns (bool) {
        return 3 * size <= _pool.length();
    }

    function _candidate(uint256 random) internal view returns (address) {
        return _pool.at(random % _pool.length());
    }

    /* WHO MAY JUDGE */

    /// @dev Panels are dissolved when a deal is disputed and name their members no more, so no validator is a juror. Whoever
    /// has given up that role since is not recognised.
    function _mayBeJuror(address account) internal view returns (bool) {
        if (REGISTRY.holdsRole(account, IParticipantRegistry.Role.Validator)) return false;
        return REGISTRY.holdsRole(account, IParticipantRegistry.Role.Auditor)
            || REGISTRY.holdsRole(account, IParticipantRegistry.Role.Regulator);
    }

    /// @dev No party, nobody with a tie to one, with another part in the deal, or who audited it.
    function _mayJudge(
        address account,
        IDisputableMarket market,
        uint256 dealId,
        IDisputableMarket.DisputeTerms memory terms,
        IAuditRegistry.Verdict[] memory audited
    ) internal view returns (bool) {
        if (enrolledAt[account] + ENROLMENT_WAIT > terms.openedAt || !_mayBeJuror(account)) return false;
        if (_isTied(account, terms.customer, terms.coolingOff)) return false;
        if (_isTied(account, terms.developer, terms.coolingOff)) return false;
        for (uint256 i = 0; i < audited.length; ++i) {
            if (audited[i].auditor == account) return false;
        }
        return !market.playsPart(dealId, account);
    }

    function _auditorsOf(uint256 auditId) internal view returns (IAuditRegistry.Verdict[] memory none) {
        return auditId == 0 ? none : AUDITS.audit(auditId).seats;
    }

    function _isTied(address account, address party, uint40 coolingOff) private view returns (bool) {
        return REGISTRY.conflictOf(account, party, coolingOff) != IParticipantRegistry.Conflict.None;
    }
}
