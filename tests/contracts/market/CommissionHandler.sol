// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Plays all roles in several deals at once, well for the most part, and lets time pass.
contract CommissionHandler is CommissionFixture {
    uint256 private constant MAX_DEALS = 4;

    uint256 private _submissions;

    constructor() {
        setUp();
        open(1);
        open(10);
    }

    /* WHAT THE FUZZER CALLS */

    function open(uint256 seed) public {
        if (market.commissionCount() == MAX_DEALS) return;
        ICommissionMarket.Request memory request = _request();
        request.riskClass = seed % 2 == 0 ? AUDITED : UNAUDITED;
        request.submissionCap = uint8(1 + seed / 2 % 3);
        _fund(customer, paymentToken, FUNDS, address(market));
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        uint256 id = _open(request);
        _bid(id, developer, uint96(seed % RESERVE));
        if (seed % 3 != 0) _bid(id, rival, uint96(uint256(keccak256(abi.encode(seed))) % RESERVE));
        vm.warp(request.commitEnds);
        if (seed % 7 != 0) _reveal(id, developer, uint96(seed % RESERVE));
        if (seed % 3 == 1) _reveal(id, rival, uint96(uint256(keccak256(abi.encode(seed))) % RESERVE));
    }

    /// @dev Up to eight steps of one deal.
    function play(uint256 which, uint256 seed) external {
        if (market.commissionCount() == 0) return;
        uint256 id = 1 + which % market.commissionCount();
        for (uint256 i; i <= seed % 8 && !isFinal(id); ++i) {
            _step(id, uint256(keccak256(abi.encode(seed, i))));
        }
    }

    /// @dev Time passes: to a deal's deadline, or a little.
    function wait(uint256 which, uint256 seed) external {
        if (market.commissionCount() == 0) return;
        uint256 id = 1 + which % market.commissionCount();
        uint256 deadline = market.commission(id).deadline;
        if (seed % 2 == 0 && deadline > block.timestamp) vm.warp(deadline);
        else skip(seed % 1 days);
        vm.roll(block.number + seed % 400);
        _tryAdvance(id);
    }

    function appeal(uint256 which) external {
        if (market.commissionCount() == 0) return;
        uint256 id = 1 + which % market.commissionCount();
        _fund(third, paymentToken, 1000e18, address(oracle));
        vm.prank(third);
        try oracle.appeal(market.commission(id).requestId) {} catch {}
    }

    function meddle(uint256 which, uint256 seed) external {
        if (market.commissionCount() == 0) return;
        uint256 id = 1 + which % market.commissionCount();
        ICommissionMarket.Commission memory c = market.commission(id);
        if (seed % 6 == 0) try oracle.arm(c.panelId) {} catch {}
        if (seed % 6 == 1) try oracle.seat(c.panelId) {} catch {}
        if (seed % 6 == 2) try oracle.tally(c.requestId) {} catch {}
        if (seed % 6 == 3) try audits.arm(c.auditId) {} catch {}
        if (seed % 6 == 4) try audits.seat(c.auditId) {} catch {}
        if (seed % 6 == 5) try audits.replaceSilent(c.auditId) {} catch {}
    }

    /* WHAT THE INVARIANTS ASK */

    function deals() external view returns (uint256) {
        return market.commissionCount();
    }

    function deal(uint256 id) external view returns (ICommissionMarket.Commission memory) {
        return market.commission(id);
    }

    function held(uint256 id) external view returns (uint256) {
        return _held(id);
    }

    function panelIsGone(uint256 id) external view returns (bool) {
        return _panelIsGone(id);
    }

    /// @notice What all accounts and holds together have, and what the escrow holds.
    function books() external view returns (uint256 owed, uint256 tokens) {
        owed = _paid(customer) + _paid(developer) + _paid(rival) + _paid(third) + _paid(treasury)
            + _paid(regulator) + _burnt(paymentToken);
        owed += _sum(validators) + _sum(auditors) + _sum(payees);
        address token = address(paymentToken);
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            bytes32 bonds = bytes32(market.commission(id).auctionId);
            owed += _held(id) + escrow.held(address(auctions), token, bonds);
        }
        for (uint256 requestId = 1; requestId <= oracle.requestCount(); ++requestId) {
            owed += escrow.held(address(oracle), token, bytes32(requestId));
        }
        tokens = paymentToken.balanceOf(address(escrow));
    }

    /// @notice Brings a deal to its end by time and `advance` alone, as any stranger could.
    function drain(uint256 id) external {
        for (uint256 i; i < 40 && !isFinal(id); ++i) {
            skip(61 days);
            vm.roll(block.number + 300);
            if (market.stateOf(id) == ICommissionMarket.State.Challenge) _trySettle(id);
            else market.advance(id);
        }
    }

    function isFinal(uint256 id) public view returns (bool) {
        return market.stateOf(id) >= ICommissionMarket.State.Settled;
    }

    /* PARTS */

    /// @dev Whoever's turn it is does its part, or with one seed in sixteen something worse.
    function _step(uint256 id, uint256 seed) private {
        ICommissionMarket.State state = market.stateOf(id);
        bool well = seed % 16 != 0;
        if (state == ICommissionMarket.State.Granting) {
            if (well) _tryGrant(id, customer, ICommissionMarket.Artifact.Dataset);
        } else if (state == ICommissionMarket.State.Building) {
            if (well) _trySubmit(id);
        } else if (_isAsked(id, state)) {
            _vote(id, state, seed, well);
        } else if (state == ICommissionMarket.State.Auditing) {
            _audit(id, seed, well);
        } else if (state == ICommissionMarket.State.Delivering) {
            _tryGrant(id, market.commission(id).developer, ICommissionMarket.Artifact.Model);
        } else {
            uint256 deadline = market.commission(id).deadline; // a mere wait, but for Drawing
            if (state != ICommissionMarket.State.Drawing && deadline > block.timestamp) vm.warp(deadline);
        }
        if (state == ICommissionMarket.State.Challenge) _trySettle(id);
        _tryAdvance(id);
        vm.roll(block.number + 3);
        _tryAdvance(id);
    }

    function _isAsked(uint256 id, ICommissionMarket.State state) private view returns (bool) {
        return state == ICommissionMarket.State.Attesting || state == ICommissionMarket.State.Evaluating
            || (state == ICommissionMarket.State.Delivering && market.commission(id).requestId != 0);
    }

    function _vote(uint256 id, ICommissionMarket.State state, uint256 seed, bool well) private {
        uint256 requestId = market.commission(id).requestId;
        IValidationOracle.RequestView memory request = oracle.requestOf(requestId);
        if (request.committed != 0 || block.timestamp >= request.commitEnds) return;
        uint256 count = well ? PANEL : seed / 8 % PANEL;
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](count);
        int64 score = seed / 64 % 2 == 0 ? THRESHOLD : EFFORT;
        for (uint256 i; i < count; ++i) {
            if (state == ICommissionMarket.State.Evaluating) reports[i] = _scored(score);
            else if (state == ICommissionMarket.State.Delivering) reports[i] = _attested();
            else reports[i] = _says(IValidationOracle.ReportStatus.Scored);
        }
        if (seed % 16 == 1) reports[seed / 16 % count] = _cannotOpen();
        if (seed % 16 == 9 && state == ICommissionMarket.State.Evaluating) reports[0] = _scored(0);
        address[] memory members = oracle.panel(request.terms.panelId).members;
        for (uint256 i; i < count; ++i) {
            bytes32 vote = oracle.voteHash(requestId, members[i], reports[i], "salt");
            vm.prank(members[i]);
            try oracle.commit(requestId, i, vote) {} catch {}
        }
        vm.warp(oracle.requestOf(requestId).commitEnds);
        for (uint256 i = seed % 32 == 2 ? 1 : 0; i < count; ++i) {
            vm.prank(members[i]);
            try oracle.reveal(requestId, i, reports[i], "salt") {} catch {}
        }
    }

    function _audit(uint256 id, uint256 seed, bool well) private {
        uint256 auditId = market.commission(id).auditId;
        IAuditRegistry.Verdict[] memory seats = audits.audit(auditId).seats;
        for (uint256 i; i < (well ? seats.length : 1); ++i) {
            vm.prank(seats[i].auditor);
            try audits.post(auditId, i, seed >> (8 + i) & 3 != 0, "report") {} catch {}
        }
    }

    function _tryGrant(uint256 id, address by, ICommissionMarket.Artifact artifact) private {
        vm.prank(by);
        try market.grant(id, artifact, "grants") {} catch {}
    }

    function _trySubmit(uint256 id) private {
        bytes32 manifest = bytes32(++_submissions);
        vm.prank(market.commission(id).developer);
        try market.submit(id, _submission(manifest)) {} catch {}
    }

    function _tryAdvance(uint256 id) private {
        try market.advance(id) {} catch {}
    }

    function _trySettle(uint256 id) private {
        IModelRegistry.Submission memory submission = _submission(market.commission(id).manifest);
        try market.settle(id, submission) {} catch {}
    }
}
