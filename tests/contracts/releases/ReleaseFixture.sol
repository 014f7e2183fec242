// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Agreements} from "../../../contracts/access/Agreements.sol";
import {VickreyAuction} from "../../../contracts/auction/VickreyAuction.sol";
import {AuditRegistry} from "../../../contracts/audit/AuditRegistry.sol";
import {Conformity} from "../../../contracts/audit/Conformity.sol";
import {FeeShares} from "../../../contracts/audit/FeeShares.sol";
import {Opinions} from "../../../contracts/audit/Opinions.sol";
import {Court} from "../../../contracts/dispute/Court.sol";
import {Disputes} from "../../../contracts/dispute/Disputes.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
import {CommissionMarket} from "../../../contracts/market/CommissionMarket.sol";
import {Rounds} from "../../../contracts/oracle/Rounds.sol";
import {ValidationOracle} from "../../../contracts/oracle/ValidationOracle.sol";
import {CommissionFacts} from "../../../contracts/periphery/CommissionFacts.sol";
import {CommissionLens} from "../../../contracts/periphery/CommissionLens.sol";
import {Policy} from "../../../contracts/policy/Policy.sol";
import {Rulebook} from "../../../contracts/policy/Rulebook.sol";
import {PromisesFixture} from "../promises/PromisesFixture.sol";

/// @notice Two releases of the market in one chain, and the steps by which the deals of both come to their ends.
abstract contract ReleaseFixture is PromisesFixture {
    /// @dev The contracts that a release may replace.
    struct Release {
        Policy policy;
        Rulebook rulebook;
        VickreyAuction auctions;
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
        (used.market, used.lens, used.auctions) = (market, lens, auctions);
    }

    /// @dev The steps of the fixture are taken with these contracts from now on.
    function _use(Release memory used) internal {
        (policy, rulebook, oracle, rounds) = (used.policy, used.rulebook, used.oracle, used.rounds);
        (conformity, shares, audits, opinions) = (used.conformity, used.shares, used.audits, used.opinions);
        (court, disputes, deliveries) = (used.court, used.disputes, used.deliveries);
        (market, lens, auctions) = (used.market, used.lens, used.auctions);
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

    /// @dev Today's modules on the Escrow, participants, stakes and models that are there already. Of the old
    /// ones, those that open deals are retired. Rounds, Court and AuditRegistry keep their rights until the last old
    /// deal has ended: appeals, disputes and auditors' bonds take money anew.
    function _upgrade() internal returns (Release memory next) {
        escrow.retire(address(market));
        escrow.retire(address(conformity));
        escrow.retire(address(opinions));
        policy = new Policy(address(this));
        policy.setWaits(TRUSTED_WAIT, 90 days);
        policy.addDomain("healthcare");
        policy.addJurisdiction("US");
        rulebook = new Rulebook(policy);
        agreements = new Agreements();
        auctions = new VickreyAuction(escrow, registry, agreements);
        escrow.authorise(address(auctions));
        oracle = new ValidationOracle(registry, staking, randomness);
        rounds = new Rounds(address(this), escrow, oracle);
        _newJudges();
        market = new CommissionMarket(_marketModules());
        _deployLicences();
        lens = new CommissionLens(market, models);
        facts = new CommissionFacts(market, audits, policy);
        escrow.authorise(address(rounds));
        staking.grantRole(staking.MODULE_ROLE(), address(oracle));
        staking.grantRole(staking.MODULE_ROLE(), address(rounds));
        _authorise();
        _setRules();
        _fund(customer, paymentToken, FUNDS, address(market));
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        return _current();
    }

    function _newJudges() private {
        deliveries = new Deliveries();
        conformity = new Conformity(escrow, registry, policy, rounds, rulebook);
        shares = new FeeShares(address(this), registry, policy);
        audits = new AuditRegistry(
            escrow, registry, policy, randomness, conformity, shares, address(stakingToken), EPOCH
        );
        opinions = new Opinions(escrow, registry, policy, shares);
        court = new Court(escrow, registry, audits, randomness, address(stakingToken), ENROLMENT_WAIT, EPOCH);
        disputes = new Disputes(escrow, court);
    }
}
