// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {ConformityFixture} from "./ConformityFixture.sol";

/// @notice Test sets: who registers them, that nothing of them changes, and how models stand on them.
contract TestSetsTest is ConformityFixture {
    /* REGISTERING */

    function testFuzz_register_keepsItAll(
        uint96 fee,
        int64 threshold,
        uint32 tolerance,
        uint8 size,
        uint16 criteria
    ) public {
        IConformity.TestSet memory set = _set();
        (set.bodyFee, set.threshold, set.requiredCriteria) = (fee, threshold, criteria);
        set.tolerance = uint32(bound(tolerance, 0, 1_000_000));
        set.panelSize = uint8(bound(size, 1, 15)) * 2 + 1;
        vm.expectEmit(address(conformity));
        emit IConformity.TestSetRegistered(2, body, 1, set);
        uint32 id = _registerSet(set);
        assertEq(id, 2);
        assertEq(conformity.testSetCount(), 2);
        assertEq(abi.encode(conformity.testSet(id)), abi.encode(set));
        assertEq(conformity.quote(id, FEE), 2 * uint256(FEE) * set.panelSize + fee);
    }

    /// @dev Accredited regulators of the domain, each for itself.
    function test_register_onlyABodyOfTheDomain() public {
        IConformity.TestSet memory set = _set();
        vm.expectRevert(abi.encodeWithSelector(IConformity.NotBody.selector, applicant));
        vm.prank(applicant);
        conformity.register(set);

        set.body = applicant;
        uint8 role = uint8(IParticipantRegistry.Role.Regulator);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleRequired.selector, applicant, role));
        vm.prank(applicant);
        conformity.register(set);

        set.body = body;
        policy.addDomain("finance");
        set.domain = 2;
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.OutsideDomain.selector, body, 2));
        _registerSet(set);
    }

    function test_register_refusesWhatCannotBe() public {
        IConformity.TestSet memory set = _set();
        set.spec = 0;
        _expectInvalid("spec", set);
        set = _set();
        set.dataset = 0;
        _expectInvalid("dataset", set);
        set = _set();
        set.retired = true;
        _expectInvalid("retired", set);
        uint8[5] memory sizes = [0, 1, 4, 33, 255];
        for (uint256 i; i < sizes.length; ++i) {
            set = _set();
            set.panelSize = sizes[i];
            _expectInvalid("panelSize", set);
        }
        set = _set();
        set.token = address(stakingToken);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, stakingToken));
        _registerSet(set);
    }

    function _expectInvalid(bytes32 field, IConformity.TestSet memory set) private {
        vm.expectRevert(abi.encodeWithSelector(IConformity.InvalidTestSet.selector, field));
        _registerSet(set);
    }

    function test_unknownSets() public {
        bytes memory refusal = abi.encodeWithSelector(IConformity.UnknownTestSet.selector, 9);
        vm.expectRevert(refusal);
        conformity.testSet(9);
        vm.expectRevert(refusal);
        conformity.quote(9, FEE);
        vm.expectRevert(refusal);
        conformity.retire(9);
        vm.expectRevert(refusal);
        conformity.open(9, MODEL, FEE);
        assertFalse(conformity.isCurrent(9, MODEL, 0));
    }

    /* RETIRING */

    function test_retire_endsNewAssessmentsAlone() public {
        uint256 id = _assess(_report(PASS));
        uint256 open = _toVote();
        vm.expectRevert(abi.encodeWithSelector(IConformity.NotBody.selector, applicant));
        vm.prank(applicant);
        conformity.retire(setId);

        IConformity.TestSet memory set = conformity.testSet(setId);
        vm.expectEmit(address(conformity));
        emit IConformity.TestSetRetired(setId);
        vm.prank(body);
        conformity.retire(setId);
        set.retired = true;
        assertEq(abi.encode(conformity.testSet(setId)), abi.encode(set), "nothing else of it changes");

        vm.expectRevert(abi.encodeWithSelector(IConformity.SetIsRetired.selector, setId));
        _apply(MODEL);
        vm.expectRevert(abi.encodeWithSelector(IConformity.SetIsRetired.selector, setId));
        vm.prank(body);
        conformity.retire(setId);

        assertTrue(conformity.isCurrent(setId, MODEL, 0), "certificates stay");
        _say(open, PANEL, _report(PASS - 1));
        _pastAppeal(open);
        conformity.advance(open);
        _assertState(open, IConformity.State.Failed);
        _assertState(id, IConformity.State.Passed);
    }

    /* STANDINGS */

    function test_standing_isTheNewestResult() public {
        uint256 first = _assess(_report(PASS));
        IConformity.Standing memory standing = conformity.standingOf(setId, MODEL);
        assertTrue(standing.passed);
        assertEq(standing.score, PASS);
        assertEq(standing.at, conformity.assessment(first).openedAt);

        skip(30 days);
        uint256 second = _assess(_report(PASS - 1));
        standing = conformity.standingOf(setId, MODEL);
        assertFalse(standing.passed, "a later failure counts");
        assertEq(standing.score, PASS - 1);
        assertEq(standing.at, conformity.assessment(second).openedAt);
        assertFalse(conformity.isCurrent(setId, MODEL, 0));

        _assess(_report(PASS + 1));
        assertTrue(conformity.isCurrent(setId, MODEL, 0), "and so does a later pass");
        assertEq(conformity.standingOf(setId, keccak256("another model")).at, 0);
    }

    /// @dev Somebody holds back the result of an earlier assessment until a later one is there.
    function test_standing_anOlderResultThatComesLateDoesNotCount() public {
        uint256 older = _toAppeal(_report(PASS));
        uint256 newer = _assess(_report(PASS - 1));
        conformity.advance(older);
        _assertState(older, IConformity.State.Passed);
        assertGt(conformity.assessment(newer).openedAt, conformity.assessment(older).openedAt);
        assertFalse(conformity.isCurrent(setId, MODEL, 0));
        assertEq(conformity.standingOf(setId, MODEL).score, PASS - 1);
    }

    /// @dev Of two that were opened in the same second the worse one counts, whichever is concluded first: nobody asks
    /// twice and keeps the better answer.
    function testFuzz_standing_ofTheSameSecondTheWorseCounts(
        bool firstPasses,
        bool secondPasses,
        bool inOrder
    ) public {
        uint256 first = _toDraw();
        uint256 second = _apply(MODEL);
        for (uint256 id = first; id <= second; ++id) {
            _seatPanel(id);
            _give(id, NET);
            _give(id, DATA);
        }
        assertEq(conformity.assessment(first).openedAt, conformity.assessment(second).openedAt);
        _sayBoth(first, second, firstPasses ? PASS : PASS - 1, secondPasses ? PASS : PASS - 1);
        conformity.advance(inOrder ? first : second);
        conformity.advance(inOrder ? second : first);
        assertEq(conformity.isCurrent(setId, MODEL, 0), firstPasses && secondPasses);
    }

    /// @dev All at the same time, and that for appeals is over.
    function _sayBoth(uint256 first, uint256 second, int64 score, int64 otherScore) private {
        _say(first, PANEL, _report(score));
        _say(second, PANEL, _report(otherScore));
        _pastAppeal(second);
    }

    /// @dev What the panel agreed on stands as long as the pass does.
    function test_attested_asLongAsThePassCounts() public {
        assertEq(conformity.attested(setId, MODEL), 0);
        IValidationOracle.Report memory report = _report(PASS);
        report.word = "what was agreed on";
        _assess(report);
        assertEq(conformity.attested(setId, MODEL), report.word);
        report.word = "another key's";
        _assess(report);
        assertEq(conformity.attested(setId, MODEL), report.word, "the newest");
        report.scores[0] = PASS - 1;
        _assess(report);
        assertEq(conformity.attested(setId, MODEL), 0, "nobody can show a key any more");
        assertEq(conformity.attested(setId, "another"), 0);
    }

    /// @dev Whoever had it assessed first had its key; what came to no result does not count.
    function test_firstApplicant_staysTheFirst() public {
        uint256 silent = _toDraw();
        _endByTime(silent);
        assertEq(conformity.firstApplicant(MODEL), address(0));
        _assess(_report(PASS - 1));
        assertEq(conformity.firstApplicant(MODEL), applicant, "a failure counts too");
        address first = applicant;
        applicant = _register("another applicant", IParticipantRegistry.Role.Developer);
        _fund(applicant, paymentToken, PURSE, address(conformity));
        _assess(_report(PASS));
        assertEq(conformity.firstApplicant(MODEL), first);
    }

    /// @dev Nor does it help to take the last step late: a result is as old as the application.
    function test_standing_aResultHeldBackIsNotFresh() public {
        uint256 id = _toAppeal(_report(PASS));
        uint40 asked = conformity.assessment(id).openedAt;
        skip(100 days);
        conformity.advance(id);
        assertEq(conformity.standingOf(setId, MODEL).at, asked);
        assertFalse(conformity.isCurrent(setId, MODEL, 90 days));
    }

    function testFuzz_isCurrent(uint40 interval, uint40 later, bool passes) public {
        uint256 id = _assess(_report(passes ? PASS : PASS - 1));
        uint256 asked = conformity.assessment(id).openedAt;
        vm.warp(block.timestamp + later);
        bool fresh = interval == 0 || block.timestamp < asked + interval;
        assertEq(conformity.isCurrent(setId, MODEL, interval), passes && fresh);
    }

    /// @dev To the second.
    function testFuzz_isCurrent_ends(uint40 interval) public {
        uint256 id = _assess(_report(PASS));
        uint256 asked = conformity.assessment(id).openedAt;
        interval = uint40(bound(interval, block.timestamp - asked + 1, type(uint40).max));
        vm.warp(asked + interval - 1);
        assertTrue(conformity.isCurrent(setId, MODEL, interval));
        vm.warp(asked + interval);
        assertFalse(conformity.isCurrent(setId, MODEL, interval));
    }

    /* BOUNDS */

    /// @dev The panel's bounds are the oracle's own, where a set outside of them would fail.
    function test_bounds() public view {
        assertEq(conformity.MIN_PANEL(), oracle.MIN_PANEL());
        assertEq(conformity.MAX_PANEL(), oracle.MAX_PANEL());
    }
}
