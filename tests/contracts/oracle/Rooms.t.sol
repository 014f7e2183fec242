// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice A panel that moves into the storage of a dissolved one finds nothing of it that counts.
contract RoomsTest is OracleFixture {
    uint256 private constant POOL = 18;

    function _panelOf(uint256 size) private returns (uint256 panelId) {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(size);
        panelId = oracle.openPanel(terms);
        _seat(panelId);
    }

    function _anyReport(uint256 random, uint256 subjects)
        private
        pure
        returns (IValidationOracle.Report memory report)
    {
        report = _statement(random % 4 == 0 ? CLOSED : ANSWERED);
        if (report.status == CLOSED) return report;
        (report.scores, report.criteria) = (new int64[](subjects), uint16(random >> 8));
        for (uint256 i; i < subjects; ++i) {
            report.scores[i] = int64(uint64(uint256(keccak256(abi.encode(random, i)))));
        }
        report.word = keccak256(abi.encode(random >> 248));
    }

    /// @dev A panel whose members said many things, withheld, or were silent, as the seed says; judged and dissolved.
    function _formerRequest(uint256 size, uint256 subjects, uint256 seed)
        private
        returns (uint256 requestId)
    {
        IValidationOracle.RequestTerms memory terms = _requestTerms(SCORE);
        terms.subjects = uint8(subjects);
        uint256 panelId = _panelOf(size);
        requestId = oracle.request(panelId, terms);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](size);
        for (uint256 i; i < size; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            reports[i] = _anyReport(random, subjects);
            if (random >> 16 & 7 != 0) _commit(requestId, i, reports[i]);
        }
        if (block.timestamp < oracle.requestOf(requestId).commitEnds) _toReveal(requestId);
        for (uint256 i; i < size; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            if (random >> 16 & 7 > 1) _reveal(requestId, i, reports[i]);
        }
        _toResult(requestId);
        oracle.judge(requestId, requestId);
        oracle.dissolve(panelId);
    }

    /* WHAT THE NEXT PANEL FINDS */

    function testFuzz_nextPanel_startsEmpty(uint256 seed, uint8 formerSize, uint8 size) public {
        formerSize = uint8(bound(formerSize, 3, POOL));
        size = uint8(bound(size, 3, POOL));
        uint256 former = _formerRequest(formerSize, 1 + seed % 32, seed);
        _nextEpoch();
        uint256 opened = oracle.openPanel(_panelTerms());
        assertEq(opened, 2 << 32 | 1, "the same room, another number");
        assertFalse(oracle.panel(opened).seated);
        assertEq(oracle.panel(opened).requestId, 0);
        assertEq(oracle.membersOf(opened).length, 0);
        oracle.dissolve(opened);
        uint256 panelId = _panelOf(size);
        IValidationOracle.PanelView memory panel = oracle.panel(panelId);
        assertEq(panel.members.length, size);
        for (uint256 i; i < POOL; ++i) {
            bool sits = _isIn(validators[i], panel.members);
            assertEq(oracle.isMember(panelId, validators[i]), sits);
            assertEq(_lockOf(validators[i]), sits ? SEAT : 0);
        }
        uint256 requestId = oracle.request(panelId, _requestTerms(SCORE));
        assertGt(requestId >> 32, former >> 32, "no number is used twice");
        for (uint256 i; i < 32; ++i) {
            (bool committed, bool revealed,) = oracle.voteOf(requestId, i);
            assertFalse(committed || revealed);
        }
        _toResult(requestId);
        _assertOutcome(oracle.resultOf(requestId).outcome, IValidationOracle.Outcome.PanelSilent);
    }

    /// @dev What is revealed in a room is read as if nobody had revealed anything there before.
    function testFuzz_nextPanel_readsItsOwnReports(uint256 seed, uint8 formerSubjects, uint8 subjects)
        public
    {
        subjects = uint8(bound(subjects, 1, 32));
        _formerRequest(PANEL, bound(formerSubjects, 1, 32), seed);
        _nextEpoch();
        IValidationOracle.RequestTerms memory terms = _requestTerms(SCORE);
        terms.subjects = subjects;
        uint256 requestId = oracle.request(_panelOf(PANEL), terms);
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](PANEL);
        for (uint256 i; i < PANEL; ++i) {
            reports[i] = _anyReport(uint256(keccak256(abi.encode(~seed, i))), subjects);
            if (reports[i].status == ANSWERED && i % 2 == 0) reports[i].word = 0;
        }
        _answer(requestId, reports);
        for (uint256 i; i < PANEL; ++i) {
            (,, IValidationOracle.Report memory kept) = oracle.voteOf(requestId, i);
            reports[i].manifest = 0;
            assertEq(abi.encode(kept), abi.encode(reports[i]));
        }
    }

    /// @dev Neither past the panel's last seat, nor in a seat that was its own in the panel before.
    function testFuzz_formerMember_cannotVote(uint256 seed, uint8 formerSize, uint8 size) public {
        formerSize = uint8(bound(formerSize, 4, POOL));
        size = uint8(bound(size, 3, formerSize - 1));
        uint256 former = _panelOf(formerSize);
        address[] memory members = oracle.panel(former).members;
        oracle.dissolve(former);
        uint256 requestId = oracle.request(_panelOf(size), _requestTerms(SCORE));
        address[] memory present = _members(requestId);
        uint256 own = bound(seed, 0, formerSize - 1);
        if (own < size && present[own] == members[own]) return;
        vm.expectRevert(
            abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, members[own], own)
        );
        vm.prank(members[own]);
        oracle.commit(requestId, own, SALT);
    }

    /// @dev Whoever has been replaced or slashed out of a seat neither votes nor is fined any more.
    function testFuzz_replacedMember_cannotVote(uint8 seat) public {
        seat %= PANEL;
        uint256 panelId = _seatedPanel();
        address former = oracle.panel(panelId).members[seat];
        oracle.vacate(panelId, uint32(1) << seat);
        _seat(panelId);
        uint256 requestId = oracle.request(panelId, _requestTerms(SCORE));
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotMember.selector, requestId, former, seat));
        vm.prank(former);
        oracle.commit(requestId, seat, SALT);
        _toResult(requestId);
        oracle.judge(requestId, requestId);
        assertEq(_stakeOf(former), STAKE);
    }

    /// @dev The room still has the vote of the request before: it opens nothing, nor does a copy of it.
    function testFuzz_formerVote_doesNotCount(uint8 seat, int64 score) public {
        seat %= PANEL;
        uint256 former = _request(SCORE);
        uint256 panelId = oracle.requestOf(former).panelId;
        address member = _members(former)[seat];
        bytes32 vote = oracle.voteHash(former, member, _report(score), SALT);
        _commit(former, seat, _report(score));
        _toResult(former);
        oracle.judge(former, former);
        uint256 requestId = oracle.request(panelId, _requestTerms(SCORE));
        (bool committed,,) = oracle.voteOf(requestId, seat);
        assertFalse(committed);

        uint256 other = (uint256(seat) + 1) % PANEL;
        _commit(requestId, other, _report(1));
        uint256 snapshot = vm.snapshotState();
        _toReveal(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.NotCommitted.selector, requestId, member));
        vm.prank(member);
        oracle.reveal(requestId, seat, _report(score), SALT);

        assertTrue(vm.revertToState(snapshot));
        vm.prank(member);
        oracle.commit(requestId, seat, vote);
        _toReveal(requestId);
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.VoteMismatch.selector, requestId, member));
        vm.prank(member);
        oracle.reveal(requestId, seat, _report(score), SALT);
    }

    /// @dev Whoever appealed, and the panel that was reviewed, are not kept out of the next panel in the room.
    function testFuzz_appealPanelsRoom_isAnOrdinaryOne(bool seated) public {
        uint256 panelId = _seatedPanel();
        uint256 appealPanelId = oracle.openAppealPanel(panelId, validators[0]);
        _nextEpoch();
        if (seated && !oracle.isMember(panelId, validators[0])) _seat(appealPanelId);
        oracle.dissolve(appealPanelId);
        oracle.dissolve(panelId);
        uint256[] memory panels = new uint256[](2);
        for (uint256 i; i < 2; ++i) {
            panels[i] = _panelOf(POOL); // nobody is kept out
            uint256 requestId = oracle.request(panels[i], _requestTerms(DIGEST));
            IValidationOracle.Report[] memory reports = _statements(12, ANSWERED);
            reports[0].word = "another"; // eleven of eighteen seats: enough on appeal panels alone
            _answer(requestId, reports);
            _assertOutcome(oracle.resultOf(requestId).outcome, IValidationOracle.Outcome.Undecided);
        }
    }

    /// @dev A report can be read until the panel is asked again, and nothing of a dissolved panel.
    function test_requests_areReadableUntilTheNext() public {
        uint256 requestId = _request(DIGEST);
        uint256 panelId = oracle.requestOf(requestId).panelId;
        _answer(requestId, _statements(PANEL, ANSWERED));
        oracle.judge(requestId, requestId);
        oracle.vacate(panelId, 8);
        (,, IValidationOracle.Report memory report) = oracle.voteOf(requestId, 3);
        assertEq(report.word, WORD);
        assertEq(oracle.resultOf(requestId).word, WORD);
        _seat(panelId);
        uint256 next = oracle.request(panelId, _requestTerms(DIGEST));
        _expectUnknown(requestId);
        _toResult(next);
        oracle.judge(next, next);
        oracle.dissolve(panelId);
        _expectUnknown(next);
        oracle.openPanel(_panelTerms()); // in the same room
        _expectUnknown(next);
    }

    function _expectUnknown(uint256 requestId) private {
        bytes memory unknown = abi.encodeWithSelector(IValidationOracle.UnknownRequest.selector, requestId);
        vm.expectRevert(unknown);
        oracle.requestOf(requestId);
        vm.expectRevert(unknown);
        oracle.resultOf(requestId);
        vm.expectRevert(unknown);
        oracle.voteOf(requestId, 0);
    }

    /* MANY AT ONCE */

    /// @dev Opening, seating, asking, slashing and dissolving in any order: no two panels share a room, no number comes
    /// twice, and what is locked of a validator is one seat for each panel on which it sits.
    function testFuzz_panels_neverShareARoom(uint256 seed) public {
        uint256[] memory panels = new uint256[](8);
        for (uint256 step; step < 32; ++step) {
            uint256 random = uint256(keccak256(abi.encode(seed, step)));
            uint256 i = random % panels.length;
            if (panels[i] == 0) {
                panels[i] = _openFor(i, 3 + (random >> 8) % 3);
                for (uint256 j; j < panels.length; ++j) {
                    if (j != i) assertNotEq(uint32(panels[j]), uint32(panels[i]));
                }
            } else if ((random >> 16) % 3 == 0 && !oracle.panel(panels[i]).seated) {
                _seat(panels[i]);
            } else if ((random >> 16) % 3 == 1 && oracle.panel(panels[i]).seated) {
                oracle.vacate(panels[i], uint32(random >> 32));
            } else {
                oracle.dissolve(panels[i]);
                panels[i] = 0;
            }
        }
        _checkLocks(panels);
    }

    function _openFor(uint256 i, uint256 size) private returns (uint256) {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(size);
        terms.developer = makeAddr(string.concat("developer ", vm.toString(i)));
        return oracle.openPanel(terms);
    }

    function _checkLocks(uint256[] memory panels) private {
        uint256 seats;
        uint256 memberships;
        for (uint256 i; i < panels.length; ++i) {
            if (panels[i] == 0) continue;
            IValidationOracle.PanelView memory panel = oracle.panel(panels[i]);
            address expected = makeAddr(string.concat("developer ", vm.toString(i)));
            assertEq(panel.terms.developer, expected, "its own terms");
            seats += oracle.membersOf(panels[i]).length;
        }
        for (uint256 v; v < POOL; ++v) {
            uint256 count;
            for (uint256 i; i < panels.length; ++i) {
                if (panels[i] != 0 && oracle.isMember(panels[i], validators[v])) ++count;
            }
            assertEq(_lockOf(validators[v]), count * SEAT, "a seat for each panel");
            assertEq(staking.lockedBy(address(oracle), validators[v]), count * SEAT);
            memberships += count;
        }
        assertEq(memberships, seats);
    }
}
