// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Agreement} from "./Agreement.sol";
import {Panels} from "./Panels.sol";
import {Requests} from "./Requests.sol";
import {Seats} from "./Seats.sol";
import {ValidatorStaking} from "./ValidatorStaking.sol";

/// @title Appeals, and the final result.
/// @dev Silence and withholding are slashed whatever the outcome: they are facts on the chain. A false score is slashed
/// only against a two-thirds agreement that stood the time for appeals; no other report is an offence. An appeal that
/// cannot be heard changes nothing: a liar could otherwise save its stake by appealing against the truth.
contract ValidationOracle is Requests {
    using Seats for uint32;

    uint256 private constant PPM = 1_000_000;

    IEscrow public immutable ESCROW;

    constructor(
        IEscrow escrow,
        IParticipantRegistry registry,
        ValidatorStaking staking,
        IRandomness randomness
    ) Panels(registry, staking, randomness) {
        ESCROW = escrow;
    }

    /// @inheritdoc IValidationOracle
    /// @dev An appeal panel's own request has no time for an appeal.
    function appeal(uint256 requestId) external {
        Request storage r = _request(requestId);
        if (r.contested || block.timestamp >= r.appealEnds) revert NotAppealable(requestId);
        PanelTerms memory terms = _termsOf(_roomOf(requestId));
        uint256 deposit = appealDeposit(requestId);
        terms.size = _appealSize(terms.size);
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 panelId = _openPanel(terms, address(this), uint40(requestId)); // a counter: 2^40 is out of reach
        r.contested = true;
        Appeal storage contest = _appeals[requestId];
        // forge-lint: disable-next-line(unsafe-typecast)
        (contest.appellant, contest.panelId) = (msg.sender, uint40(panelId)); // a counter: 2^40 is out of reach
        contest.seatBy = uint40(block.timestamp) + terms.drawWindow;
        emit Appealed(requestId, msg.sender, panelId, deposit);
        ESCROW.openHold(bytes32(requestId), terms.token, msg.sender, deposit);
    }

    /// @inheritdoc IValidationOracle
    function finalise(uint256 requestId) external returns (Result memory result, address[] memory paid) {
        Request storage r = _request(requestId);
        _ownPanel(r.panelId);
        return _finalise(requestId, r);
    }

    /// @inheritdoc IValidationOracle
    // slither-disable-next-line reentrancy-no-eth -- ESCROW and STAKING call nobody
    function replaceSilent(uint256 requestId) external {
        Request storage r = _request(requestId);
        Panel storage p = _ownPanel(r.panelId);
        if (!r.finalised) _finalise(requestId, r);
        if (r.outcome != Outcome.NoQuorum) revert QuorumReached(requestId);
        if (!_rooms[p.room].seated || p.lastRequest != requestId) revert NotSeated(r.panelId);
        _vacate(r.panelId, ~r.revealed);
    }

    /// @inheritdoc IValidationOracle
    function appealDeposit(uint256 requestId) public view returns (uint256) {
        PanelTerms storage terms = _roomOfPanel(_request(requestId).panelId).terms;
        return uint256(terms.appealBond) + uint256(terms.evaluationFee) * _appealSize(terms.size);
    }

    /* INTERNAL */

    function _startAppeal(uint256 panelId, uint256 appealOf) internal override {
        Request storage r = _requests[appealOf];
        _start(
            RequestTerms({
                panelId: panelId,
                kind: r.kind,
                subject: r.subject,
                commitWindow: r.commitWindow + _roomOf(appealOf).terms.grantWindow,
                revealWindow: r.revealWindow,
                appealWindow: 0,
                tolerance: r.tolerance
            })
        );
    }

    // slither-disable-next-line reentrancy-no-eth -- ESCROW and STAKING call nobody
    function _finalise(uint256 requestId, Request storage r)
        private
        returns (Result memory result, address[] memory paid)
    {
        if (r.finalised) revert AlreadyFinalised(requestId);
        if (!_isTallied(r)) _tally(requestId, r);
        result = _resultOf(r);
        if (!r.contested) {
            if (block.timestamp < r.appealEnds) revert TooEarly(requestId, r.appealEnds);
        } else {
            Result memory verdict = _closeAppeal(requestId, r);
            if (verdict.appealed) {
                result = verdict;
                _write(r, result);
            }
        }
        r.finalised = true;
        emit Finalised(requestId, result);
        paid = _judge(r, result);
    }

    /// @dev Waits for the appeal panel as long as it has time, then pays it and dissolves it.
    /// @return verdict its result, `appealed` when it decided anything.
    // slither-disable-next-line reentrancy-no-eth -- ESCROW and STAKING call nobody
    function _closeAppeal(uint256 requestId, Request storage r) private returns (Result memory verdict) {
        Appeal storage contest = _appeals[requestId];
        uint256 appealId = _panels[contest.panelId].lastRequest;
        // slither-disable-next-line uninitialized-local -- empty where nobody worked
        address[] memory worked;
        if (appealId == 0) {
            if (block.timestamp < contest.seatBy) revert AppealRunning(requestId, contest.seatBy);
        } else {
            Request storage a = _requests[appealId];
            if (!_isAnswered(a)) revert AppealRunning(requestId, _revealEnds(a));
            if (!_isTallied(a)) _tally(appealId, a);
            verdict = _resultOf(a);
            a.finalised = true;
            emit Finalised(appealId, verdict);
            worked = _judge(a, verdict);
            verdict.appealed = verdict.outcome > Outcome.Inconclusive;
        }
        bool confirmed = verdict.appealed && !Agreement.differs(_resultOf(r), verdict, r.tolerance);
        _settleDeposit(requestId, contest, worked, confirmed);
        _dissolve(contest.panelId);
    }

    /// @dev Fees to those who worked, the bond burnt if the appeal was in vain, the rest back to the appellant.
    function _settleDeposit(
        uint256 requestId,
        Appeal storage contest,
        address[] memory worked,
        bool confirmed
    ) private {
        PanelTerms storage terms = _rooms[_panels[contest.panelId].room].terms;
        (address token, uint256 fee, uint256 bond) = (terms.token, terms.evaluationFee, terms.appealBond);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](worked.length + 1);
        for (uint256 i; i < worked.length; ++i) {
            payments[i] = IEscrow.Payment(worked[i], fee);
        }
        uint256 unspent = fee * (terms.size - worked.length) + (confirmed ? 0 : bond);
        payments[worked.length] = IEscrow.Payment(contest.appellant, unspent);
        ESCROW.releaseEach(bytes32(requestId), token, payments);
        if (confirmed && bond != 0) ESCROW.burn(bytes32(requestId), token, bond);
    }

    /// @dev Slashes a request's panel by its final result.
    /// @return paid those who revealed and were not slashed.
    // slither-disable-next-line reentrancy-no-eth -- STAKING and its ESCROW call nobody
    function _judge(Request storage r, Result memory result) private returns (address[] memory paid) {
        Room storage room = _rooms[r.room];
        (uint32 seats, uint32 committed, uint32 revealed) = (r.seats, r.committed, r.revealed);
        bool scored = r.kind == Kind.Evaluation && result.outcome == Outcome.Scored;
        paid = new address[](revealed.count());
        uint256 count;
        for (uint256 i; seats >> i != 0; ++i) {
            if (!seats.has(i)) continue;
            if (!revealed.has(i)) {
                _fine(r.panelId, room, i, committed.has(i));
            } else if (scored && _isFalse(r, i, result.score)) {
                _slash(r.panelId, room, i, room.seats[i].stake, FALSE_REPORT);
            } else {
                paid[count++] = room.seats[i].member;
            }
        }
        // The array was made for all who have revealed.
        assembly ("memory-safe") {
            mstore(paid, count)
        }
    }

    /// @dev For a member that has committed and not revealed, or has done neither.
    function _fine(uint256 panelId, Room storage room, uint256 i, bool withheld) private {
        uint256 rate = withheld ? room.terms.withholdPpm : room.terms.silencePpm;
        _slash(panelId, room, i, room.terms.seatStake * rate / PPM, withheld ? WITHHELD : SILENT);
    }

    function _isFalse(Request storage r, uint256 seatNumber, int64 median) private view returns (bool) {
        Report memory report = _reportOf(r, seatNumber);
        return report.status == ReportStatus.Scored && !Agreement.isCoherent(report, median, r.tolerance);
    }

    function _appealSize(uint8 size) private pure returns (uint8) {
        return 2 * size + 1 < MAX_PANEL ? 2 * size + 1 : MAX_PANEL;
    }
}
