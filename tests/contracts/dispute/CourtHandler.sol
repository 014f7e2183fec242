// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IDisputableMarket} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {DealDesk} from "./DealDesk.sol";
import {DisputeFixture} from "./DisputeFixture.sol";

/// @notice Jurors, parties and strangers act in any order on disputes that overlap, over deals that are
/// nothing but their terms. What they should have brought about is kept beside the court.
abstract contract CourtHandler is DisputeFixture {
    uint256 internal constant MOST_CASES = 8;
    uint256 private constant POOL = 27;

    DealDesk internal desk;
    uint256 internal broken; // rules that a call has broken
    mapping(uint256 caseId => uint256) internal poolAt; // when the dispute was opened
    mapping(uint256 caseId => mapping(address account => uint256)) internal drawnIn;
    mapping(address account => bool) private _inDraw; // of the present epoch
    uint256 private _epoch;
    uint48 private _dealCount;

    function setUp() public virtual override {
        super.setUp();
        desk = new DealDesk(escrow, court);
        escrow.authorise(address(desk));
        _enlist(POOL);
        for (uint256 i; i < POOL; ++i) {
            _fund(jurors[i], stakingToken, 20 * AUDITOR_BOND, address(court));
        }
        _fund(customer, paymentToken, 1000 * JURY_FEE, address(court));
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        _nextEpoch();
        _sync();
    }

    /* WHAT THE FUZZER CALLS */

    /// @dev A deal that opened now, or a while ago, is disputed.
    function open(uint256 seed) external {
        _sync();
        if (court.disputeCount() == MOST_CASES) return;
        IDisputableMarket.DealView memory terms;
        (terms.customer, terms.developer, terms.token) = (customer, developer, address(paymentToken));
        (terms.fee, terms.bond) = (uint96(JURY_FEE), AUDITOR_BOND);
        terms.openedAt = uint40(block.timestamp - seed % 10 days);
        (terms.coolingOff, terms.timeouts) = (COOLING_OFF, times);
        uint256 pool = court.poolSize();
        try desk.open(++_dealCount, terms) returns (uint256 caseId) {
            poolAt[caseId] = pool;
            if (pool < 9) ++broken;
        } catch {
            if (pool >= 9) ++broken;
        }
    }

    /// @dev One step, or two with a draw between them.
    function advance(uint256 which, uint256 seed) external {
        _sync();
        uint256 caseId = _aCase(which);
        if (caseId == 0) return;
        _advance(caseId);
        if (seed % 4 == 0) return;
        if (seed % 16 == 1) belong(seed / 64, seed / 16);
        if (seed % 16 == 2) _nextEpoch();
        _sync();
        vm.roll(block.number + (seed % 16 == 3 ? 300 : 3));
        _advance(caseId);
    }

    /// @dev The jury does what is its to do, but for some; others try.
    function serve(uint256 which, uint256 seed) external {
        _sync();
        uint256 caseId = _aCase(which);
        if (caseId == 0) return;
        ICourt.DisputeView memory d = court.dispute(caseId);
        ICourt.Seat[] memory seats = court.seatsOf(caseId, d.round);
        for (uint256 i; i < seats.length; ++i) {
            uint256 mood = uint256(keccak256(abi.encode(seed, i)));
            if (mood % 8 == 0) continue;
            address by = mood % 32 == 1 ? jurors[mood / 32 % POOL] : seats[i].juror;
            uint8 vote = mood % 8 == 2 ? uint8(mood / 8 % 3) : uint8(1 + caseId % 2);
            bool late = block.timestamp >= d.deadline;
            bool ok = _act(caseId, d, i, by, vote);
            if (ok && (by != seats[i].juror || late)) ++broken;
        }
    }

    function _act(uint256 caseId, ICourt.DisputeView memory d, uint256 i, address by, uint8 vote)
        private
        returns (bool)
    {
        if (d.state == ICourt.State.Seating) {
            return _try(by, abi.encodeCall(court.accept, (caseId, i)));
        }
        if (d.state == ICourt.State.Voting) {
            bytes32 sealedVote = court.voteHash(caseId, d.round, by, vote, "salt");
            return _try(by, abi.encodeCall(court.commit, (caseId, i, sealedVote)));
        }
        bool ok;
        for (uint8 guess; guess < 3 && !ok; ++guess) {
            ok = _try(by, abi.encodeCall(court.reveal, (caseId, i, guess, "salt")));
        }
        return ok;
    }

    function appeal(uint256 which) external {
        _sync();
        uint256 caseId = _aCase(which);
        if (caseId == 0) return;
        ICourt.DisputeView memory d = court.dispute(caseId);
        try desk.appeal(caseId, customer) {}
        catch {
            return;
        }
        if (d.state != ICourt.State.Appealing || block.timestamp >= d.deadline) ++broken;
        if (3 * _sizeOf(d.round + 1) > poolAt[caseId]) ++broken;
    }

    /// @dev Jurors come and go, lose what makes them jurors, are pruned.
    function belong(uint256 who, uint256 seed) public {
        _sync();
        address account = jurors[who % POOL];
        if (seed % 8 == 0) registry.revokeAccreditation(account);
        if (seed % 8 == 1) _accredit(account, IParticipantRegistry.Role.Auditor, 0);
        if (seed % 8 == 2) registry.recordDealing(account, developer);
        if (seed % 8 == 3) _try(address(this), abi.encodeCall(court.prune, (account)));
        if (seed % 8 == 4) _try(account, abi.encodeCall(court.leave, ()));
        if (seed % 8 > 4) _try(account, abi.encodeCall(court.enrol, ()));
    }

    function wait(uint256 which, uint256 seed) external {
        uint256 caseId = _aCase(which);
        uint256 time = block.timestamp + seed % 6 hours;
        if (caseId != 0 && seed % 2 == 0) time = court.dispute(caseId).deadline;
        if (time > block.timestamp) vm.warp(time - seed / 2 % 2);
        _sync();
    }

    /* BOOKS */

    /// @dev A step by anybody, and what it may bring about: windows as the deal has them, jurors who may judge.
    function _advance(uint256 caseId) internal returns (bool ok) {
        ICourt.DisputeView memory before = court.dispute(caseId);
        ok = _try(customer, abi.encodeCall(court.advance, (caseId)));
        if (!ok) return false;
        ICourt.DisputeView memory d = court.dispute(caseId);
        if (d.state != before.state) {
            uint256 window;
            if (d.state == ICourt.State.Voting) window = times.commit;
            if (d.state == ICourt.State.Revealing) window = times.reveal;
            if (d.state == ICourt.State.Appealing) window = times.appeal;
            if (d.deadline != (window == 0 ? 0 : block.timestamp + window)) ++broken;
        }
        if (d.state == ICourt.State.Seating && d.draws == before.draws + 1) _countDraw(caseId, d, before);
        else if (d.draws != before.draws) ++broken;
    }

    /// @dev A draw that was held: in time, and of those who were in the pool when the epoch began, and long before the
    /// deal.
    function _countDraw(uint256 caseId, ICourt.DisputeView memory d, ICourt.DisputeView memory before)
        private
    {
        if (block.number > before.armedBlock + 256 || block.number <= before.armedBlock) ++broken;
        IDisputableMarket.DealView memory terms = desk.dealOf(d.dealId);
        ICourt.Seat[] memory seats = court.seatsOf(caseId, d.round);
        bool filled;
        for (uint256 i; i < seats.length; ++i) {
            address juror = seats[i].juror;
            if (juror == address(0) || seats[i].accepted) continue;
            filled = true;
            if (++drawnIn[caseId][juror] > 1 || !_inDraw[juror]) ++broken;
            if (court.enrolledAt(juror) + ENROLMENT_WAIT > terms.openedAt) ++broken;
            if (registry.participantOf(juror).trustedFrom > terms.openedAt) ++broken;
        }
        if (d.deadline != block.timestamp + (filled ? times.grant : 0)) ++broken;
    }

    function _sizeOf(uint256 round) internal pure returns (uint256) {
        return round == 0 ? 3 : round == 1 ? 7 : 15;
    }

    function _try(address by, bytes memory data) internal returns (bool ok) {
        vm.prank(by);
        (ok,) = address(court).call(data);
    }

    /// @dev One that goes on, if there is any.
    function _aCase(uint256 which) internal view returns (uint256 caseId) {
        uint256 count = court.disputeCount();
        for (uint256 i; i < count; ++i) {
            caseId = 1 + (which % count + i) % count;
            if (court.dispute(caseId).state != ICourt.State.Closed) return caseId;
        }
    }

    /// @dev When an epoch has begun, those who are enrolled can be drawn in it.
    function _sync() private {
        uint256 epoch = block.timestamp / EPOCH;
        if (epoch == _epoch) return;
        _epoch = epoch;
        for (uint256 i; i < POOL; ++i) {
            _inDraw[jurors[i]] = court.enrolledAt(jurors[i]) != 0;
        }
    }
}
