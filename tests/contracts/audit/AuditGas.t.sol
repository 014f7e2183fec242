// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IFeeShares} from "../../../contracts/interfaces/IFeeShares.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice The gas of an audit's steps, whole transactions, for the three seats of the fixture's audits and for the
/// most that Policy allows. Needs `isolate = true`.
contract AuditGasTest is CommissionFixture {
    string private constant GROUP = "AuditRegistry";
    uint256 private constant AIM = 90_000; // of a verdict; an EAS attestation of 32 bytes takes 200,272
    uint256 private constant SEAL_AIM = 110_000; // of its seal before
    uint8 private constant SEVEN = 3; // a risk class
    bytes32 private constant MODEL = keccak256("model");
    bytes32 private constant REPORT = keccak256("report");

    function test_gas_ofAnAudit() public {
        uint256 id = _toPassed(AUDITED);
        uint256 auditId = lens.commission(id).auditId;
        audits.arm(auditId);
        vm.snapshotGasLastCall(GROUP, "arm");
        vm.roll(block.number + 3);
        audits.seat(auditId);
        vm.snapshotGasLastCall(GROUP, "seat 3");
        for (uint256 i; i < 3; ++i) {
            _sealAs(auditId, i, true);
            string memory name = i == 2 ? "sealVerdict, the last of 3" : "sealVerdict";
            assertLt(vm.snapshotGasLastCall(GROUP, name), SEAL_AIM);
        }
        _postAs(auditId, 0, true);
        assertLt(vm.snapshotGasLastCall(GROUP, "post"), AIM);
        _postAs(auditId, 1, true);
        _postAs(auditId, 2, true);
        _conclude(auditId);
        vm.snapshotGasLastCall(GROUP, "conclude 3");

        // another of the same deal, by auditors who have had fees from its parties
        IAuditRegistry.AuditTerms memory terms = audits.audit(auditId).terms;
        vm.prank(address(market));
        auditId = audits.request(id, terms);
        for (uint256 i; i < 3; ++i) {
            address[] memory parties = new address[](2);
            (parties[0], parties[1]) = (developer, customer);
            vm.prank(address(audits));
            shares.count(
                IFeeShares.Stage.Paid,
                i < 2 ? auditors[i + 3] : auditors[2],
                parties,
                address(paymentToken),
                AUDIT_FEE
            );
        }
        audits.arm(auditId);
        vm.roll(block.number + 3);
        audits.seat(auditId);
        vm.snapshotGasLastCall(GROUP, "seat 3, with fees from the parties before");
    }

    function test_gas_ofRequests() public {
        uint256 id = _toPassed(AUDITED);
        IAuditRegistry.AuditTerms memory terms = audits.audit(lens.commission(id).auditId).terms;
        vm.startPrank(address(market));
        audits.request(id, terms);
        vm.snapshotGasLastCall(GROUP, "request, of a subject again");
        terms.subject = keccak256("another model");
        audits.request(id, terms);
        vm.snapshotGasLastCall(GROUP, "request");
        vm.stopPrank();
    }

    function test_gas_ofSevenSeats() public {
        _enrolMore(6);
        policy.setRiskClass(SEVEN, IPolicy.RiskClass(true, 7, true, false, 0, false));
        uint256 id = _toPassed(SEVEN);
        uint256 auditId = lens.commission(id).auditId;
        audits.arm(auditId);
        vm.roll(block.number + 3);
        audits.seat(auditId);
        vm.snapshotGasLastCall(GROUP, "seat 7");
        for (uint256 i; i < 6; ++i) {
            _sealAs(auditId, i, i % 2 == 0);
        }
        _becomeBusy(audits.verdict(auditId, 6).auditor);
        _sealAs(auditId, 6, true);
        string memory name = "sealVerdict, the last of 7, with dealings and ties of its own";
        assertLt(vm.snapshotGasLastCall(GROUP, name), SEAL_AIM + 4 * 5000); // it looks at four seats more
        for (uint256 i; i < 7; ++i) {
            _postAs(auditId, i, i % 2 == 0);
        }
        _conclude(auditId);
        vm.snapshotGasLastCall(GROUP, "conclude 7");
    }

    function test_gas_ofReplacing() public {
        uint256 id = _toPassed(AUDITED);
        uint256 auditId = lens.commission(id).auditId;
        audits.arm(auditId);
        vm.roll(block.number + 3);
        audits.seat(auditId);
        _sealAs(auditId, 0, true);
        _sealAs(auditId, 1, false);
        vm.warp(audits.audit(auditId).deadline);
        audits.replaceSilent(auditId);
        vm.snapshotGasLastCall(GROUP, "replaceSilent, 1 of 3");
        vm.warp(audits.audit(auditId).deadline);
        audits.startOpening(auditId);
        vm.snapshotGasLastCall(GROUP, "startOpening");
    }

    function test_gas_ofTheOnlySeat() public {
        policy.setRiskClass(SEVEN, IPolicy.RiskClass(true, 1, false, false, 0, false));
        uint256 auditId = lens.commission(_toPassed(SEVEN)).auditId;
        audits.arm(auditId);
        vm.roll(block.number + 3);
        audits.seat(auditId);
        _postAs(auditId, 0, true);
        assertLt(vm.snapshotGasLastCall(GROUP, "post, of one seat"), AIM);
    }

    /// @dev To Auditing, before the draw.
    function _toPassed(uint8 riskClass) private returns (uint256 id) {
        _fund(customer, paymentToken, FUNDS, address(market));
        id = _toAudit(riskClass, MODEL);
    }

    function _postAs(uint256 auditId, uint256 seatNumber, bool approve) private {
        address auditor = audits.verdict(auditId, seatNumber).auditor;
        vm.prank(auditor);
        audits.post(auditId, seatNumber, approve, REPORT, COVERED, AUDIT_SALT);
    }

    function _sealAs(uint256 auditId, uint256 seatNumber, bool approve) private {
        address auditor = audits.verdict(auditId, seatNumber).auditor;
        bytes32 sealedVerdict = audits.sealOf(auditId, auditor, approve, REPORT, COVERED, AUDIT_SALT);
        vm.prank(auditor);
        audits.sealVerdict(auditId, seatNumber, sealedVerdict, REPORT);
    }

    function _conclude(uint256 auditId) private {
        vm.prank(address(market));
        audits.conclude(auditId);
    }

    function _enrolMore(uint256 count) private {
        address[] memory more = new address[](count);
        for (uint256 i; i < count; ++i) {
            string memory name = string.concat("more ", vm.toString(i));
            more[i] = _register(name, IParticipantRegistry.Role.Auditor);
        }
        skip(TRUSTED_WAIT);
        for (uint256 i; i < count; ++i) {
            _enrol(more[i], IParticipantRegistry.Role.Auditor);
        }
    }

    /// @dev It has dealt with somebody and is tied to somebody, so that its dealings and ties with the parties are
    /// looked up.
    function _becomeBusy(address auditor) private {
        registry.recordDealing(auditor, rival);
        vm.prank(auditor);
        registry.declareTie(rival, uint40(block.timestamp + 365 days));
    }
}
