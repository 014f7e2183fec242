// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AuditRegistry} from "../../../contracts/audit/AuditRegistry.sol";
import {Conformity} from "../../../contracts/audit/Conformity.sol";
import {FeeShares} from "../../../contracts/audit/FeeShares.sol";
import {Opinions} from "../../../contracts/audit/Opinions.sol";
import {Court} from "../../../contracts/dispute/Court.sol";
import {Disputes} from "../../../contracts/dispute/Disputes.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
import {CommissionMarket} from "../../../contracts/market/CommissionMarket.sol";
import {Rounds} from "../../../contracts/oracle/Rounds.sol";
import {ValidationOracle} from "../../../contracts/oracle/ValidationOracle.sol";
import {CommissionLens} from "../../../contracts/periphery/CommissionLens.sol";
import {Policy} from "../../../contracts/policy/Policy.sol";
import {Rulebook} from "../../../contracts/policy/Rulebook.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice Two releases of the market in one chain, and the steps by which the deals of both come to their ends.
abstract contract ReleaseFixture is PromisesFixture {
    /// @dev The contracts that a release may replace.
    struct Release {
        Policy policy;
        Rulebook rulebook;
        ValidationOracle oracle;
        Rounds rounds;
        Conformity conformity;
        FeeShares shares;
        AuditRegistry audits;
        Opinions opinions;
        Court court;
        Disputes disputes;
        Deliveries deliveries;
        CommissionMarket market;
        CommissionLens lens;
    }

    function _current() internal view returns (Release memory used) {
        (used.policy, used.rulebook, used.oracle, used.rounds) = (policy, rulebook, oracle, rounds);
        (used.conformity, used.shares, used.audits, used.opinions) = (conformity, shares, audits, opinions);
        (used.court, used.disputes, used.deliveries) = (court, disputes, deliveries);
        (used.market, used.lens) = (market, lens);
    }

    /// @dev The steps of the fixture are taken with these contracts from now on.
    function _use(Release memory used) internal {
        (policy, rulebook, oracle, rounds) = (used.policy, used.rulebook, used.oracle, used.rounds);
        (conformity, shares, audits, opinions) = (used.conformity, used.shares, used.audits, used.opinions);
        (court, disputes, deliveries) = (used.court, used.disputes, used.deliveries);
        (market, lens) = (used.market, used.lens);
    }

    /// @dev For a deal that opens now and whose bids come in while another goes on.
    function _lateRequest() internal view returns (ICommissionMarket.Request memory request) {
        request = _request();
        (request.commitEnds, request.revealEnds) =
        (uint40(block.timestamp + 100 days), uint40(block.timestamp + 101 days));
    }

    function _finishBoth(Release memory old, uint256 id, Release memory next, uint256 nextId) internal {
        _use(old);
        _finish(id, "model");
        _assertState(id, ICommissionMarket.State.Settled);
        assertEq(models.ownerOf(1), customer);
        _use(next);
        _finish(nextId, "next model");
        _assertState(nextId, ICommissionMarket.State.Settled);
        assertEq(models.ownerOf(2), customer);
        _assertAllPaidOut(nextId);
        _use(old);
        _assertAllPaidOut(id);
    }

    function _withPanel(uint256 which) internal returns (uint256 id) {
        if (which == 0) return _toGranting();
        if (which == 1) return _toAttesting();
        if (which == 2) return _toBuilding();
        if (which == 3) return _toEvaluating();
        if (which == 4) (id,) = _toAuditing();
        if (which == 5) id = _toDelivering();
        if (which == 6) id = _toChallenge();
    }

    function _finish(uint256 id, bytes32 manifest) internal {
        ICommissionMarket.State state = market.stateOf(id);
        if (state == ICommissionMarket.State.Bidding) {
            _award(id, RESERVE / 2);
        } else if (state == ICommissionMarket.State.Attesting) {
            if (rounds.roundOf(_panelOf(id)).state == IRounds.State.Drawing) _seatPanel(id);
            if (rounds.roundOf(_panelOf(id)).state == IRounds.State.Granting) _grantData(id);
            _answer(id, _says(IValidationOracle.ReportStatus.Answered));
            market.advance(id);
        } else if (state == ICommissionMarket.State.Building) {
            _submit(id, manifest);
        } else if (state == ICommissionMarket.State.Evaluating) {
            _evaluate(id, THRESHOLD);
        } else if (state == ICommissionMarket.State.Auditing) {
            address[] memory seats = _auditorsOf(lens.commission(id).auditId);
            _post(id, seats[0], true);
            _post(id, seats[1], true);
            market.advance(id);
        } else if (state == ICommissionMarket.State.Delivering) {
            _deliver(id);
        } else {
            return _settle(id, manifest);
        }
        _finish(id, manifest);
    }
}
