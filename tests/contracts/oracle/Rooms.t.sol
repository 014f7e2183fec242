// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice A panel that moves into the storage of a dissolved one finds nothing of it that counts, and changes nothing
/// that outlives it.
contract RoomsTest is OracleFixture {
    uint256 private constant POOL = 18;

    function _panelOf(uint256 size) private returns (uint256 panelId) {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(size);
        panelId = oracle.openPanel(terms);
        _seat(panelId);
    }

    /// @dev A panel whose members lied, withheld, were silent or honest, as the seed says; judged and dissolved.
    function _formerRequest(uint256 size, uint256 seed) private returns (uint256 requestId) {
        requestId = oracle.request(_requestTerms(_panelOf(size), EVALUATION));
        uint256[] memory moods = new uint256[](size);
        for (uint256 i; i < size; ++i) {
            moods[i] = uint256(keccak256(abi.encode(seed, i))) % 8;
            if (moods[i] != 0) _commit(requestId, i, _report(moods[i] == 1 ? int64(1) : int64(900_000)));
        }
        _toReveal(requestId);
        for (uint256 i; i < size; ++i) {
            if (moods[i] == 1) _reveal(requestId, i, _report(1));
            if (moods[i] > 2) _reveal(requestId, i, _report(900_000));
        }
        _toTally(requestId);
        oracle.tally(requestId);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        oracle.dissolve(oracle.requestOf(requestId).terms.panelId);
    }

    /* WHAT THE NEXT PANEL FINDS */

    function testFuzz_nextPanel_startsEmpty(uint256 seed, uint8 formerSize, uint8 size) public {
        formerSize = uint8(bound(formerSize, 3, POOL));
        size = uint8(bound(size, 3, POOL));
        _formerRequest(formerSize, seed);
        _nextEpoch();
        uint256 panelId = _panelOf(size);
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertEq(panel.members.length, size);
        for (uint256 i; i < size; ++i) {
            assertEq(_lockOf(panel.members[i]), SEAT);
        }
        for (uint256 i; i < POOL; ++i) {
            address validator = makeAddr(string.concat("validator ", vm.toString(i)));
            assertEq(oracle.isMember(panelId, validator), _isIn(validator, panel.members));
            if (!oracle.isMember(panelId, validator)) assertEq(_lockOf(validator), 0);
        }
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        for (uint256 i; i < 32; ++i) {
            (bool committed, bool revealed,) = oracle.voteOf(requestId, i);
            assertFalse(committed || revealed);
        }
        _toReveal(requestId);
        _assertOutcome(oracle.tally(requestId), IValidationOracle.Outcome.NoQuorum);
    }

    /// @dev Neither past the panel's last seat, nor in a seat that was its own in the panel before.
    function testFuzz_formerMember_cannotVote(uint256 seed, uint8 formerSize, uint8 size) public {
        formerSize = uint8(bound(formerSize, 4, POOL));
        size = uint8(bound(size, 3, formerSize - 1));
        uint256 former = _panelOf(formerSize);
        address[] memory members = oracle.panel(former).members;
        oracle.dissolve(former);
        uint256 requestId = oracle.request(_requestTerms(_panelOf(size), EVALUATION));
        address[] memory present = _members(requestId);
        uint256 own = bound(seed, 0, formerSize - 1);
        vm.assume(own >= size || present[own] != members[own]);
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, members[own], own)
        );
        vm.prank(members[own]);
        oracle.commit(requestId, own, SALT);
    }

    /// @dev The room still has the vote of the request before: it opens nothing, nor does a copy of it.
    function testFuzz_formerVote_doesNotCount(uint8 seat, int64 score) public {
        seat = uint8(bound(seat, 0, 4));
        uint256 former = _request(EVALUATION);
        address member = _members(former)[seat];
        bytes32 vote = oracle.voteHash(former, member, _report(score), SALT);
        _commit(former, seat, _report(score));
        _toTally(former);
        oracle.finalise(former);
        uint256 requestId = oracle.request(_requestTerms(oracle.requestOf(former).terms.panelId, EVALUATION));
        (bool committed,,) = oracle.voteOf(requestId, seat);
        assertFalse(committed);

        uint256 other = (uint256(seat) + 1) % 5;
        _commit(requestId, other, _report(1));
        uint256 snapshot = vm.snapshotState();
        _toReveal(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotCommitted.selector, requestId, member));
        vm.prank(member);
        oracle.reveal(requestId, seat, _report(score), SALT);

        vm.revertToState(snapshot);
        vm.prank(member);
        oracle.commit(requestId, seat, vote);
        _toReveal(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.VoteMismatch.selector, requestId, member));
        vm.prank(member);
        oracle.reveal(requestId, seat, _report(score), SALT);
    }

    /// @dev Its appellant, its deadline and its review are not the next panel's.
    function test_appealPanelsRoom_isAnOrdinaryOne() public {
        uint256 requestId = _request(EVALUATION);
        _answer(requestId, _scores(5, 900_000));
        oracle.tally(requestId);
        address appellant = _register("appellant", IParticipantRegistry.Role.Developer);
        _fund(appellant, paymentToken, oracle.appealDeposit(requestId), address(oracle));
        vm.prank(appellant);
        oracle.appeal(requestId);
        skip(6 hours); // nobody seats it
        oracle.finalise(requestId);
        _nextEpoch();

        uint256 panelId = _panelOf(POOL - 5);
        address[] memory members = oracle.panel(panelId).members;
        assertEq(oracle.requestCount(), 1); // seating it has started no request
        oracle.dissolve(panelId);
        oracle.dissolve(oracle.requestOf(requestId).terms.panelId);
        panelId = _panelOf(POOL); // nobody is kept out
        assertEq(oracle.panel(panelId).members.length, POOL);
        assertEq(members.length, POOL - 5);
    }

    /* WHAT OUTLIVES A PANEL */

    function testFuzz_records_outliveTheRoom(uint256 seed) public {
        uint256 requestId = _formerRequest(5, seed);
        bytes memory before = abi.encode(oracle.requestOf(requestId));
        (bool committed, bool revealed, IValidationOracle.Report memory report) = oracle.voteOf(requestId, 0);
        _formerRequest(9, ~seed);
        assertEq(abi.encode(oracle.requestOf(requestId)), before);
        (bool committedStill, bool revealedStill, IValidationOracle.Report memory none) =
            oracle.voteOf(requestId, 0);
        assertEq(committedStill, committed);
        assertEq(revealedStill, revealed);
        assertEq(abi.encode(none), abi.encode(report)); // nothing since the panel was dissolved
        assertEq(uint256(none.status), 0);
        _assertGone(oracle.requestOf(requestId).terms.panelId, requestId);
    }

    function _assertGone(uint256 panelId, uint256 requestId) private {
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertEq(panel.opener, address(this));
        assertTrue(panel.dissolved);
        assertFalse(panel.seated);
        assertEq(panel.members.length, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.PanelIsDissolved.selector, panelId));
        oracle.appealDeposit(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadyTallied.selector, requestId));
        oracle.tally(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.AlreadyFinalised.selector, requestId));
        oracle.finalise(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotAppealable.selector, requestId));
        oracle.appeal(requestId);
        vm.expectRevert();
        oracle.replaceSilent(requestId);
    }

    /// @dev A report can be read until the panel is asked again.
    function test_voteOf_untilTheNextRequest() public {
        uint256 requestId = _request(DELIVERY);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](5);
        for (uint256 i; i < 5; ++i) {
            reports[i] = _statement(SCORED);
        }
        _answer(requestId, reports);
        oracle.tally(requestId);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        (,, IValidationOracle.Report memory report) = oracle.voteOf(requestId, 3);
        assertEq(report.manifest, "report");
        oracle.request(_requestTerms(oracle.requestOf(requestId).terms.panelId, ATTESTATION));
        bool revealed;
        (, revealed, report) = oracle.voteOf(requestId, 3);
        assertTrue(revealed);
        assertEq(report.manifest, 0);
        assertEq(uint256(report.status), 0);
        assertEq(oracle.requestOf(requestId).result.manifest, "report");
    }

    /* MANY AT ONCE */

    /// @dev Opening, seating and dissolving in any order: no two panels share a room, and what is locked of a validator is
    /// one seat for each panel on which it sits.
    function testFuzz_panels_neverShareARoom(uint256 seed) public {
        uint256[] memory panels = new uint256[](12);
        for (uint256 step; step < 24; ++step) {
            uint256 random = uint256(keccak256(abi.encode(seed, step)));
            uint256 i = random % panels.length;
            if (panels[i] == 0) {
                panels[i] = _openOfSize(3 + (random >> 8) % 3);
            } else if ((random >> 16) % 2 == 0 && !oracle.panel(panels[i]).seated) {
                _seat(panels[i]);
            } else {
                oracle.dissolve(panels[i]);
                panels[i] = 0;
            }
        }
        _checkLocks(panels);
    }

    function _openOfSize(uint256 size) private returns (uint256) {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(size);
        terms.developer = makeAddr(string.concat("developer ", vm.toString(oracle.panelCount())));
        return oracle.openPanel(terms);
    }

    function _checkLocks(uint256[] memory panels) private {
        uint256 seats;
        uint256 memberships;
        for (uint256 i; i < panels.length; ++i) {
            if (panels[i] == 0) continue;
            IValidationOracle.PanelView memory panel = oracle.panel(panels[i]);
            address expected = makeAddr(string.concat("developer ", vm.toString(panels[i] - 1)));
            assertEq(panel.terms.developer, expected, "its own terms");
            if (panel.seated) seats += panel.terms.size;
        }
        for (uint256 v; v < POOL; ++v) {
            address validator = makeAddr(string.concat("validator ", vm.toString(v)));
            uint256 count;
            for (uint256 i; i < panels.length; ++i) {
                if (panels[i] != 0 && oracle.isMember(panels[i], validator)) ++count;
            }
            assertEq(_lockOf(validator), count * SEAT, "a seat for each panel");
            assertEq(staking.lockedBy(address(oracle), validator), count * SEAT);
            memberships += count;
        }
        assertEq(memberships, seats);
    }
}
