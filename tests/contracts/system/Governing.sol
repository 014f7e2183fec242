// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {Disputing} from "./Disputing.sol";

/// @notice Governance: it changes every rule within its bounds, withdraws and gives back what modules may, forbids the
/// token, and every now and then returns to the rules that the market started with, so that deals go on opening.
abstract contract Governing is Disputing {
    function _govern(uint256 seed) internal {
        uint256 act = seed % 16;
        if (act < 6) _startingRules();
        else if (act < 12) _changeRule(act, seed / 16);
        else _changeModules(act, seed / 16);
    }

    function _startingRules() private {
        vm.startPrank(governance);
        if (block.timestamp < policy.haltedUntil()) policy.release();
        _setTokenRule(true, 1e18, 50e18, _stepFee(), PANEL);
        policy.setFee(25_000, treasury);
        policy.setBidBond(100_000);
        policy.setTimeouts(times);
        policy.setStakes(IPolicy.Stakes(SEAT, AUDITOR_BOND, 50_000, 200_000));
        policy.setRiskClass(UNAUDITED, IPolicy.RiskClass(true, 0, false, false, 0, false));
        policy.setRiskClass(AUDITED, IPolicy.RiskClass(true, AUDITS, true, true, 0, false));
        policy.setShareCap(1, IPolicy.ShareCap(0, 0, 0));
        policy.setFeeShareCap(IPolicy.ShareCap(0, 0, 0));
        policy.setConformitySet(1, 0);
        policy.setArbitrator(address(outside), true);
        policy.setJurisdictionRule(1, 1, 0);
        policy.setCoolingOff(COOLING_OFF);
        policy.setWaits(TRUSTED_WAIT, 90 days);
        address[8] memory modules = _modules();
        for (uint256 i; i < modules.length; ++i) {
            if (!escrow.isAuthorised(modules[i])) escrow.authorise(modules[i]);
        }
        bytes32 role = staking.MODULE_ROLE();
        staking.grantRole(role, address(rounds));
        rounds.grantRole(role, address(market));
        rounds.grantRole(role, address(conformity));
        registry.grantRole(role, address(market));
        models.grantRole(role, address(market));
        vm.stopPrank();
    }

    function _changeRule(uint256 act, uint256 seed) private {
        uint32 ppm = uint32(seed % 1_000_001);
        if (act == 7 && seed % 3 == 0 && block.timestamp >= policy.haltableFrom()) {
            vm.prank(address(governor));
            policy.halt();
        }
        vm.startPrank(governance);
        if (act == 6) {
            uint8 size = uint8(3 + seed / 8 % 4 * (seed / 32 % 4)); // mostly small enough for the pool
            if (size % 2 == 0) ++size;
            uint88 fee = uint88(seed % 2 * 5e18);
            uint88 stepFee = uint88(fee * (seed / 4 % 3) / 2);
            _setTokenRule(seed % 4 != 0, fee, uint96(seed % 200e18), stepFee, size);
        }
        if (act == 7) policy.setFee(ppm % 50_001, seed % 2 == 0 ? treasury : stranger);
        if (act == 8) policy.setBidBond(100_000 + ppm % 900_001);
        if (act == 9) policy.setTimeouts(_timeouts(seed));
        if (act == 10) {
            uint96 most = type(uint96).max; // once in sixteen nobody can afford to sit
            uint96 seat = seed / 4 % 16 == 0 ? most : uint96(1 + seed % 2 * SEAT);
            policy.setStakes(IPolicy.Stakes(seat, uint96(seed % SEAT), ppm / 2, ppm));
        }
        if (act == 11) {
            policy.setCoolingOff(uint40(seed % 365 days));
            policy.setWaits(uint40(seed % 30 days), uint40(seed % 300 days));
            policy.setShareCap(1, IPolicy.ShareCap(ppm / 2, 30 days, 1e18));
            policy.setJurisdictionRule(1, 1, seed % 2 * 2);
            policy.setArbitrator(address(outside), seed / 4 % 2 == 0);
            policy.setDataRule(1, IPolicy.DataRule(uint40(seed % 365 days), 0));
            // Half of the time by a third party's test, of a set that may not exist, and with a cap on fees.
            policy.setConformitySet(1, seed / 2 % 4 == 0 ? 1 : uint32(1 + seed % type(uint32).max));
            policy.setFeeShareCap(IPolicy.ShareCap(ppm, uint40(1 days + seed % 1 days), uint96(seed % 1e21)));
            policy.setRiskClass(
                AUDITED,
                IPolicy.RiskClass(
                    true, uint8(1 + seed % 7), seed % 2 == 0, true, uint40(seed % 1 days), seed / 4 % 2 == 0
                )
            );
        }
        vm.stopPrank();
    }

    /// @dev One module may no longer do one thing.
    function _changeModules(uint256 act, uint256 seed) private {
        vm.startPrank(governance);
        bytes32 role = staking.MODULE_ROLE();
        address module = _modules()[seed % 8];
        if (act == 12 && escrow.isAuthorised(module)) escrow.retire(module);
        if (act == 13) {
            module = seed % 4 == 0 ? address(conformity) : address(market);
            if (seed % 2 == 0) rounds.revokeRole(role, module);
            else staking.revokeRole(role, address(rounds));
        }
        if (act == 14) registry.revokeRole(role, address(market));
        if (act == 15) models.revokeRole(role, address(market));
        vm.stopPrank();
    }

    /// @dev What no caller without a key or a part may do; nothing of it may succeed.
    function _trespass(uint256 id, address by, uint256 seed) internal {
        (bytes32 hold, uint256 auctionId) = (bytes32(id), lens.commission(id).auctionId);
        address token = address(paymentToken);
        address target = address(escrow);
        bytes memory data;
        uint256 kind = seed % 22;
        if (kind == 0) data = abi.encodeCall(escrow.release, (hold, token, by, 1));
        if (kind == 1) data = abi.encodeCall(escrow.burn, (hold, token, 1));
        if (kind == 2) data = abi.encodeCall(escrow.moveHold, (hold, token, by, hold, 1));
        if (kind == 3) data = abi.encodeCall(escrow.openHold, (hold, token, customer, 1));
        if (kind == 4) data = abi.encodeCall(escrow.fund, (hold, token, customer, 1));
        if (kind == 5) data = abi.encodeCall(escrow.authorise, (by));
        if (kind == 6) data = abi.encodeCall(escrow.retire, (address(market)));
        if (kind == 7) data = abi.encodeCall(IAccessControl.grantRole, (bytes32(0), by));
        if (kind == 8) (target, data) = _onOracle(id, seed / 22);
        if (kind == 9) {
            (target, data) = (address(auctions), abi.encodeCall(auctions.close, (auctionId, hold)));
        }
        if (kind == 10) {
            (target, data) = (address(auctions), abi.encodeCall(auctions.reclaim, (auctionId, stranger)));
        }
        if (kind == 11) {
            (target, data) =
            (address(staking), abi.encodeCall(staking.slash, (validators[0], SEAT, "grudge")));
        }
        if (kind == 12) {
            IValidatorStaking.Lock[] memory locks = new IValidatorStaking.Lock[](1);
            locks[0] = IValidatorStaking.Lock(validators[0], 1);
            (target, data) = (address(staking), abi.encodeCall(staking.unlock, (locks)));
        }
        if (kind == 13) (target, data) = _onModels(id, by);
        if (kind == 14) {
            (target, data) = (address(registry), abi.encodeCall(registry.recordDealing, (by, customer)));
        }
        if (kind == 15) {
            (target, data) = (address(registry), abi.encodeCall(registry.revokeAccreditation, (auditors[0])));
        }
        if (kind == 16) (target, data) = (address(policy), abi.encodeCall(policy.setFee, (50_000, by)));
        if (kind == 17) {
            (target, data) = (address(audits), abi.encodeCall(audits.conclude, (seed / 22 % 8)));
        }
        if (kind >= 18) (target, data) = _onDisputes(id, kind, seed / 22);
        if (_tried(by, target, data)) ++trespasses;
    }

    /// @dev To rule without being the arbitrator, and to open a case without a dispute.
    function _onDisputes(uint256 id, uint256 kind, uint256 seed)
        private
        view
        returns (address, bytes memory)
    {
        if (kind == 18) {
            return (address(market), abi.encodeCall(market.contest, (id, uint40(block.timestamp))));
        }
        if (kind == 19) {
            return (address(market), abi.encodeCall(market.resolve, (id, Side(seed % 3), 0)));
        }
        if (kind == 20) return (address(disputes), abi.encodeCall(disputes.rule, (seed % 4, 1)));
        return (address(court), abi.encodeCall(court.createDispute, (2, abi.encode(market, id, stranger))));
    }

    function _onOracle(uint256 id, uint256 seed) private view returns (address, bytes memory) {
        (, IRounds.RoundView memory round) = _round(_panelOf(id));
        uint256 requestId = round.requestId;
        uint256 panelId = _panelOf(id);
        uint256 kind = seed % 9;
        if (kind == 0) return (address(oracle), abi.encodeCall(oracle.judge, (requestId, requestId)));
        if (kind == 1) return (address(oracle), abi.encodeCall(oracle.vacate, (panelId, 1)));
        if (kind == 2) return (address(oracle), abi.encodeCall(oracle.dissolve, (panelId)));
        if (kind == 3) return (address(oracle), abi.encodeCall(oracle.arm, (panelId)));
        if (kind == 4) return (address(oracle), abi.encodeCall(oracle.seat, (panelId)));
        if (kind == 5) return (address(rounds), abi.encodeCall(rounds.advance, (panelId)));
        if (kind == 6) return (address(rounds), abi.encodeCall(rounds.close, (panelId)));
        if (kind == 7) return (address(market), abi.encodeCall(market.onDelivered, (id, "word")));
        return (address(market), abi.encodeCall(market.onRefuted, (id, "word")));
    }

    function _onModels(uint256 id, address by) private view returns (address, bytes memory) {
        IModelRegistry.Registration memory version = IModelRegistry.Registration("x", "x", by, id, 1_000_000);
        bytes memory data =
            abi.encodeCall(models.registerModel, (by, version, new IModelRegistry.Lineage[](0)));
        return (address(models), data);
    }

    function _setTokenRule(bool allowed, uint96 minFee, uint96 appealBond, uint88 stepFee, uint8 size)
        private
    {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, size);
        policy.setTokenRule(
            address(paymentToken), IPolicy.TokenRule(allowed, minFee, appealBond, stepFee), tiers
        );
    }

    /// @dev Each between a minute and sixty days, and at times all of them as short or as long as that.
    function _timeouts(uint256 seed) private pure returns (IPolicy.Timeouts memory t) {
        if (seed % 8 < 2) {
            uint32 all = seed % 8 == 0 ? 1 minutes : 60 days;
            return IPolicy.Timeouts(all, all, all, all, all, all, all, all);
        }
        uint32 longest = 60 days - 1 minutes + 1;
        t.draw = uint32(1 minutes + _hash(seed, 0) % longest);
        t.grant = uint32(1 minutes + _hash(seed, 1) % longest);
        t.commit = uint32(1 minutes + _hash(seed, 2) % longest);
        t.reveal = uint32(1 minutes + _hash(seed, 3) % longest);
        t.appeal = uint32(1 minutes + _hash(seed, 4) % longest);
        t.audit = uint32(1 minutes + _hash(seed, 5) % longest);
        t.delivery = uint32(1 minutes + _hash(seed, 6) % longest);
        t.challenge = uint32(1 minutes + _hash(seed, 7) % longest);
    }

    function _modules() internal view returns (address[8] memory) {
        return [
            address(market),
            address(auctions),
            address(staking),
            address(rounds),
            address(audits),
            address(court),
            address(conformity),
            address(opinions)
        ];
    }
}
