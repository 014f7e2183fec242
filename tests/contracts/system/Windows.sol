// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {Deals} from "../../../contracts/kernel/Deals.sol";
import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {PanelBooks} from "./PanelBooks.sol";

/// @notice Windows, by a clock of their own: how long each has to last from the moment it could be used, and when it
/// was left.
abstract contract Windows is PanelBooks {
    struct Stay {
        uint8 state;
        uint40 since;
        uint40 deadline;
    }

    /// @dev A vote as its events tell it.
    struct Ballot {
        uint40 commitEnds;
        uint40 revealEnds;
        uint8 seats;
        uint8 committed;
        uint8 revealed;
    }

    /// @notice Windows that were opened too short, left too early or used too late; the invariants want none.
    uint256 internal shortened;
    mapping(uint256 requestId => Ballot) internal ballots;

    mapping(uint256 id => Stay) private _dealAt;
    mapping(uint256 id => uint256) private _built; // seconds of the developer's clock that are over
    mapping(uint256 panelId => Stay) private _roundAt;
    mapping(uint256 panelId => IPolicy.Timeouts) private _timesOf;
    mapping(uint256 panelId => bool) private _appealable;
    mapping(uint256 panelId => uint256) private _lastRequest;

    /// @inheritdoc PanelBooks
    function _readMore(bytes32 topic, Vm.Log memory log) internal virtual override {
        super._readMore(topic, log);
        if (log.emitter == address(oracle)) _readBallot(topic, log);
        if (log.emitter == address(rounds)) _readQuestion(topic, log);
        if (topic != Deals.StateChanged.selector) return;
        Stay memory next =
            Stay(uint8(uint256(log.topics[2])), uint40(block.timestamp), abi.decode(log.data, (uint40)));
        uint256 id = uint256(log.topics[1]);
        if (log.emitter == address(rounds)) {
            _leaveRound(id, _roundAt[id], IRounds.State(next.state));
            if (next.deadline != 0) _expect(next.deadline, _roundWindow(id, IRounds.State(next.state)));
            _roundAt[id] = next;
        } else if (log.emitter == address(market)) {
            ICommissionLens.Commission memory c = lens.commission(id);
            _leaveDeal(id, c, ICommissionMarket.State(next.state));
            _enterDeal(id, c.timeouts, next);
            _dealAt[id] = next;
        }
    }

    /// @dev It lasts at least so long from now.
    function _expect(uint256 end, uint256 window) private {
        if (end < block.timestamp + window) ++shortened;
    }

    function _expectOver(uint256 end) private {
        if (block.timestamp < end) ++shortened;
    }

    /* VOTES */

    function _readBallot(bytes32 topic, Vm.Log memory log) private {
        uint256 requestId = uint256(log.topics[1]);
        Ballot storage b = ballots[requestId];
        if (topic == IValidationOracle.VotingBegan.selector) {
            uint256 panelId = uint256(log.topics[2]);
            IValidationOracle.RequestTerms memory terms;
            (terms, b.commitEnds, b.revealEnds) =
                abi.decode(log.data, (IValidationOracle.RequestTerms, uint40, uint40));
            _expect(b.commitEnds, terms.commitWindow);
            if (b.revealEnds < b.commitEnds + terms.revealWindow) ++shortened;
            b.seats = panelTermsOf[panelId].size;
            _lastRequest[panelId] = requestId;
        } else if (topic == IValidationOracle.VoteCommitted.selector) {
            if (block.timestamp >= b.commitEnds) ++shortened;
            if (++b.committed != b.seats) return;
            (b.commitEnds, b.revealEnds) =
            (uint40(block.timestamp), b.revealEnds - b.commitEnds + uint40(block.timestamp));
        } else if (topic == IValidationOracle.ReportRevealed.selector) {
            if (block.timestamp < b.commitEnds || block.timestamp >= b.revealEnds) ++shortened;
            if (++b.revealed == b.committed) b.revealEnds = uint40(block.timestamp);
        } else if (topic == IValidationOracle.Judged.selector) {
            _expectOver(b.revealEnds);
        }
    }

    /* ROUNDS */

    function _readQuestion(bytes32 topic, Vm.Log memory log) private {
        uint256 panelId = uint256(log.topics[1]);
        if (topic == IRounds.RoundOpened.selector) {
            try rounds.roundOf(panelId) returns (IRounds.RoundView memory r) {
                _timesOf[panelId] = r.timeouts;
            } catch {} // solhint-disable-line no-empty-blocks -- opened and closed at once
        } else if (topic == IRounds.Asked.selector) {
            _appealable[panelId] = abi.decode(log.data, (IRounds.Question)).appealable;
        }
    }

    function _roundWindow(uint256 panelId, IRounds.State state) private view returns (uint256) {
        IPolicy.Timeouts memory t = _timesOf[panelId];
        if (state == IRounds.State.Drawing || state == IRounds.State.AppealDrawing) return t.draw;
        if (state == IRounds.State.Granting) return t.grant;
        uint256 votes = uint256(t.commit) + t.reveal;
        return state == IRounds.State.AppealVoting ? votes + t.grant : votes;
    }

    /// @dev To Idle and back to Drawing by time alone, but where all have voted; keys and draws are what others wait
    /// for.
    function _leaveRound(uint256 panelId, Stay memory left, IRounds.State next) private {
        IRounds.State state = IRounds.State(left.state);
        bool ends = next == IRounds.State.Idle || next == IRounds.State.Drawing;
        if (!ends) return;
        if (state == IRounds.State.Voting) {
            Ballot memory b = ballots[_lastRequest[panelId]];
            bool quorum = 3 * uint256(b.revealed) >= 2 * uint256(b.seats);
            _expectOver(b.revealEnds + (_appealable[panelId] && quorum ? _timesOf[panelId].appeal : 0));
        } else if (state != IRounds.State.AppealVoting) {
            _expectOver(left.deadline); // the oracle judges no votes before they are in: `_readBallot`
        }
    }

    /* DEALS */

    function _enterDeal(uint256 id, IPolicy.Timeouts memory t, Stay memory next) private {
        ICommissionMarket.State state = ICommissionMarket.State(next.state);
        bool ruled = _dealAt[id].state == uint8(ICommissionMarket.State.Disputed);
        if (state == ICommissionMarket.State.Auditing) _expect(next.deadline, t.audit);
        if (state == ICommissionMarket.State.Delivering) _expect(next.deadline, t.delivery);
        // A ruling that confirms the announced end has nothing more to wait for.
        if (state == ICommissionMarket.State.Challenge && !ruled) _expect(next.deadline, t.challenge);
    }

    function _leaveDeal(uint256 id, ICommissionLens.Commission memory c, ICommissionMarket.State next)
        private
    {
        Stay memory left = _dealAt[id];
        ICommissionMarket.State state = ICommissionMarket.State(left.state);
        bool ends = next >= ICommissionMarket.State.Settled;
        if (state == ICommissionMarket.State.Bidding) _expectOver(c.request.revealEnds);
        if (state == ICommissionMarket.State.Building) {
            _built[id] += block.timestamp - left.since;
            if (ends && _built[id] < c.request.buildWindow) ++shortened;
        }
        if (state == ICommissionMarket.State.Delivering && c.cause != ICommissionMarket.Cause.None) {
            if (c.cause == ICommissionMarket.Cause.DeliveryFailed) _expectOver(left.deadline);
        }
        if (next == ICommissionMarket.State.Disputed && block.timestamp >= left.deadline) ++shortened; // too late
        if (state == ICommissionMarket.State.Challenge && ends) {
            if (c.cause != ICommissionMarket.Cause.DeliveryRefuted) _expectOver(left.deadline);
        }
    }
}
