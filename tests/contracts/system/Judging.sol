// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IDealMarket, IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {Dealing} from "./Dealing.sol";

/// @notice Validators and auditors: they vote, lie, copy, keep silent, withhold, stake, leave and come back.
abstract contract Judging is Dealing {
    mapping(uint256 requestId => mapping(address member => IValidationOracle.Report)) private _reports;
    mapping(uint256 auditId => mapping(address auditor => bool)) private _approvals; // what is sealed

    /* PANELS */

    /// @dev Takes the next step of whatever a panel works for.
    function _advanceWork(uint256 panelId) internal returns (bool) {
        Work memory work = workOf[panelId];
        return _tried(stranger, work.market, abi.encodeCall(IDealMarket.advance, (work.dealId)));
    }

    /// @dev All members commit, then all reveal, but for what the seed has go wrong.
    function _voteAll(uint256 requestId, uint256 seed) internal {
        uint256 size = _size(requestId);
        if (size == 0) return;
        IValidationOracle.RequestView memory r = oracle.requestOf(requestId);
        if (r.committed != 0 || block.timestamp >= r.commitEnds) return;
        uint256 silent = seed % 16 == 0 ? 1 + seed / 16 % size : 0;
        uint256 withholding = seed % 16 == 1 ? 1 + seed / 16 % size : 0;
        for (uint256 i = silent; i < size; ++i) {
            _commitVote(requestId, i, _reportBy(r.terms.kind, r.panelId, seed, i));
        }
        _until(oracle.requestOf(requestId).commitEnds);
        for (uint256 i = silent + withholding; i < size; ++i) {
            _revealVote(requestId, i);
        }
    }

    function _commitVote(uint256 requestId, uint256 seat, IValidationOracle.Report memory report) internal {
        address member = _memberAt(requestId, seat);
        bytes32 vote = oracle.voteHash(requestId, member, report, "salt");
        if (!_tried(member, address(oracle), abi.encodeCall(oracle.commit, (requestId, seat, vote)))) return;
        _rememberCommit(requestId, member);
        _reports[requestId][member] = report;
    }

    function _revealVote(uint256 requestId, uint256 seat) internal {
        address member = _memberAt(requestId, seat);
        _revealAs(requestId, seat, member, _reports[requestId][member]);
    }

    /// @dev A reveal that should not succeed: of somebody else's report, of another score, by a stranger, a second
    /// time.
    function _forge(uint256 requestId, uint256 seed) internal {
        uint256 size = _size(requestId);
        if (size == 0) return;
        uint256 seat = seed % size;
        address member = _memberAt(requestId, seat);
        IValidationOracle.Report memory report = _reports[requestId][member];
        uint256 kind = seed / 64 % 4;
        if (kind == 0) report = _reports[requestId][_memberAt(requestId, (seat + 1) % size)];
        if (kind == 1) report.criteria ^= 1;
        if (kind == 2) member = stranger;
        _revealAs(requestId, seat, member, report);
    }

    function _revealAs(uint256 requestId, uint256 seat, address by, IValidationOracle.Report memory report)
        private
    {
        bytes memory data = abi.encodeCall(oracle.reveal, (requestId, seat, report, "salt"));
        if (_tried(by, address(oracle), data)) _rememberReveal(requestId, by);
    }

    /// @dev Six times in eight all agree; else one lies, one cannot open, or the panel falls apart.
    function _reportBy(IValidationOracle.Kind kind, uint256 panelId, uint256 seed, uint256 seat)
        internal
        returns (IValidationOracle.Report memory report)
    {
        uint256 mood = seed / 256 % 8;
        if (kind == IValidationOracle.Kind.Verdict) {
            if (seed / 4096 % 2 != 0) return _says(IValidationOracle.ReportStatus.Answered);
            if (mood < 2) return _says(IValidationOracle.ReportStatus.Rejected);
            return mood == 2 && seat % 2 == 0 ? _cannotOpen() : _says(IValidationOracle.ReportStatus.Answered);
        }
        if (mood == 2) return _says(IValidationOracle.ReportStatus.Unstable);
        if (mood == 0 && seat == 0) report = _scored(0);
        else if (mood == 1) report = _scored(int64(int256(seat * 100_000)));
        else report = _scored(seed / 2048 % 4 == 0 ? EFFORT : THRESHOLD);
        Work memory work = workOf[panelId];
        report.word = work.market == address(market) ? _agreedWord(work.dealId) : bytes32("opened");
    }

    /// @dev How many seats a request's panel has; 0 once it was asked something else, or is dissolved.
    function _size(uint256 requestId) internal view returns (uint256) {
        try oracle.requestOf(requestId) returns (IValidationOracle.RequestView memory r) {
            return oracle.panel(r.panelId).members.length;
        } catch {
            return 0;
        }
    }

    function _memberAt(uint256 requestId, uint256 seat) private view returns (address) {
        return oracle.panel(oracle.requestOf(requestId).panelId).members[seat];
    }

    /// @dev Anyone appeals; the appeal panel is drawn and answers, or does not.
    function _appealResult(uint256 panelId, uint256 seed) internal {
        (bool found, IRounds.RoundView memory r) = _round(panelId);
        if (!found) return;
        if (r.state == IRounds.State.Voting) {
            _refill(third, paymentToken, rounds.appealDeposit(panelId), address(rounds));
            _tried(third, address(rounds), abi.encodeCall(rounds.appeal, (panelId)));
        }
        if (seed % 8 == 0) return;
        for (uint256 i; i < 3; ++i) {
            vm.roll(block.number + 3);
            (found, r) = _round(panelId);
            if (!found || r.state != IRounds.State.AppealDrawing) break;
            _advanceWork(panelId);
        }
        (found, r) = _round(panelId);
        if (found && r.state == IRounds.State.AppealVoting) _voteAll(r.appealRequestId, _hash(seed, 1));
    }

    /// @dev Whoever's turn it is in a panel's round does its part, or one time in eight nobody does.
    function _turnOfPanel(uint256 panelId, uint256 seed) internal {
        (bool found, IRounds.RoundView memory r) = _round(panelId);
        if (!found) return;
        bool vanished = seed % 8 == 0;
        if (r.state == IRounds.State.Granting) {
            _giveKeys(panelId, r, seed / 8, vanished);
        } else if (r.state == IRounds.State.Voting || r.state == IRounds.State.AppealVoting) {
            bool first = r.state == IRounds.State.Voting;
            uint256 requestId = first ? r.requestId : r.appealRequestId;
            _voteAll(requestId, seed / 8);
            (uint40 revealEnds,, bool quorum) = oracle.ballotOf(requestId);
            if (seed / 128 % 4 != 0) _until(revealEnds);
            if (!first || !r.appealable || !quorum) return;
            if (seed / 8 % 3 == 0) _appealResult(panelId, seed / 32);
            _advanceWork(panelId); // too early, but after an appeal
            _until(uint256(revealEnds) + r.timeouts.appeal);
        } else if (vanished && seed / 8 % 8 == 0) {
            _until(r.deadline);
        }
    }

    /// @dev Granters do, or are silent; then members may.
    function _giveKeys(uint256 panelId, IRounds.RoundView memory r, uint256 seed, bool vanished) private {
        uint256 silent = vanished ? seed % 3 : 2; // whose key is not given; 2 for nobody's
        for (uint8 i; i < r.granters.length; ++i) {
            if (_tried(stranger, address(rounds), abi.encodeCall(rounds.grant, (panelId, i, "x")))) {
                ++trespasses;
            }
            if (r.needed >> i & 1 == 0) continue;
            if (i != silent) _giveKey(panelId, r.granters[i], i);
            else if (seed / 4 % 2 == 0) _giveKey(panelId, oracle.panel(panelId).members[0], i);
        }
        if (vanished && seed / 8 % 2 == 0) _until(r.deadline);
    }

    /// @dev When a stranger's call is due at the latest.
    function _roundDueAt(uint256 panelId) internal view returns (uint256) {
        (, IRounds.RoundView memory r) = _round(panelId);
        if (r.state != IRounds.State.Voting) return r.deadline;
        (uint40 revealEnds,, bool quorum) = oracle.ballotOf(r.requestId);
        return uint256(revealEnds) + (r.appealable && quorum ? r.timeouts.appeal : 0);
    }

    function _round(uint256 panelId) internal view returns (bool found, IRounds.RoundView memory r) {
        try rounds.roundOf(panelId) returns (IRounds.RoundView memory view_) {
            return (true, view_);
        } catch {} // solhint-disable-line no-empty-blocks
    }

    /* STAKES */

    function _stakeMore(address validator, uint96 amount) internal {
        _refill(validator, stakingToken, amount, address(staking));
        _tried(validator, address(staking), abi.encodeCall(staking.stake, (amount)));
    }

    /// @dev A part of what is free leaves; one time in four more than that is tried.
    function _exit(address validator, uint256 seed) internal {
        IValidatorStaking.Stake memory own = staking.stakeOf(validator);
        uint96 free = own.amount - own.locked;
        uint96 amount = seed % 4 == 0 ? free + 1 : uint96(free / (1 + seed / 4 % 4));
        bool ok = _tried(validator, address(staking), abi.encodeCall(staking.requestExit, (amount)));
        if (ok && amount > free) ++trespasses;
    }

    function _completeExit(address validator) internal {
        bool early = block.timestamp < staking.stakeOf(validator).exitAt;
        bool ok = _tried(validator, address(staking), abi.encodeCall(staking.completeExit, ()));
        if (ok && early) ++trespasses;
    }

    /* AUDITS */

    /// @dev Those who sit seal, but for a silent one now and then; once in four the majority rejects. Once verdicts can
    /// be opened they open them, again but for one now and then.
    function _giveVerdicts(uint256 id, uint256 seed) internal {
        uint256 auditId = lens.commission(id).auditId;
        IAuditRegistry.Verdict[] memory seats = audits.audit(auditId).seats;
        for (uint256 i = _silentSeats(seed, seats.length); i < seats.length; ++i) {
            bool approve = seed / 64 % 4 != 0 || i == 1;
            if (seats[i].auditor == address(0)) continue;
            if (seats.length == 1) _postAs(seats[i].auditor, auditId, i, approve);
            else _sealAs(seats[i].auditor, auditId, i, approve);
        }
        bool opening = audits.audit(auditId).opening;
        for (uint256 i = _silentSeats(seed / 16, seats.length); i < seats.length; ++i) {
            bool approve = _approvals[auditId][seats[i].auditor];
            if (_postAs(seats[i].auditor, auditId, i, approve) && !opening && seats.length != 1) {
                ++trespasses;
            }
        }
    }

    function _silentSeats(uint256 seed, uint256 seats) private pure returns (uint256) {
        return seed % 4 == 0 ? 1 + seed / 4 % seats : 0;
    }

    /// @dev Somebody who does not sit there seals or posts; or somebody who does posts another verdict than it has
    /// sealed.
    function _judgeAsOther(uint256 id, address by, uint256 seed) internal {
        uint256 auditId = lens.commission(id).auditId;
        if (auditId == 0) return;
        IAuditRegistry.Verdict[] memory seats = audits.audit(auditId).seats;
        uint256 seat = seed % seats.length;
        address auditor = seats[seat].auditor;
        if (auditor != by && (_postAs(by, auditId, seat, true) || _sealAs(by, auditId, seat, true))) {
            ++trespasses;
        }
        if (seats.length == 1 || auditor == address(0)) return;
        if (_postAs(auditor, auditId, seat, !_approvals[auditId][auditor])) ++trespasses;
    }

    function _sealAs(address by, uint256 auditId, uint256 seat, bool approve) private returns (bool ok) {
        bytes32 sealedVerdict = audits.sealOf(auditId, by, approve, AUDIT_REPORT, COVERED, AUDIT_SALT);
        bytes memory data = abi.encodeCall(audits.sealVerdict, (auditId, seat, sealedVerdict, "copy"));
        ok = _tried(by, address(audits), data);
        if (ok) _approvals[auditId][by] = approve;
    }

    function _postAs(address by, uint256 auditId, uint256 seat, bool approve) private returns (bool) {
        bytes memory data =
            abi.encodeCall(audits.post, (auditId, seat, approve, AUDIT_REPORT, COVERED, AUDIT_SALT));
        return _tried(by, address(audits), data);
    }

    function _enrolAgain(address auditor) internal {
        _refill(auditor, stakingToken, AUDITOR_BOND, address(audits));
        _tried(auditor, address(audits), abi.encodeCall(audits.enrol, ()));
    }

    /* TURNS */

    /// @dev Perhaps a dispute begins, or it goes on.
    function _turnOfDispute(uint256 id, uint256 seed) internal virtual;

    /// @dev Whoever's turn it is in a deal does its part, or one time in eight nobody does.
    function _turn(uint256 id, uint256 seed) internal {
        ICommissionMarket.State state = market.stateOf(id);
        ICommissionLens.Commission memory c = lens.commission(id);
        bool vanished = seed % 8 == 0;
        if (state == ICommissionMarket.State.Bidding) {
            for (uint256 i; i < bidders.length && !vanished; ++i) {
                if (seed >> i & 1 == 1) _commitBid(id, bidders[i], _hash(seed, i));
            }
            _until(c.deadline);
        } else if (state == ICommissionMarket.State.Revealing) {
            for (uint256 i; i < offers[id].length; ++i) {
                if (!vanished || i == 0) _revealBid(id, i, _hash(seed, i));
            }
            _until(c.deadline);
        } else if (state == ICommissionMarket.State.Building) {
            if (!vanished) _submitModel(id, c.developer, seed / 8);
            else if (seed / 8 % 2 == 0) _until(c.deadline);
        } else if (state == ICommissionMarket.State.Auditing) {
            _giveVerdicts(id, seed / 8);
            if (vanished) _until(audits.audit(c.auditId).deadline);
        } else if (state == ICommissionMarket.State.Delivering) {
            if (!vanished) _deliverKey(id);
            else if (seed / 8 % 2 == 0) _until(c.deadline);
        } else if (state == ICommissionMarket.State.Challenge) {
            if (seed / 16 % 2 == 0) _refuteDelivery(id);
            _turnOfDispute(id, seed / 8);
            if (market.stateOf(id) == state) {
                _settleDeal(id, stranger); // too early
                _until(c.deadline);
                _turnOfDispute(id, 0); // too late
                _settleDeal(id, stranger);
            }
        } else if (state == ICommissionMarket.State.Disputed) {
            if (seed / 16 % 8 == 0) _refuteDelivery(id);
            _turnOfDispute(id, seed / 8);
            _settleDeal(id, stranger);
        } else {
            if (seed % 2 == 0) _reclaimAll(id);
            _turnOfPanel(c.panelId, seed);
        }
        _advanceDeal(id);
        vm.roll(block.number + 3);
        _advanceDeal(id);
    }
}
