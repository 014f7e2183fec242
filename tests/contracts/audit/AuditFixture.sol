// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditClient, IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Audits of deals of the test's own, which is a module of the market: it asks for them, and concludes them.
abstract contract AuditFixture is CommissionFixture, IAuditClient {
    bytes32 internal constant MODEL = keccak256("model");
    uint32 internal constant WINDOW = 7 days;

    uint256 private _deals;

    /// @dev With the auditors in the draw.
    function setUp() public virtual override {
        super.setUp();
        _nextEpoch();
    }

    /// @inheritdoc IAuditClient
    function playsPart(uint256, address account) external view virtual returns (bool) {
        return account == customer || account == developer;
    }

    function _requestAudit(uint8 seats, bool byRegulator) internal returns (uint256 auditId) {
        return _requestAudit(seats, byRegulator, 1);
    }

    function _requestAudit(uint8 seats, bool byRegulator, uint8 domain) internal returns (uint256 auditId) {
        return _request(_auditTerms(seats, byRegulator, domain));
    }

    function _request(IAuditRegistry.AuditTerms memory terms) internal returns (uint256 auditId) {
        uint256 dealId = 1000 + ++_deals;
        escrow.openHold(bytes32(dealId), terms.token, address(this), 0);
        auditId = audits.request(dealId, terms);
    }

    function _auditTerms(uint8 seats, bool byRegulator, uint8 domain)
        internal
        view
        returns (IAuditRegistry.AuditTerms memory terms)
    {
        (terms.subject, terms.customer, terms.developer) = (MODEL, customer, developer);
        (terms.fee, terms.token, terms.bond) = (AUDIT_FEE, address(paymentToken), AUDITOR_BOND);
        (terms.domain, terms.auditors, terms.regulator) = (domain, seats, byRegulator);
        (terms.window, terms.coolingOff) = (WINDOW, COOLING_OFF);
    }

    /// @dev Names a block, and goes on until its seed is there.
    function _armAndRoll(uint256 auditId) internal {
        audits.arm(auditId);
        vm.roll(block.number + 3);
    }

    function _drawSeats(uint256 auditId) internal returns (address[] memory seats) {
        _armAndRoll(auditId);
        audits.seat(auditId);
        return _auditorsOf(auditId);
    }

    function _addBond(address auditor, uint96 amount) internal {
        _fund(auditor, stakingToken, amount, address(audits));
        vm.prank(auditor);
        audits.addBond(amount);
    }

    /// @dev More auditors, who can be drawn from now on.
    function _enrolMore(uint256 count) internal {
        uint256 first = auditors.length;
        for (uint256 i; i < count; ++i) {
            auditors.push(
                _register(string.concat("more ", vm.toString(i)), IParticipantRegistry.Role.Auditor)
            );
        }
        skip(TRUSTED_WAIT);
        for (uint256 i; i < count; ++i) {
            _enrol(auditors[first + i], IParticipantRegistry.Role.Auditor);
        }
        _nextEpoch();
    }
}
