// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ParticipantRegistry} from "../../../contracts/access/ParticipantRegistry.sol";
import {VickreyAuction} from "../../../contracts/auction/VickreyAuction.sol";
import {AuditRegistry} from "../../../contracts/audit/AuditRegistry.sol";
import {Conformity} from "../../../contracts/audit/Conformity.sol";
import {FeeShares} from "../../../contracts/audit/FeeShares.sol";
import {Opinions} from "../../../contracts/audit/Opinions.sol";
import {Reputation} from "../../../contracts/audit/Reputation.sol";
import {Court} from "../../../contracts/dispute/Court.sol";
import {Disputes} from "../../../contracts/dispute/Disputes.sol";
import {Escrow} from "../../../contracts/escrow/Escrow.sol";
import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IDeliveryClient} from "../../../contracts/interfaces/IDeliveries.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {CommissionMarket} from "../../../contracts/market/CommissionMarket.sol";
import {ModelRegistry} from "../../../contracts/market/ModelRegistry.sol";
import {Rounds} from "../../../contracts/oracle/Rounds.sol";
import {ValidationOracle} from "../../../contracts/oracle/ValidationOracle.sol";
import {ValidatorStaking} from "../../../contracts/oracle/ValidatorStaking.sol";
import {CommissionFacts} from "../../../contracts/periphery/CommissionFacts.sol";
import {CommissionLens} from "../../../contracts/periphery/CommissionLens.sol";
import {Policy} from "../../../contracts/policy/Policy.sol";
import {Rulebook} from "../../../contracts/policy/Rulebook.sol";
import {BlockhashRandomness} from "../../../contracts/randomness/BlockhashRandomness.sol";
import {ReleaseFixture} from "../promises/ReleaseFixture.sol";

/// @notice What release 0.2.0 says in other words than today, as far as tests speak with it.
interface IRelease020 {
    struct TokenRule {
        bool allowed;
        uint96 minEvaluationFee;
        uint96 appealBond;
    }

    struct Commission {
        ICommissionMarket.State state;
        ICommissionMarket.Cause cause;
        address customer;
        address developer;
        uint96 price;
        uint40 deadline;
        uint40 buildDeadline;
        uint8 attempts;
        int64 bestScore;
        int64 lastScore;
        uint8 panelSize;
        uint8 audits;
        uint32 feePpm;
        uint96 spent;
        uint96 bond;
        uint256 auctionId;
        uint256 panelId;
        uint256 auditId;
        uint256 modelId;
        bytes32 submissionHash;
        bytes32 manifest;
        bytes32 word;
        ICommissionMarket.Request request;
        IPolicy.Timeouts timeouts;
    }

    function setTokenRule(address token, TokenRule calldata rule, IPolicy.PanelTier[] calldata tiers) external;

    function commission(uint256 id) external view returns (Commission memory);

    function refute(
        IDeliveryClient market,
        uint256 dealId,
        bytes32 kept,
        bytes32 keyHash,
        KeyExchange.Point calldata recipient,
        KeyExchange.Delivery calldata delivery,
        KeyExchange.Refutation calldata proof
    ) external;
}

/// @notice The lens of 0.2.0 behind today's interface, as far as the fixtures read it.
contract Lens020 {
    IRelease020 private immutable _LENS;

    constructor(IRelease020 lens) {
        _LENS = lens;
    }

    function commission(uint256 id) external view returns (ICommissionLens.Commission memory c) {
        IRelease020.Commission memory old = _LENS.commission(id);
        (c.state, c.cause, c.deadline, c.request) = (old.state, old.cause, old.deadline, old.request);
        (c.auctionId, c.panelId, c.auditId) = (old.auctionId, old.panelId, old.auditId);
    }
}

/// @notice The market of release 0.2.0, from the code that was deployed (`tests/releases`), and how today's market is
/// set up beside it.
abstract contract Release020 is ReleaseFixture {
    function _deploy() internal override {
        policy = Policy(_frozen("Policy", abi.encode(this)));
        rulebook = Rulebook(_frozen("Rulebook", abi.encode(policy)));
        registry = ParticipantRegistry(_frozen("ParticipantRegistry", abi.encode(this, policy)));
        escrow = Escrow(_frozen("Escrow", abi.encode(this)));
        auctions = VickreyAuction(_frozen("VickreyAuction", abi.encode(escrow, registry)));
        bytes memory stakes = abi.encode(this, escrow, registry, stakingToken, EPOCH, EXIT_COOLDOWN);
        staking = ValidatorStaking(_frozen("ValidatorStaking", stakes));
        randomness = BlockhashRandomness(_frozen("BlockhashRandomness", ""));
        oracle = ValidationOracle(_frozen("ValidationOracle", abi.encode(registry, staking, randomness)));
        rounds = Rounds(_frozen("Rounds", abi.encode(this, escrow, oracle)));
    }

    function _deployModules() internal override {
        models = ModelRegistry(_frozen("ModelRegistry", abi.encode(this)));
        _deployJudges();
        market = CommissionMarket(_frozen("CommissionMarket", abi.encode(_marketModules())));
        address lensBehind = _frozen("CommissionLens", abi.encode(market, models));
        lens = CommissionLens(address(new Lens020(IRelease020(lensBehind))));
        reputation = Reputation(_frozen("Reputation", abi.encode(this, policy)));
        facts = CommissionFacts(_frozen("CommissionFacts", abi.encode(market, audits, policy)));
    }

    function _deployJudges() private {
        deliveries = Deliveries(_frozen("Deliveries", ""));
        bytes memory tests = abi.encode(escrow, registry, policy, rounds, rulebook);
        conformity = Conformity(_frozen("Conformity", tests));
        shares = FeeShares(_frozen("FeeShares", abi.encode(this, registry, policy)));
        bytes memory pool =
            abi.encode(escrow, registry, policy, randomness, conformity, shares, stakingToken, EPOCH);
        audits = AuditRegistry(_frozen("AuditRegistry", pool));
        opinions = Opinions(_frozen("Opinions", abi.encode(escrow, registry, policy, shares)));
        bytes memory jurors =
            abi.encode(escrow, registry, audits, randomness, stakingToken, ENROLMENT_WAIT, EPOCH);
        court = Court(_frozen("Court", jurors));
        disputes = Disputes(_frozen("Disputes", abi.encode(escrow, court)));
    }

    function _frozen(string memory name, bytes memory arguments) private returns (address) {
        return vm.deployCode(string.concat("tests/releases/0.2.0/", name, ".json"), arguments);
    }

    function _setTokenRule(IPolicy.PanelTier[] memory tiers) internal override {
        if (address(policy) != address(registry.POLICY())) return super._setTokenRule(tiers);
        IRelease020.TokenRule memory rule = IRelease020.TokenRule(true, 1e18, 50e18);
        IRelease020(address(policy)).setTokenRule(address(paymentToken), rule, tiers);
    }

    /// @dev Today's modules on the Escrow, participants, auctions, stakes and models that are there already. Of the old
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
        oracle = new ValidationOracle(registry, staking, randomness);
        rounds = new Rounds(address(this), escrow, oracle);
        _newJudges();
        market = new CommissionMarket(_marketModules());
        lens = new CommissionLens(market, models);
        facts = new CommissionFacts(market, audits, policy);
        escrow.authorise(address(rounds));
        staking.grantRole(staking.MODULE_ROLE(), address(oracle));
        staking.grantRole(staking.MODULE_ROLE(), address(rounds));
        _authorise();
        _setRules();
        _fund(customer, paymentToken, FUNDS, address(market));
        _fund(developer, paymentToken, BOND, address(auctions));
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
