// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IModelValidations} from "../../../contracts/interfaces/IModelValidations.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {ModelValidations} from "../../../contracts/periphery/ModelValidations.sol";
import {LineageFixture} from "../licences/LineageFixture.sol";

/// @notice What a reader of ERC-8004 calls: the read functions of its validation registry, by their signatures.
interface IERC8004Reader {
    function getIdentityRegistry() external view returns (address);
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        );
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 averageResponse);
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory);
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory);
}

/// @notice Results and audits of models, as somebody reads them who knows ERC-8004 and not this market.
contract ModelValidationsTest is LineageFixture {
    bytes32 private constant OWN = keccak256("my own model");
    string private constant ALL = "";

    IERC8004Reader private _registry;
    address[] private _everybody;

    struct Found {
        address validator;
        uint256 agentId;
        uint8 response;
        bytes32 responseHash;
        string tag;
        uint256 lastUpdate;
    }

    function setUp() public override {
        super.setUp();
        _registry = IERC8004Reader(address(new ModelValidations(models, market, conformity, audits)));
    }

    /* ONE MODEL */

    function test_aModelOfACommission() public view {
        assertEq(_registry.getIdentityRegistry(), address(models));
        bytes32[] memory names = _registry.getAgentValidations(1);
        assertEq(names.length, 1);
        Found memory one = _found(names[0]);
        assertEq(one.validator, address(market));
        assertEq(one.agentId, 1);
        assertEq(one.response, 100);
        assertEq(one.responseHash, lens.commission(commissionId).request.dataset);
        assertEq(one.tag, "order");
        assertEq(one.lastUpdate, lens.listings(commissionId, 1)[0].openedAt);
        _assertSummary(1, _everybody, ALL, 1, 100);
    }

    function test_thirdPartyTests_theNewestResult() public {
        uint256 first = block.timestamp;
        _assess(third, MODEL, THRESHOLD);
        bytes32 name = _registry.getAgentValidations(1)[1];
        Found memory one = _found(name);
        assertEq(one.validator, regulator);
        assertEq(one.response, 100);
        assertEq(one.responseHash, "set data");
        assertEq(one.tag, "test set");
        assertGe(one.lastUpdate, first);
        _assertSummary(1, _everybody, ALL, 2, 100);
        _assess(third, MODEL, THRESHOLD - 1);
        assertEq(_found(name).response, 0);
        assertGt(_found(name).lastUpdate, one.lastUpdate);
        _assertSummary(1, _everybody, ALL, 2, 50);
    }

    /// @dev A model of its own: only the test set speaks for it.
    function test_aModelOfNoCommission() public {
        _publishTested(
            third, OWN, new IModelRegistry.Lineage[](0), new ILicences.Derivation[](0), _offerOf(OWN)
        );
        uint256 agentId = models.modelCount();
        bytes32[] memory names = _registry.getAgentValidations(agentId);
        assertEq(names.length, 1);
        assertEq(_found(names[0]).validator, regulator);
        _unknown(bytes32(uint256(1) << 248 | agentId));
    }

    function test_audits_eachVerdict() public {
        (uint256 id, uint256 agentId) = _audited(AUDITED, true, true, false);
        bytes32[] memory names = _registry.getAgentValidations(agentId);
        uint256 auditId = lens.commission(id).auditId;
        address[] memory seats = _auditorsOf(auditId);
        assertEq(names.length, 1 + seats.length);
        for (uint256 i; i < seats.length; ++i) {
            Found memory one = _found(names[1 + i]);
            assertEq(one.validator, seats[i]);
            assertEq(one.agentId, agentId);
            assertEq(one.response, i == 2 ? 0 : 100);
            assertEq(one.tag, "audit");
            assertEq(one.lastUpdate, audits.verdict(auditId, i).at);
        }
        _assertSummary(agentId, _everybody, "audit", 3, 66);
        _assertSummary(agentId, _only(seats[2]), ALL, 1, 0);
        _assertSummary(agentId, seats, ALL, 3, 66);
        _assertSummary(agentId, _only(stranger()), ALL, 0, 0);
        _assertSummary(agentId, _everybody, "none such", 0, 0);
        _assertSummary(agentId, _everybody, ALL, 4, 75);
    }

    /// @dev A verdict that has expired counts no more, and can still be looked up.
    function test_audits_expire() public {
        (uint256 id, uint256 agentId) = _audited(AUDITED, true, true, true);
        bytes32 name = _registry.getAgentValidations(agentId)[1];
        vm.warp(audits.verdict(lens.commission(id).auditId, 0).expires);
        assertEq(_registry.getAgentValidations(agentId).length, 1);
        _assertSummary(agentId, _everybody, "audit", 0, 0);
        assertEq(_found(name).response, 100);
    }

    /// @dev A newer audit, in which somebody sits and has not said anything, takes nothing from the older ones.
    function test_audits_olderVerdictsStillCount() public {
        (uint256 id, uint256 agentId) = _audited(AUDITED, true, true, false);
        _replenish();
        uint256 open = _toBidding();
        IAuditRegistry.AuditTerms memory terms = audits.audit(lens.commission(id).auditId).terms;
        vm.prank(address(market));
        uint256 newer = audits.request(open, terms);
        audits.arm(newer);
        vm.roll(block.number + 3);
        audits.seat(newer);
        assertTrue(_auditorsOf(newer)[0] != address(0));
        assertEq(_registry.getAgentValidations(agentId).length, 4);
        _assertSummary(agentId, _everybody, "audit", 3, 66);
        _unknown(bytes32(uint256(3) << 248 | newer << 8));
    }

    /* NAMES */

    /// @dev Any 32 bytes are answered: with a validation that the model has, or by this error.
    function testFuzz_anyName(uint8 kind, uint40 about, bytes32 raw) public {
        _assess(third, MODEL, THRESHOLD);
        bytes32 near = bytes32(uint256(kind % 5) << 248 | uint256(about % 4) << (kind % 3 * 8) | about % 7);
        bytes32[2] memory names = [near, raw];
        for (uint256 i; i < names.length; ++i) {
            try _registry.getValidationStatus(names[i]) returns (
                address validator, uint256 agentId, uint8 response, bytes32, string memory, uint256
            ) {
                assertTrue(validator != address(0));
                assertEq(agentId, 1);
                assertEq(response, 100);
                assertTrue(_isListed(names[i]));
            } catch (bytes memory reason) {
                assertEq(
                    reason, abi.encodeWithSelector(IModelValidations.UnknownValidation.selector, names[i])
                );
            }
        }
    }

    function test_names_ofNoModelSetOrAudit() public {
        _assess(third, MODEL, THRESHOLD);
        for (uint256 i; i < 2; ++i) {
            uint256 none = i * 99; // 0, and more than there are
            _unknown(bytes32(uint256(1) << 248 | none));
            _unknown(bytes32(uint256(2) << 248 | none << 32 | setId));
            _unknown(bytes32(uint256(2) << 248 | uint256(1) << 32 | none));
            _unknown(bytes32(uint256(3) << 248 | none << 8));
        }
    }

    function testFuzz_noSuchModel(uint256 agentId) public {
        vm.assume(agentId != 1);
        bytes memory unknown = abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, agentId);
        vm.expectRevert(unknown);
        _registry.getAgentValidations(agentId);
        vm.expectRevert(unknown);
        _registry.getSummary(agentId, _everybody, ALL);
    }

    function test_validators_areNotListed() public {
        vm.expectRevert(abi.encodeWithSelector(IModelValidations.NotListed.selector, regulator));
        _registry.getValidatorRequests(regulator);
    }

    /// @dev An audit without verdicts says nothing yet, and one of a model that was never registered nothing at all.
    function test_openAudits_sayNothing() public {
        _replenish();
        (uint256 id,) = _toAuditing();
        uint256 auditId = lens.commission(id).auditId;
        _unknown(bytes32(uint256(3) << 248 | auditId << 8));
        _unknown(bytes32(uint256(3) << 248 | auditId << 8 | 9));
        address first = _auditorsOf(auditId)[0];
        _post(id, first, true);
        _unknown(bytes32(uint256(3) << 248 | auditId << 8));
    }

    function test_gas_reading() public {
        (, uint256 agentId) = _audited(AUDITED, true, true, true);
        IConformity.TestSet memory set = conformity.testSet(setId);
        for (uint256 i; i < 20; ++i) {
            vm.prank(regulator);
            conformity.register(set);
        }
        uint256 before = gasleft();
        _registry.getSummary(agentId, _everybody, ALL);
        assertLt(before - gasleft(), 1_000_000);
    }

    /* HELPERS */

    function _audited(uint8 riskClass, bool a, bool b, bool c) private returns (uint256 id, uint256 agentId) {
        _replenish();
        id = _toAudit(riskClass, "audited");
        address[] memory seats = _seatAuditors(id);
        bool[3] memory said = [a, b, c];
        for (uint256 i; i < seats.length; ++i) {
            _post(id, seats[i], said[i]);
        }
        vm.warp(block.timestamp + times.audit);
        market.advance(id);
        _deliver(id);
        _settle(id, "audited");
        agentId = models.modelCount();
    }

    function _replenish() private {
        _fund(customer, paymentToken, FUNDS, address(market));
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
    }

    function _found(bytes32 name) private view returns (Found memory one) {
        (one.validator, one.agentId, one.response, one.responseHash, one.tag, one.lastUpdate) =
            _registry.getValidationStatus(name);
    }

    function _unknown(bytes32 name) private {
        vm.expectRevert(abi.encodeWithSelector(IModelValidations.UnknownValidation.selector, name));
        _registry.getValidationStatus(name);
    }

    function _isListed(bytes32 name) private view returns (bool) {
        bytes32[] memory names = _registry.getAgentValidations(1);
        for (uint256 i; i < names.length; ++i) {
            if (names[i] == name) return true;
        }
        return false;
    }

    function _assertSummary(
        uint256 agentId,
        address[] memory validators_,
        string memory tag,
        uint64 count,
        uint8 average
    ) private view {
        (uint64 found, uint8 response) = _registry.getSummary(agentId, validators_, tag);
        assertEq(found, count, "count");
        assertEq(response, average, "average");
    }

    function _only(address validator) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = validator;
    }

    function stranger() private returns (address) {
        return makeAddr("stranger");
    }
}
