// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Assessing} from "./Assessing.sol";

/// @notice What the fuzzer calls: all roles, in any order, in several deals at once, while time passes. After every act
/// the books are read on.
abstract contract SystemHandler is Assessing {
    modifier watched() {
        _;
        _readLogs();
    }

    /// @dev In a deal, if there is one.
    modifier inDeal(uint256 which) {
        if (market.commissionCount() == 0) return;
        _;
    }

    function setUp() public virtual override {
        vm.recordLogs();
        super.setUp();
        _know(escrow.BURN_ADDRESS());
        _know(customer);
        _rememberMembers();
        _openDeal(1);
        _openDeal(10);
        _readLogs();
    }

    /// @dev What is called as often as it stands here.
    function _acts() internal pure returns (bytes4[] memory acts) {
        acts = new bytes4[](30);
        acts[0] = SystemHandler.bid.selector;
        acts[1] = SystemHandler.reveal.selector;
        acts[2] = SystemHandler.interfere.selector;
        acts[3] = SystemHandler.vote.selector;
        acts[4] = SystemHandler.appeal.selector;
        acts[5] = SystemHandler.stake.selector;
        acts[6] = SystemHandler.enrol.selector;
        acts[7] = SystemHandler.meddle.selector;
        acts[8] = SystemHandler.govern.selector;
        acts[9] = SystemHandler.belong.selector;
        acts[10] = SystemHandler.pay.selector;
        acts[11] = SystemHandler.trespass.selector;
        for (uint256 i = 12; i < 22; ++i) {
            acts[i] = SystemHandler.play.selector;
        }
        acts[22] = acts[23] = SystemHandler.open.selector;
        acts[24] = acts[25] = SystemHandler.wait.selector;
        acts[26] = acts[27] = SystemHandler.quarrel.selector;
        acts[28] = SystemHandler.assess.selector;
        acts[29] = SystemHandler.opine.selector;
    }

    /* PARTIES */

    /// @dev Mostly with its auction held at once, which time for other deals would else leave empty.
    function open(uint256, uint256 seed) external watched {
        if (!_openDeal(seed) || seed / 8 % 4 == 0) return;
        _turn(market.commissionCount(), _hash(seed, 1));
        _turn(market.commissionCount(), _hash(seed, 2));
    }

    function bid(uint256 which, uint256 seed) external inDeal(which) watched {
        _commitBid(_deal(which), bidders[seed % bidders.length], seed);
    }

    function reveal(uint256 which, uint256 seed) external inDeal(which) watched {
        _revealBid(_deal(which), seed, seed / 32);
    }

    /// @dev Up to eight turns of one deal.
    function play(uint256 which, uint256 seed) external inDeal(which) watched {
        uint256 id = _deal(which);
        for (uint256 i; i <= seed % 8 && !_isFinal(id); ++i) {
            _turn(id, _hash(seed, i));
        }
    }

    /// @dev Whoever it is, in or out of turn.
    function interfere(uint256 which, uint256 seed) external inDeal(which) watched {
        uint256 id = _deal(which);
        address by = _somebody(seed);
        uint256 kind = seed / 64 % 7;
        if (kind == 0) _giveKey(_panelOf(id), by, uint8(seed / 512 % 3));
        if (kind == 1) _submitModel(id, by, seed / 512);
        if (kind == 2) _settleDeal(id, by);
        if (kind == 3) _judgeAsOther(id, by, seed / 512);
        if (kind == 5) _deliverKey(id);
        if (kind == 6) _refuteDelivery(id);
        if (kind == 4) _forge(_openRequestOf(id), seed / 512);
    }

    /* JUDGES */

    function vote(uint256 which, uint256 seed) external inDeal(which) watched {
        uint256 requestId = _openRequestOf(_deal(which));
        if (_size(requestId) == 0) return;
        IValidationOracle.RequestView memory r = oracle.requestOf(requestId);
        uint256 seat = seed % _size(requestId);
        if (seed / 64 % 2 == 0) _commitVote(requestId, seat, _reportBy(r.terms.kind, r.panelId, seed, seat));
        else _revealVote(requestId, seat);
        _forge(requestId, seed / 128);
    }

    function appeal(uint256 which, uint256 seed) external inDeal(which) watched {
        _appealResult(_panelOf(_deal(which)), seed);
    }

    function stake(uint256 which, uint256 seed) external watched {
        address validator = validators[which % validators.length];
        uint256 kind = seed % 4;
        if (kind == 0) _stakeMore(validator, uint96(1 + seed / 4 % SEAT));
        if (kind == 1) _exit(validator, seed / 4);
        if (kind == 2) {
            validator = _leaving(which);
            if (seed / 4 % 2 == 0) _until(staking.stakeOf(validator).exitAt);
            _completeExit(validator);
        }
        if (kind == 3) _stakeMore(_somebody(seed / 4), 1);
    }

    function enrol(uint256 which, uint256 seed) external watched {
        address auditor = auditors[which % auditors.length];
        if (seed % 4 == 0) {
            bool seated = audits.enrolmentOf(auditor).seats != 0;
            bool left = _tried(auditor, address(audits), abi.encodeCall(audits.leave, ()));
            if (left && seated) ++trespasses;
        } else {
            _enrolAgain(auditor);
        }
        address juror = jurors[which % jurors.length];
        if (seed / 4 % 8 == 0) _tried(juror, address(court), abi.encodeCall(court.leave, ()));
        else _tried(juror, address(court), abi.encodeCall(court.enrol, ()));
        bytes memory data = abi.encodeCall(court.prune, (juror));
        if (seed / 32 % 4 == 0 && _tried(stranger, address(court), data)) ++trespasses; // all stay accredited
    }

    /// @dev In or out of turn: a party or anybody contests, the court goes on, silence rules.
    function quarrel(uint256 which, uint256 seed) external inDeal(which) watched {
        uint256 id = _deal(which);
        if (disputeOf[id] == 0) {
            ICommissionLens.Commission memory c = lens.commission(id);
            address by = seed % 3 == 0 ? c.customer : seed % 3 == 1 ? c.developer : _somebody(seed / 3);
            if (by != address(0)) _contestDeal(id, by, seed / 16);
        } else {
            _judgeDeal(id, seed);
        }
    }

    function assess(uint256 which, uint256 seed) external watched {
        _assess(which, seed);
    }

    function opine(uint256 which, uint256 seed) external inDeal(which) watched {
        for (uint256 i; i <= seed % 4; ++i) {
            _opine(_deal(which), which, _hash(seed, i));
        }
    }

    /* SURROUNDINGS */

    /// @dev Time passes: to a deal's deadline, to just before it, or a little.
    function wait(uint256 which, uint256 seed) external inDeal(which) watched {
        uint256 id = _deal(which);
        uint256 deadline = _dueAt(id);
        if (seed % 4 == 0) _until(block.timestamp + seed % 1 days);
        else if (deadline != 0) _until(seed % 4 == 1 ? deadline - 1 : deadline);
        vm.roll(block.number + seed % 400);
        _advanceDeal(id);
    }

    /// @dev A stranger takes whatever step is due, where it can be taken.
    function meddle(uint256 which, uint256 seed) external inDeal(which) watched {
        ICommissionLens.Commission memory c = lens.commission(_deal(which));
        uint256 kind = seed % 8;
        if (kind < 3) _advanceWork(c.panelId);
        if (kind == 3) _tried(stranger, address(audits), abi.encodeCall(audits.arm, (c.auditId)));
        if (kind == 4) {
            _tried(stranger, address(audits), abi.encodeCall(audits.seat, (c.auditId)));
            _tried(stranger, address(audits), abi.encodeCall(audits.startOpening, (c.auditId)));
        }
        if (kind == 5 && c.auditId != 0) {
            bool over = block.timestamp >= audits.audit(c.auditId).deadline;
            bytes memory data = abi.encodeCall(audits.replaceSilent, (c.auditId));
            if (_tried(stranger, address(audits), data) && !over) ++trespasses;
        }
        if (kind == 6) _reclaimAll(_deal(which));
        if (kind == 7) _advanceDeal(_deal(which));
    }

    function trespass(uint256 which, uint256 seed) external inDeal(which) watched {
        _trespass(_deal(which), seed % 3 == 0 ? customer : seed % 3 == 1 ? developer : stranger, seed / 3);
    }

    function govern(uint256, uint256 seed) external watched {
        _govern(seed);
    }

    function belong(uint256 which, uint256 seed) external watched {
        address account = members[which % members.length];
        uint256 kind = seed % 16;
        if (kind > 7) _sitInChamber(account, seed / 16);
        else if (kind < 4) _join(seed / 8);
        else if (kind == 4) _accreditOne(account, seed / 8);
        else if (kind == 5) _revoke(account);
        else _changeRolesOf(members[members.length - 1 - which % (1 + members.length / 4)], seed / 8);
    }

    /// @dev Money comes and goes outside of deals: withdrawn, given, sent past the escrow's door.
    function pay(uint256 which, uint256 seed) external watched {
        address account = accounts[which % accounts.length];
        address token = seed % 2 == 0 ? address(paymentToken) : address(stakingToken);
        uint256 kind = seed / 2 % 4;
        if (account == escrow.BURN_ADDRESS()) return;
        if (kind == 0) {
            uint256 balance = escrow.balanceOf(account, token);
            uint256 amount = seed / 8 % (balance + 2); // one more than there is, at times
            bool ok = _tried(account, address(escrow), abi.encodeCall(escrow.withdraw, (token, amount)));
            if (ok && amount > balance) ++trespasses;
        }
        if (kind == 1) {
            stakingToken.mint(stranger, 1e18);
            vm.prank(stranger);
            stakingToken.approve(address(escrow), 1e18);
            bytes memory data = abi.encodeCall(escrow.deposit, (address(stakingToken), 1e18, account));
            _tried(stranger, address(escrow), data);
        }
        if (kind == 2) {
            paymentToken.mint(address(escrow), seed % 1e18);
            strayed[address(paymentToken)] += seed % 1e18;
        }
    }

    /* TO THE END */

    /// @dev Brings a deal to its end by time and a stranger's calls alone: after every deadline one of them moves the
    /// deal, at the third attempt at the latest, whatever is to be drawn.
    function _drain(uint256 id) internal {
        uint256 failed;
        for (uint256 i; i < 120 && !_isFinal(id) && failed < 3; ++i) {
            _until(_dueAt(id));
            vm.roll(block.number + 3);
            if (market.stateOf(id) == ICommissionMarket.State.Disputed) _drainDispute(id);
            bytes32 before = keccak256(abi.encode(market.record(id)));
            bool moved = _advanceDeal(id) || _isFinal(id);
            if (!moved) _settleDeal(id, stranger);
            failed = moved || keccak256(abi.encode(market.record(id))) != before ? 0 : failed + 1;
        }
        if (disputeOf[id] != 0) _drainDispute(id); // the court's own end
        _reclaimAll(id);
    }

    /* PARTS */

    /// @dev The request that a deal's panel answers now, or its appeal panel; 0 for none.
    function _openRequestOf(uint256 id) private view returns (uint256) {
        (bool found, IRounds.RoundView memory r) = _round(_panelOf(id));
        return !found ? 0 : r.state == IRounds.State.AppealVoting ? r.appealRequestId : r.requestId;
    }

    /// @dev When the present state is over: of a deal that its panel works for, the round's.
    function _dueAt(uint256 id) internal view returns (uint256) {
        ICommissionLens.Commission memory c = lens.commission(id);
        if (c.state == ICommissionMarket.State.Auditing) return audits.audit(c.auditId).deadline;
        (bool found, IRounds.RoundView memory r) = _round(c.panelId);
        return !found || r.state == IRounds.State.Idle ? c.deadline : _roundDueAt(c.panelId);
    }

    function _deal(uint256 which) private view returns (uint256) {
        uint256 count = market.commissionCount();
        uint256 id = 1 + which % count;
        // Deals that have ended get fewer visits.
        for (uint256 i; i < count && which % 8 != 0 && _isFinal(id); ++i) {
            id = 1 + id % count;
        }
        return id;
    }

    /// @dev A validator with an exit under way, if there is one.
    function _leaving(uint256 which) private view returns (address validator) {
        for (uint256 i; i < validators.length; ++i) {
            validator = validators[(which % validators.length + i) % validators.length];
            if (staking.stakeOf(validator).exiting != 0) return validator;
        }
    }

    function _somebody(uint256 seed) private view returns (address) {
        uint256 kind = seed % 4;
        if (kind == 0) return stranger;
        if (kind == 1) return bidders[seed / 4 % bidders.length];
        if (kind == 2) return validators[seed / 4 % validators.length];
        return auditors[seed / 4 % auditors.length];
    }
}
