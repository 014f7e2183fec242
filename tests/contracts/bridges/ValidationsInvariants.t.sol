// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IModelValidations} from "../../../contracts/interfaces/IModelValidations.sol";
import {ModelValidations} from "../../../contracts/periphery/ModelValidations.sol";
import {LineageFixture} from "../licences/LineageFixture.sol";

/// @notice What is read of two models, one audited and one not, while test sets are registered, taken anew, passed and
/// failed by anybody, and verdicts expire: it is one whole, and what the market's own contracts say.
/// forge-config: default.invariant.runs = 6
/// forge-config: default.invariant.depth = 24
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: deep.invariant.depth = 48
contract ValidationsInvariants is LineageFixture {
    uint256 private constant MODELS = 2;

    IModelValidations private _registry;
    uint256 private _auditId;
    uint32[] private _sets;
    mapping(uint32 set => mapping(uint256 agentId => bool)) private _passed; // the newest result
    mapping(uint32 set => mapping(uint256 agentId => uint256)) private _asked; // when
    mapping(bytes32 name => uint256) private _updated; // as it was read last
    bytes32[] private _names; // that were ever listed
    uint256 private _broken;

    function setUp() public override {
        super.setUp();
        _registry = new ModelValidations(models, market, conformity, audits);
        _fund(customer, paymentToken, FUNDS, address(market));
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        uint256 id = _toAudit(AUDITED, "audited");
        address[] memory seats = _seatAuditors(id);
        for (uint256 i; i < seats.length; ++i) {
            _post(id, seats[i], i != 1);
        }
        vm.warp(block.timestamp + times.audit);
        market.advance(id);
        _deliver(id);
        _settle(id, "audited");
        _auditId = audits.latestAudit(_manifest(2));
        _sets.push(setId);
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](4);
        acts[0] = this.assess.selector;
        acts[1] = this.register.selector;
        acts[2] = this.wait.selector;
        acts[3] = this.look.selector;
        targetSelector(FuzzSelector(address(this), acts));
    }

    /* ACTS */

    /// @dev Anybody has a model tested on one of the sets.
    function assess(uint256 seed) public {
        setId = _sets[seed % _sets.length];
        uint256 agentId = 1 + seed / 8 % MODELS;
        bool passes = seed / 64 % 2 == 0;
        _assess(seed / 128 % 2 == 0 ? third : rival, _manifest(agentId), passes ? THRESHOLD : THRESHOLD - 1);
        _passed[setId][agentId] = passes;
        _asked[setId][agentId] = conformity.standingOf(setId, _manifest(agentId)).at;
    }

    function register(uint256 seed) public {
        if (_sets.length == 4) return;
        IConformity.TestSet memory set = conformity.testSet(_sets[0]);
        set.dataset = keccak256(abi.encode("set", seed, _sets.length));
        vm.prank(regulator);
        _sets.push(conformity.register(set));
    }

    function wait(uint256 seed) public {
        skip(seed % 8 == 0 ? 400 days : seed % 20 days);
    }

    /// @dev What was said is said again until something new is; and nothing that is named becomes older.
    function look(uint256 seed) public {
        bytes32[] memory names = _registry.getAgentValidations(1 + seed % MODELS);
        for (uint256 i; i < names.length; ++i) {
            if (_updated[names[i]] == 0) _names.push(names[i]);
            uint256 at = _at(names[i]);
            if (at < _updated[names[i]]) _broken = 1;
            _updated[names[i]] = at;
        }
    }

    /* INVARIANTS */

    function invariant_WhatIsReadIsWhatTheMarketSays() public view {
        assertEq(_broken, 0, "older than before");
        for (uint256 agentId = 1; agentId <= MODELS; ++agentId) {
            _isWhole(agentId);
        }
        for (uint256 i; i < _names.length; ++i) {
            _at(_names[i]); // can be read, whatever has expired
        }
    }

    /// @dev Every name is read, is of this model, and is of a kind; the summary counts them, whoever is asked about.
    function _isWhole(uint256 agentId) private view {
        bytes32[] memory names = _registry.getAgentValidations(agentId);
        uint256 sum;
        uint256 ofRegulator;
        uint256 order;
        uint256 tests;
        for (uint256 i; i < names.length; ++i) {
            (address validator, uint256 agent, uint8 response, bytes32 data, string memory tag,) =
                _registry.getValidationStatus(names[i]);
            assertEq(agent, agentId, "of another model");
            assertTrue(response == 0 || response == 100, "no such response");
            for (uint256 j; j < i; ++j) {
                assertTrue(names[i] != names[j], "twice");
            }
            sum += response;
            if (validator == regulator) ++ofRegulator;
            bytes32 kind = keccak256(bytes(tag));
            if (kind == keccak256("order")) ++order;
            if (kind == keccak256("test set")) {
                ++tests;
                _isTheNewest(agentId, uint32(uint256(names[i])), response, data);
            }
        }
        assertEq(order, 1, "an order each");
        assertEq(tests, _taken(agentId), "every set that was taken");
        assertEq(names.length - order - tests, agentId == 2 ? _counting() : 0, "verdicts that count");
        (uint64 count, uint8 average) = _registry.getSummary(agentId, new address[](0), "");
        assertEq(count, names.length);
        assertEq(average, sum / names.length);
        address[] memory trusted = new address[](1);
        trusted[0] = regulator;
        (count,) = _registry.getSummary(agentId, trusted, "");
        assertEq(count, ofRegulator, "of those whom a reader trusts");
    }

    function _isTheNewest(uint256 agentId, uint32 set, uint8 response, bytes32 data) private view {
        assertEq(response == 100, _passed[set][agentId], "not the newest result");
        assertEq(data, conformity.testSet(set).dataset, "other data");
    }

    function _taken(uint256 agentId) private view returns (uint256 count) {
        for (uint256 i; i < _sets.length; ++i) {
            if (_asked[_sets[i]][agentId] != 0) ++count;
        }
    }

    function _counting() private view returns (uint256 count) {
        uint256 seats = audits.audit(_auditId).seats.length;
        for (uint256 i; i < seats; ++i) {
            if (block.timestamp < audits.verdict(_auditId, i).expires) ++count;
        }
    }

    function _at(bytes32 name) private view returns (uint256 at) {
        (,,,,, at) = _registry.getValidationStatus(name);
        assertGt(at, 0);
    }

    function _manifest(uint256 agentId) private view returns (bytes32) {
        return models.latestVersion(agentId);
    }
}
