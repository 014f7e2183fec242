// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Deals whose steps are paid, and a stranger who takes whatever step is due, while all others do as chance
/// will have it.
abstract contract StepsFixture is CommissionFixture {
    uint88 internal constant STEP = 0.5e18;

    address internal stranger = makeAddr("stranger");
    uint256 internal moves; // transitions that the stranger has brought about
    mapping(uint256 requestId => bool) private _isAnswered;

    function setUp() public virtual override {
        super.setUp();
        _fund(rival, paymentToken, 100_000e18, address(rounds));
        vm.prank(rival);
        escrow.setOperator(address(auctions), address(paymentToken), true);
    }

    function _stepFee() internal pure override returns (uint88) {
        return STEP;
    }

    function _setStepFee(uint88 fee) internal {
        IPolicy.PanelTier[] memory tiers = policy.panelTiers(address(paymentToken));
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, 50e18, fee), tiers);
    }

    /* STEPS */

    /// @dev A step that is due, and whether it is to be paid.
    function _step(uint256 id, bool paid) internal {
        uint256 before = _paid(address(this));
        uint256 held = _held(id);
        uint256 steps = lens.commission(id).steps;
        market.advance(id);
        assertEq(_paid(address(this)), before + (paid ? STEP : 0), "paid");
        assertEq(lens.commission(id).steps, steps + (paid ? 1 : 0), "counted");
        if (!paid) assertLe(_held(id), held);
    }

    function _advances(uint256 id) internal returns (bool ok) {
        (ok,) = address(market).call(abi.encodeCall(market.advance, (id)));
    }

    /// @dev The stranger tries. What it is paid has to be what an onlooker sees: whether the deal stands elsewhere now.
    function _tick(uint256 id) internal {
        bytes32 before = _placeOf(id);
        uint256 earned = _paid(stranger);
        vm.prank(stranger);
        bool ok = _advances(id);
        bool moved = _placeOf(id) != before;
        assertFalse(!ok && moved);
        if (moved) ++moves;
        assertEq(_paid(stranger), earned + (moved ? STEP : 0), "a transition is paid, and nothing else");
    }

    function _isOver(uint256 id) internal view returns (bool) {
        return market.stateOf(id) >= ICommissionMarket.State.Settled;
    }

    function _spendBudget(uint256 id) internal {
        _spendBudget(id, 0);
    }

    /// @dev As if all steps had been paid but `left`: a deal does not come to that.
    function _spendBudget(uint256 id, uint8 left) internal {
        bytes32 slot;
        uint256 packed = market.record(id)[2];
        for (uint256 i; i < 200; ++i) {
            slot = bytes32(uint256(keccak256(abi.encode(id, i))) + 2);
            if (uint256(vm.load(address(market), slot)) == packed) break;
        }
        ICommissionLens.Commission memory c = lens.commission(id);
        uint256 spent = uint256(c.paidSteps) - left;
        packed = packed & ~(uint256(0xff) << 216) | spent << 216;
        vm.store(address(market), slot, bytes32(packed));
        assertEq(lens.commission(id).steps, spent);
        uint256 gone = (spent - c.steps) * STEP;
        vm.prank(address(market));
        escrow.release(bytes32(id), address(paymentToken), third, gone);
    }

    function _appeal(uint256 id) internal {
        uint256 panelId = _panelOf(id);
        vm.prank(rival);
        rounds.appeal(panelId);
    }

    /* CHANCE */

    /// @dev None, one or two bids, of which one may stay sealed.
    function _holdAuction(uint256 id, uint256 luck) internal {
        if (luck % 8 != 0) _bid(id, developer, RESERVE / 4);
        if (luck / 8 % 2 == 0) _bid(id, third, RESERVE / 2);
        vm.warp(lens.commission(id).request.commitEnds);
        if (luck % 8 != 0) _reveal(id, developer, RESERVE / 4);
        vm.warp(lens.commission(id).request.revealEnds);
    }

    /// @dev Whoever could act does, or does not.
    function _play(uint256 id, uint256 luck) internal {
        ICommissionMarket.State state = market.stateOf(id);
        if (luck % 8 == 0) return;
        luck /= 8;
        if (state == ICommissionMarket.State.Building) {
            vm.prank(lens.commission(id).developer);
            _try(address(market), abi.encodeCall(market.submit, (id, _submission(bytes32(luck)))));
        } else if (state == ICommissionMarket.State.Auditing) {
            _postSome(id, luck);
        } else if (state == ICommissionMarket.State.Delivering) {
            if (luck % 2 == 0) _deliver(id);
        } else if (state == ICommissionMarket.State.Challenge) {
            bytes32 manifest = lens.commission(id).manifest;
            _try(address(market), abi.encodeCall(market.settle, (id, _submission(manifest))));
        } else if (!_panelIsGone(id)) {
            _playPanel(_panelOf(id), rounds.roundOf(_panelOf(id)), luck);
        }
    }

    function _playPanel(uint256 panelId, IRounds.RoundView memory round, uint256 luck) private {
        if (round.state == IRounds.State.Granting) {
            address[] memory members = oracle.membersOf(panelId);
            address by = luck % 4 == 0 ? members[luck / 4 % members.length] : customer;
            for (uint8 artifact; artifact < 2; ++artifact) {
                vm.prank(artifact == 1 && by == customer ? developer : by);
                _try(address(rounds), abi.encodeCall(rounds.grant, (panelId, artifact, "grants")));
            }
        } else if (round.state == IRounds.State.Voting) {
            if (_isAnswered[round.requestId]) {
                if (luck % 4 != 0) return;
                vm.prank(rival);
                _try(address(rounds), abi.encodeCall(rounds.appeal, (panelId)));
            } else {
                _vote(round.requestId, oracle.membersOf(panelId).length, round.appealable, luck);
            }
        } else if (round.state == IRounds.State.AppealVoting && !_isAnswered[round.appealRequestId]) {
            _vote(round.appealRequestId, oracle.membersOf(round.appealPanelId).length, true, luck);
        }
    }

    /// @dev All of a panel, or some of it; mostly they agree.
    function _vote(uint256 requestId, uint256 size, bool scores, uint256 luck) private {
        _isAnswered[requestId] = true;
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        if (block.timestamp >= request.commitEnds) return;
        uint256 count = luck % 4 == 0 ? luck / 4 % size : size;
        if (count == 0) return;
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](count);
        for (uint256 i; i < count; ++i) {
            bool differs = luck / 64 % 4 == 0 && i % 2 == 0;
            int64 score = luck / 256 % 2 == 0 ? THRESHOLD : EFFORT;
            reports[i] = differs
                ? _cannotOpen()
                : scores ? _scored(score) : _says(IValidationOracle.ReportStatus.Answered);
        }
        _answerEach(requestId, reports);
    }

    function _postSome(uint256 id, uint256 luck) private {
        uint256 auditId = lens.commission(id).auditId;
        address[] memory seats = _auditorsOf(auditId);
        for (uint256 i; i < seats.length; ++i) {
            if (seats[i] == address(0) || luck >> i & 1 == 0) continue;
            bool approve = uint256(keccak256(abi.encode(auditId, seats[i]))) % 4 != 0;
            bytes32 sealedVerdict =
                audits.sealOf(auditId, seats[i], approve, AUDIT_REPORT, COVERED, AUDIT_SALT);
            vm.prank(seats[i]);
            _try(address(audits), abi.encodeCall(audits.sealVerdict, (auditId, i, sealedVerdict, "copy")));
            vm.prank(seats[i]);
            _try(
                address(audits),
                abi.encodeCall(audits.post, (auditId, i, approve, AUDIT_REPORT, COVERED, AUDIT_SALT))
            );
        }
        // Whoever takes a step of the audit past the market is not paid for it.
        if (luck >> 11 & 3 == 0) _try(address(audits), abi.encodeCall(audits.advance, (auditId)));
    }

    /// @dev Some time goes by: none, three blocks, more than a seed lasts, an epoch, or up to the deadline.
    function _pass(uint256 id, uint256 luck) internal {
        uint256 kind = luck % 6;
        if (kind == 1 || kind == 2) vm.roll(block.number + 3);
        if (kind == 3) vm.roll(block.number + 300);
        if (kind == 4) _nextEpoch();
        if (kind >= 4 && !_isOver(id) && _deadline(id) > block.timestamp) vm.warp(_deadline(id));
    }

    /// @dev Nobody does anything any more, but for the stranger and whoever settles.
    function _drain(uint256 id) internal {
        for (uint256 i; i < 200 && !_isOver(id); ++i) {
            vm.roll(block.number + 3);
            _tick(id);
            if (_isOver(id)) return;
            if (i % 2 == 1 && _endOf(id) > block.timestamp) vm.warp(_endOf(id));
            bytes32 manifest = lens.commission(id).manifest;
            _try(address(market), abi.encodeCall(market.settle, (id, _submission(manifest))));
        }
        assertTrue(_isOver(id), "it ends");
    }

    /// @dev An audit's own deadline moves on with its draws.
    function _endOf(uint256 id) private view returns (uint256) {
        if (market.stateOf(id) != ICommissionMarket.State.Auditing) return _deadline(id);
        return audits.audit(lens.commission(id).auditId).deadline;
    }

    function _try(address target, bytes memory data) private {
        (bool ok,) = target.call(data);
        ok;
    }

    /* MONEY */

    /// @dev As `_assertAllPaidOut`, with those who take steps and appeal.
    function _assertConserved(uint256 id) internal view {
        assertEq(_held(id), 0, "the hold is zero");
        uint256 total = _paid(customer) + _paid(developer) + _paid(rival) + _paid(third) + _paid(treasury)
            + _paid(regulator) + _burnt(paymentToken) + _paid(stranger) + _paid(address(this));
        total += _sum(validators) + _sum(auditors) + _sum(payees);
        total += escrow.held(address(auctions), address(paymentToken), bytes32(lens.commission(id).auctionId));
        assertEq(total, paymentToken.balanceOf(address(escrow)), "every unit is accounted for");
    }
}
