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
import {Deliveries} from "../../../contracts/kernel/Deliveries.sol";
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
import {EarlierReleaseTest} from "./EarlierRelease.t.sol";

/// @notice Audits as they were before verdicts were sealed.
interface IOpenAudits {
    function post(uint256 auditId, uint256 seatNumber, bool approve, bytes32 report, uint8 scopes) external;
}

/// @notice The market of an earlier release, from the code that was deployed (`tests/releases`).
abstract contract FrozenRelease is EarlierReleaseTest {
    function _version() internal pure virtual returns (string memory);

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

    function _deployModules() internal virtual override {
        models = ModelRegistry(_frozen("ModelRegistry", abi.encode(this)));
        _deployJudges();
        market = CommissionMarket(_frozen("CommissionMarket", abi.encode(_marketModules())));
        lens = CommissionLens(_frozen("CommissionLens", abi.encode(market, models)));
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
        return vm.deployCode(string.concat("tests/releases/", _version(), "/", name, ".json"), arguments);
    }

    /// @dev The view of a whole audit has other fields there.
    function _auditorsOf(uint256 auditId) internal view override returns (address[] memory seats) {
        if (_sealsVerdicts()) return super._auditorsOf(auditId);
        seats = new address[](AUDITS);
        for (uint256 i; i < AUDITS; ++i) {
            seats[i] = audits.verdict(auditId, i).auditor;
        }
    }

    function _postVerdict(uint256 auditId, uint256 seat, bool approve) internal override {
        if (_sealsVerdicts()) return super._postVerdict(auditId, seat, approve);
        vm.prank(audits.verdict(auditId, seat).auditor);
        IOpenAudits(address(audits)).post(auditId, seat, approve, AUDIT_REPORT, COVERED);
    }

    function _sealsVerdicts() private view returns (bool) {
        try audits.sealOf(1, address(this), true, AUDIT_REPORT, COVERED, AUDIT_SALT) returns (bytes32) {
            return true;
        } catch {
            return false;
        }
    }
}
