// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {IFactSource} from "../../../contracts/interfaces/IReputation.sol";
import {SystemFixture} from "./SystemFixture.sol";

/// @notice `wiring.json` says who may do what in a market. Here the fixture is held against it, in
/// `tests/integration/test_wiring.py` what `scripts/deploy.py` deploys: the two cannot drift apart.
contract SystemWiringTest is SystemFixture {
    string[] private _grants;
    uint256 private _found;

    function test_theFixtureIsWiredAsTheDeploymentIs() public {
        _grants = vm.parseJsonStringArray(vm.readFile("client/assay/chain/wiring.json"), ".grants");
        for (uint256 i; i < _holders().length; ++i) {
            (address holder, string memory name) = (_holders()[i], _names()[i]);
            _check(escrow.isAuthorised(holder), string.concat(name, " opens holds"));
            _check(reputation.isSource(IFactSource(holder)), string.concat(name, " states facts"));
            for (uint256 j; j < _governed().length; ++j) {
                _checkRoles(_governed()[j], _governedNames()[j], holder, name);
            }
            _checkRoles(timelock, "MarketTimelock", holder, name);
        }
        assertEq(_found, _grants.length, "nothing in the list is missing");
    }

    /// @dev What the contracts were built upon.
    function test_theModulesKnowOneAnother() public view {
        assertEq(address(auctions.ESCROW()), address(escrow));
        assertEq(address(staking.ESCROW()), address(escrow));
        assertEq(address(staking.REGISTRY()), address(registry));
        assertEq(staking.token(), address(stakingToken));
        assertEq(staking.EPOCH(), EPOCH);
        assertEq(staking.EXIT_COOLDOWN(), EXIT_COOLDOWN);
        assertEq(staking.epoch(), block.timestamp / EPOCH);
        assertEq(address(oracle.REGISTRY()), address(registry));
        assertEq(address(oracle.STAKING()), address(staking));
        assertEq(address(oracle.RANDOMNESS()), address(randomness));
        assertEq(address(registry.POLICY()), address(policy));
        assertEq(audits.BOND_TOKEN(), address(stakingToken));
        assertEq(court.BOND_TOKEN(), address(stakingToken));
        assertEq(court.ENROLMENT_WAIT(), ENROLMENT_WAIT);
        assertEq(market.disputes(), address(disputes));
        assertEq(address(conformity.ESCROW()), address(escrow));
        assertEq(address(conformity.ROUNDS()), address(rounds));
        assertEq(address(conformity.REGISTRY()), address(registry));
        assertEq(address(conformity.POLICY()), address(policy));
        assertEq(address(chambers.REGISTRY()), address(registry));
        assertEq(chambers.SEAT_DELAY(), SEAT_DELAY);
        assertEq(address(governor.token()), address(chambers));
        assertEq(governor.timelock(), address(timelock));
    }

    function _checkRoles(AccessControl target, string memory targetName, address holder, string memory name)
        private
    {
        for (uint256 i; i < _roles().length; ++i) {
            bytes32 role = i == 0 ? bytes32(0) : keccak256(bytes(_roles()[i]));
            string memory grant = string.concat(name, " is ", _roles()[i], " of ", targetName);
            _check(target.hasRole(role, holder), grant);
        }
    }

    function _check(bool held, string memory grant) private {
        assertEq(held, _isListed(grant), grant);
        if (held) ++_found;
    }

    function _isListed(string memory grant) private view returns (bool) {
        for (uint256 i; i < _grants.length; ++i) {
            if (keccak256(bytes(_grants[i])) == keccak256(bytes(grant))) return true;
        }
        return false;
    }

    /// @dev All that could hold a role: the modules, governance, and those who set the market up or merely use it.
    function _holders() private view returns (address[29] memory) {
        return [
            address(auctions),
            address(staking),
            address(oracle),
            address(audits),
            address(conformity),
            address(opinions),
            address(market),
            governance,
            address(this),
            customer,
            address(models),
            address(court),
            address(disputes),
            address(chambers),
            address(timelock),
            address(governor),
            address(reputation),
            address(facts),
            address(shares),
            address(rulebook),
            address(lens),
            address(rounds),
            address(deliveries),
            address(goods),
            address(licences),
            address(trials),
            address(sales),
            address(pledges),
            address(lineageClaims)
        ];
    }

    function _names() private pure returns (string[29] memory) {
        return [
            "VickreyAuction",
            "ValidatorStaking",
            "ValidationOracle",
            "AuditRegistry",
            "Conformity",
            "Opinions",
            "CommissionMarket",
            "governance",
            "deployer",
            "customer",
            "ModelRegistry",
            "Court",
            "Disputes",
            "Chambers",
            "MarketTimelock",
            "MarketGovernor",
            "Reputation",
            "CommissionFacts",
            "FeeShares",
            "Rulebook",
            "CommissionLens",
            "Rounds",
            "Deliveries",
            "Goods",
            "Licences",
            "Trials",
            "Sales",
            "Pledges",
            "LineageClaims"
        ];
    }

    function _governedNames() private pure returns (string[9] memory) {
        return [
            "Policy",
            "ParticipantRegistry",
            "Escrow",
            "ValidatorStaking",
            "ModelRegistry",
            "Reputation",
            "FeeShares",
            "Rounds",
            "Goods"
        ];
    }

    function _roles() private pure returns (string[7] memory) {
        return [
            "DEFAULT_ADMIN_ROLE",
            "MODULE_ROLE",
            "ACCREDITOR_ROLE",
            "BRAKE_ROLE",
            "PROPOSER_ROLE",
            "EXECUTOR_ROLE",
            "CANCELLER_ROLE"
        ];
    }
}
