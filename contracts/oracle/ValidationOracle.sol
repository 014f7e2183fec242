// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IRandomness} from "../interfaces/IRandomness.sol";
import {IValidationOracle} from "../interfaces/IValidationOracle.sol";
import {Agreement} from "./Agreement.sol";
import {Panels} from "./Panels.sol";
import {Requests} from "./Requests.sol";
import {ValidatorStaking} from "./ValidatorStaking.sol";

/// @title Appeals, and the final result.
/// @dev Silence and withholding are slashed whatever the outcome: they are facts on the chain. A false score is slashed
/// only against a two-thirds agreement that stood the time for appeals; no other report is an offence.
contract ValidationOracle is Requests {
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
    function appeal(uint256 requestId) external {
        Request storage r = _request(requestId);
        Panel storage p = _panels[r.panelId];
        if (p.appealOf != 0 || r.appealPanelId != 0 || block.timestamp >= r.appealEnds) {
            revert NotAppealable(requestId);
        }
        PanelTerms memory terms = p.terms;
        uint256 deposit = appealDeposit(requestId);
        terms.size = _appealSize(terms.size);
        uint256 panelId = _openPanel(terms, address(this));
        Panel storage appealPanel = _panels[panelId];
        // forge-lint: disable-next-line(unsafe-typecast)
        (appealPanel.appellant, appealPanel.appealOf) = (msg.sender, uint48(requestId)); // a counter: 2^48 is out of reach
        appealPanel.seatBy = uint40(block.timestamp) + terms.drawWindow;
        // forge-lint: disable-next-line(unsafe-typecast)
        r.appealPanelId = uint48(panelId); // a counter: 2^48 is out of reach
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
    function replaceSilent(uint256 requestId) external {
        Request storage r = _request(requestId);
        Panel storage p = _ownPanel(r.panelId);
        if (!r.finalised) _finalise(requestId, r);
        if (r.outcome != Outcome.NoQuorum) revert QuorumReached(requestId);
        if (p.stage != Stage.Seated || p.lastRequest != requestId) revert NotSeated(r.panelId);
        _vacate(r.panelId, ~uint256(r.revealed));
    }

    /// @inheritdoc IValidationOracle
    function appealDeposit(uint256 requestId) public view returns (uint256) {
        PanelTerms storage terms = _panels[_request(requestId).panelId].terms;
        return uint256(terms.appealBond) + uint256(terms.evaluationFee) * _appealSize(terms.size);
    }

    /* INTERNAL */

    function _startAppeal(uint256 panelId) internal override {
        Panel storage p = _panels[panelId];
        Request storage r = _requests[p.appealOf];
        r.appealRequestId = uint48(
            _start(
                RequestTerms({
                    panelId: panelId,
                    kind: r.kind,
                    subject: r.subject,
                    commitWindow: r.commitWindow + p.terms.grantWindow,
                    revealWindow: r.revealWindow,
                    appealWindow: 0,
                    tolerance: r.tolerance
                })
            )
        );
    }

    function _finalise(uint256 requestId, Request storage r)
        private
        returns (Result memory result, address[] memory paid)
    {
        if (r.finalised) revert AlreadyFinalised(requestId);
        if (!r.tallied) _tally(requestId, r);
        result = _resultOf(r);
        bool judged = true;
        if (r.appealPanelId == 0) {
            if (block.timestamp < r.appealEnds) revert TooEarly(requestId, r.appealEnds);
        } else {
            Result memory verdict = _closeAppeal(requestId, r);
            judged = verdict.appealed;
            if (judged) {
                result = verdict;
                _write(r, result);
            }
        }
        r.finalised = true;
        emit Finalised(requestId, result);
        paid = _judge(r, result, judged);
    }

    /// @dev Waits for the appeal panel as long as it has time, then pays it and dissolves it.
    /// @return verdict its result, `appealed` when it decided anything.
    function _closeAppeal(uint256 requestId, Request storage r) private returns (Result memory verdict) {
        Panel storage p = _panels[r.appealPanelId];
        uint256 appealId = r.appealRequestId;
        address[] memory worked;
        if (appealId == 0) {
            if (block.timestamp < p.seatBy) revert AppealRunning(requestId, p.seatBy);
        } else {
            Request storage a = _requests[appealId];
            if (!_isAnswered(a)) revert AppealRunning(requestId, a.revealEnds);
            if (!a.tallied) _tally(appealId, a);
            verdict = _resultOf(a);
            bool decided = verdict.outcome > Outcome.Inconclusive;
            a.finalised = true;
            emit Finalised(appealId, verdict);
            worked = _judge(a, verdict, decided);
            verdict.appealed = decided;
        }
        _dissolve(r.appealPanelId);
        bool confirmed = verdict.appealed && !Agreement.differs(_resultOf(r), verdict, r.tolerance);
        _settleDeposit(requestId, p, worked, confirmed);
    }

    /// @dev Fees to those who worked, the bond burnt if the appeal was in vain, the rest back to the appellant.
    function _settleDeposit(uint256 requestId, Panel storage p, address[] memory worked, bool confirmed)
        private
    {
        (address token, uint256 fee, uint256 bond) =
            (p.terms.token, p.terms.evaluationFee, p.terms.appealBond);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](worked.length + 1);
        for (uint256 i; i < worked.length; ++i) {
            payments[i] = IEscrow.Payment(worked[i], fee);
        }
        uint256 unspent = fee * (p.terms.size - worked.length) + (confirmed ? 0 : bond);
        payments[worked.length] = IEscrow.Payment(p.appellant, unspent);
        ESCROW.releaseEach(bytes32(requestId), token, payments);
        if (confirmed && bond != 0) ESCROW.burn(bytes32(requestId), token, bond);
    }

    /// @dev Slashes a request's panel by its final result.
    /// @param judged whether scores are held against the result.
    /// @return paid those who revealed and were not slashed.
    function _judge(Request storage r, Result memory result, bool judged)
        private
        returns (address[] memory paid)
    {
        uint256 panelId = r.panelId;
        Panel storage p = _panels[panelId];
        bool scored = judged && r.kind == Kind.Evaluation && result.outcome == Outcome.Scored;
        paid = new address[](p.terms.size);
        uint256 count;
        for (uint256 i; i < p.terms.size; ++i) {
            if (p.seats[i].stake == 0) continue;
            if (_has(r.revealed, i)) {
                if (scored && _isFalse(r, i, result.score)) {
                    _slash(panelId, i, p.seats[i].stake, FALSE_REPORT);
                } else {
                    paid[count++] = p.seats[i].member;
                }
            } else if (_has(r.committed, i)) {
                _slash(panelId, i, uint256(p.terms.seatStake) * p.terms.withholdPpm / PPM, WITHHELD);
            } else {
                _slash(panelId, i, uint256(p.terms.seatStake) * p.terms.silencePpm / PPM, SILENT);
            }
        }
        // The array was made for the whole panel.
        assembly ("memory-safe") {
            mstore(paid, count)
        }
    }

    function _isFalse(Request storage r, uint256 seatNumber, int64 median) private view returns (bool) {
        Report memory report = _reportOf(r, seatNumber);
        return report.status == ReportStatus.Scored && !Agreement.isCoherent(report, median, r.tolerance);
    }

    function _appealSize(uint8 size) private pure returns (uint8) {
        return 2 * size + 1 < MAX_PANEL ? 2 * size + 1 : MAX_PANEL;
    }
}
