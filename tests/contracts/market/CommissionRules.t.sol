// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionRules} from "../../../contracts/market/CommissionRules.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice The contract of the rules on its own, called by anybody: it answers, holds nothing, and what it writes for a
/// stranger binds no market.
contract CommissionRulesTest is CommissionFixture {
    CommissionRules private _rules;

    function setUp() public override {
        super.setUp();
        _rules = new CommissionRules(registry, policy, rulebook, models, address(oracle), staking);
    }

    /// @dev What is agreed costs what was quoted, and is auctioned at the bond of the rules, rounded up.
    function testFuzz_agree_asQuoted(uint96 reserve, uint96 fee, uint8 cap, address by) public {
        ICommissionMarket.Request memory request = _request();
        request.reserve = uint96(bound(reserve, KILL_FEE, type(uint96).max));
        request.evaluationFee = uint96(bound(fee, 1e18, type(uint96).max));
        request.submissionCap = uint8(bound(cap, 1, 10));
        uint256 quoted = _rules.quote(request, customer);
        vm.prank(by);
        (address terms, uint256 total, IVickreyAuction.Terms memory auction) =
            _rules.agree(request, address(0), customer);
        assertEq(total, quoted);
        assertTrue(terms.code.length != 0);
        uint256 questions = uint256(request.submissionCap) + 2;
        uint256 marketFee = (uint256(request.reserve) * 25_000 + 999_999) / 1e6;
        uint256 panels = questions * PANEL * request.evaluationFee;
        assertEq(total, request.reserve + marketFee + panels + EFFORT_FEE + KILL_FEE);
        assertEq(auction.bond, (uint256(request.reserve) + 9) / 10);
        assertEq(auction.reserve, request.reserve);
        assertEq(auction.winners, 1);
        assertEq(auction.eligibility.customer, customer);
    }

    /// @dev The market takes what its own rules say, whatever was agreed elsewhere before.
    function testFuzz_agree_bindsNoMarket(uint96 reserve) public {
        ICommissionMarket.Request memory request = _request();
        uint256 quoted = lens.quote(request, customer);
        request.reserve = uint96(bound(reserve, KILL_FEE, type(uint96).max));
        _rules.agree(request, address(0), customer);
        assertEq(lens.quote(_request(), customer), quoted);
        uint256 id = _toBidding();
        assertEq(_held(id), quoted);
        assertEq(lens.commission(id).request.reserve, RESERVE);
    }

    function testFuzz_agree_forCustomersOnly(address account) public {
        vm.assume(account != customer);
        bytes memory refusal = abi.encodeWithSelector(
            IParticipantRegistry.RoleRequired.selector, account, uint8(IParticipantRegistry.Role.Customer)
        );
        vm.expectRevert(refusal);
        _rules.agree(_request(), address(0), account);
        vm.expectRevert(refusal);
        _rules.quote(_request(), account);
    }

    /// @dev Rules are copied once an edition of Policy; a change of any is in the next deal.
    function testFuzz_agree_followsPolicy(uint32 feePpm, uint32 bondPpm) public {
        feePpm = uint32(bound(feePpm, 0, 50_000));
        bondPpm = uint32(bound(bondPpm, 100_000, 1e6));
        _rules.agree(_request(), address(0), customer); // with the rules of before
        policy.setFee(feePpm, treasury);
        policy.setBidBond(bondPpm);
        uint256 quoted = _rules.quote(_request(), customer);
        (, uint256 total, IVickreyAuction.Terms memory auction) =
            _rules.agree(_request(), address(0), customer);
        assertEq(total, quoted);
        assertEq(auction.bond, (uint256(RESERVE) * bondPpm + 999_999) / 1e6);
        (, total, auction) = _rules.agree(_request(), address(0), customer); // from the copy
        assertEq(total, quoted);
        assertEq(auction.bond, (uint256(RESERVE) * bondPpm + 999_999) / 1e6);
    }

    function testFuzz_checkSubmission_takesAnySplit(uint32 first, uint32 second) public {
        IModelRegistry.Submission memory submission = _submission("model");
        (submission.payees[0].ppm, submission.payees[1].ppm) = (first, second);
        if (uint256(first) + second > 1e6) {
            vm.expectRevert(
                abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("payees"))
            );
        }
        _rules.checkSubmission(submission);
    }

    function test_checkSubmission_neitherManifestNorGrantsAreEmpty() public {
        IModelRegistry.Submission memory submission = _submission("");
        vm.expectRevert(
            abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("manifest"))
        );
        _rules.checkSubmission(submission);
        submission = _submission("model");
        submission.grants = 0;
        vm.expectRevert(
            abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("grants"))
        );
        _rules.checkSubmission(submission);
    }

    function test_checkSubmission_isBounded() public {
        IModelRegistry.Submission memory submission = _submission("model");
        submission.lineage = new IModelRegistry.Lineage[](65);
        vm.expectRevert(
            abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("lineage"))
        );
        _rules.checkSubmission(submission);
        submission = _submission("model");
        submission.payees = new IModelRegistry.Payee[](51);
        vm.expectRevert(
            abi.encodeWithSelector(ICommissionMarket.InvalidSubmission.selector, bytes32("payees"))
        );
        _rules.checkSubmission(submission);
    }
}
