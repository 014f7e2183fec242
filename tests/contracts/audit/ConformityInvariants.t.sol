// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Artifact} from "../../../contracts/interfaces/Artifact.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {ConformityFixture} from "./ConformityFixture.sol";

/// @notice Several assessments of several models at once, in which everybody does well or badly, in any order, while
/// time passes and the set may be retired.
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: deep.invariant.fail-on-revert = true
contract ConformityInvariants is ConformityFixture {
    uint256 private constant MODELS = 3;
    uint256 private constant MOST = 24;

    address private _appellant = makeAddr("appellant");
    uint256[] private _appealed; // requests

    function setUp() public override {
        super.setUp();
        _fund(_appellant, paymentToken, 10 * PURSE, address(rounds));
        everything = paymentToken.balanceOf(address(escrow));
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](9);
        acts[0] = acts[1] = ConformityInvariants.begin.selector;
        acts[2] = acts[3] = ConformityInvariants.give.selector;
        acts[4] = acts[5] = ConformityInvariants.answer.selector;
        acts[6] = ConformityInvariants.contest.selector;
        acts[7] = ConformityInvariants.wait.selector;
        acts[8] = ConformityInvariants.replaceSet.selector;
        targetSelector(FuzzSelector(address(this), acts));
    }

    /* ACTS */

    /// @dev Mostly with its panel seated at once.
    function begin(uint256 seed) external {
        if (conformity.assessmentCount() == MOST) return;
        bytes memory data = abi.encodeCall(conformity.open, (setId, _model(seed % MODELS), FEE));
        if (!_try(applicant, address(conformity), data) || seed % 8 == 0) return;
        vm.roll(block.number + 3);
        _step(conformity.assessmentCount());
    }

    /// @dev Both keys for the most part, or one; at times by the other party.
    function give(uint256 which, uint256 seed) external {
        if (conformity.assessmentCount() == 0) return;
        uint256 id = _pick(which);
        bool swapped = seed % 16 == 0;
        if (seed % 4 != 1) _giveAs(id, swapped ? applicant : body, DATA);
        if (seed % 4 != 2) _giveAs(id, swapped ? body : applicant, NET);
    }

    function _giveAs(uint256 id, address by, uint8 artifact) private {
        if (_isFinal(id)) return;
        _try(by, address(rounds), abi.encodeCall(rounds.grant, (_panelOf(id), artifact, "grants")));
    }

    /// @dev The panel passes the model, fails it, cannot open it, disagrees, or is silent for the most part; mostly it
    /// has its keys before, and at times that for appeals passes then.
    function answer(uint256 which, uint256 seed) external {
        if (conformity.assessmentCount() == 0) return;
        uint256 id = _pick(which);
        if (_isFinal(id)) return;
        if (seed >> 8 & 3 != 0) _giveAs(id, body, DATA);
        if (seed >> 8 & 3 != 0) _giveAs(id, applicant, NET);
        _answerAs(_round(id).requestId, seed);
        if (seed >> 12 & 7 == 0) skip(times.appeal);
        _step(id);
    }

    /// @dev Appeals, and seats the appeal's panel, which answers at some time or never.
    function contest(uint256 which, uint256 seed) external {
        if (conformity.assessmentCount() == 0) return;
        uint256 id = _pick(which);
        if (_isFinal(id)) return;
        uint256 requestId = _round(id).requestId;
        if (!_try(_appellant, address(rounds), abi.encodeCall(rounds.appeal, (_panelOf(id))))) return;
        _appealed.push(requestId);
        vm.roll(block.number + 3);
        _step(id);
        if (seed % 3 != 0) _answerAs(_round(id).appealRequestId, seed / 3);
    }

    function wait(uint256 which, uint256 seed) external {
        skip(seed >> 16 & 7 == 0 ? seed % 12 hours : seed % 30 minutes);
        vm.roll(block.number + seed % 300);
        if (conformity.assessmentCount() != 0) _step(_pick(which));
    }

    /// @dev Seldom: a set of its own has no results.
    function replaceSet(uint256 seed) external {
        if (seed % 8 != 0) return;
        vm.prank(body);
        conformity.retire(setId);
        setId = _registerSet(_set());
    }

    /* WHAT IS ALWAYS SO */

    /// @dev Until the end nothing is paid but those whom others replaced; no more than one panel of them.
    function invariant_HoldsAreWhatIsQuotedUntilTheEnd() public view {
        for (uint256 id = 1; id <= conformity.assessmentCount(); ++id) {
            IConformity.Assessment memory a = conformity.assessment(id);
            assertEq(_isGone(a.panelId), _isFinal(id));
            uint256 owed = _isFinal(id) ? 0 : conformity.quote(a.setId, a.evaluationFee);
            if (_isFinal(id) || !_round(id).replaced) assertEq(_held(id), owed);
            else assertGe(_held(id), owed - uint256(PANEL) * FEE);
            assertLe(_held(id), owed);
        }
    }

    function invariant_EveryUnitIsSomebodys() public view {
        uint256 total = _paid(body) + _paid(applicant) + _paid(_appellant);
        total += _sum(validators) + _burnt(paymentToken);
        for (uint256 id = 1; id <= conformity.assessmentCount(); ++id) {
            total += _held(id);
        }
        for (uint256 i; i < _appealed.length; ++i) {
            total += escrow.held(address(rounds), address(paymentToken), bytes32(_appealed[i]));
        }
        assertEq(total, everything);
    }

    /// @dev Worked out from the assessments: a standing is the result of the newest application that has one.
    function invariant_StandingsAreTheNewestResults() public view {
        for (uint32 set = 1; set <= conformity.testSetCount(); ++set) {
            for (uint256 i; i < MODELS; ++i) {
                _checkStanding(set, _model(i));
            }
        }
    }

    function _checkStanding(uint32 set, bytes32 manifest) private view {
        IConformity.Standing memory standing = conformity.standingOf(set, manifest);
        uint40 newest;
        bool mayPass;
        bool mayFail;
        for (uint256 id = 1; id <= conformity.assessmentCount(); ++id) {
            IConformity.Assessment memory a = conformity.assessment(id);
            bool passed = a.state == IConformity.State.Passed;
            if (a.setId != set || a.manifest != manifest || a.openedAt < newest) continue;
            if (!passed && a.state != IConformity.State.Failed) continue;
            if (a.openedAt > newest) (newest, mayPass, mayFail) = (a.openedAt, false, false);
            (mayPass, mayFail) = (mayPass || passed, mayFail || !passed);
        }
        assertEq(standing.at, newest);
        if (newest != 0) assertEq(standing.passed, mayPass && !mayFail, "of one second the worse counts");
        assertEq(conformity.isCurrent(set, manifest, 0), newest != 0 && standing.passed);
    }

    /// @dev Time and a stranger's calls end whatever is open.
    function afterInvariant() public {
        for (uint256 id = 1; id <= conformity.assessmentCount(); ++id) {
            _endByTime(id);
            assertTrue(_isFinal(id));
        }
        invariant_HoldsAreWhatIsQuotedUntilTheEnd();
        invariant_EveryUnitIsSomebodys();
        invariant_StandingsAreTheNewestResults();
    }

    /// @dev What the invariants go through: played by a fixed dice, the acts come to every end.
    function test_theActsReachEveryEnd() public {
        for (uint256 i; i < 200; ++i) {
            (uint256 act, uint256 seed) = (_dice(i, 0) % 9, _dice(i, 1));
            if (act < 2) this.begin(seed);
            else if (act < 4) this.give(_dice(i, 2), seed);
            else if (act < 6) this.answer(_dice(i, 2), seed);
            else if (act == 6) this.contest(_dice(i, 2), seed);
            else if (act == 7) this.wait(_dice(i, 2), seed);
            else this.replaceSet(seed);
        }
        afterInvariant();
        uint256[5] memory ends;
        for (uint256 id = 1; id <= conformity.assessmentCount(); ++id) {
            ++ends[uint8(conformity.assessment(id).state)];
        }
        for (uint256 state = uint8(IConformity.State.Passed); state < ends.length; ++state) {
            assertGt(ends[state], 0, vm.toString(state));
        }
    }

    function _dice(uint256 i, uint256 die) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(i, die)));
    }

    /* PARTS */

    function _answerAs(uint256 requestId, uint256 seed) private {
        if (requestId == 0) return;
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        if (request.committed != 0 || block.timestamp >= request.commitEnds) return;
        uint256 size = _members(requestId).length;
        uint256 mood = seed % 10;
        IValidationOracle.Report[] memory reports =
            new IValidationOracle.Report[](mood == 9 ? size / 2 : size);
        for (uint256 i; i < reports.length; ++i) {
            if (mood < 4) reports[i] = _report(PASS);
            else if (mood < 7) reports[i] = _report(PASS - 50_000);
            else if (mood == 7) reports[i] = _statement(CLOSED);
            else reports[i] = _report(int64(int256(i * 50_000)));
        }
        _answer(requestId, reports);
    }

    function _step(uint256 id) private {
        _try(makeAddr("stranger"), address(conformity), abi.encodeCall(conformity.advance, (id)));
    }

    function _try(address from, address target, bytes memory data) private returns (bool ok) {
        vm.prank(from);
        (ok,) = target.call(data);
    }

    /// @dev Mostly one that is open, if any is.
    function _pick(uint256 which) private view returns (uint256 id) {
        uint256 count = conformity.assessmentCount();
        id = 1 + which % count;
        for (uint256 i; i < count && which % 8 != 0 && _isFinal(id); ++i) {
            id = 1 + id % count;
        }
    }

    function _model(uint256 number) private pure returns (bytes32) {
        return bytes32(number + 1);
    }

    function _isFinal(uint256 id) private view returns (bool) {
        return conformity.assessment(id).state > IConformity.State.Judging;
    }
}
