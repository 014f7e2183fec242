// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IDeliveryClient} from "../../../contracts/interfaces/IDeliveries.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {CommissionLens} from "../../../contracts/periphery/CommissionLens.sol";
import {FrozenRelease} from "./FrozenRelease.sol";

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

/// @notice From release 0.2.0.
contract Release020Test is FrozenRelease {
    function _version() internal pure override returns (string memory) {
        return "0.2.0";
    }

    function _deployModules() internal override {
        super._deployModules();
        lens = CommissionLens(address(new Lens020(IRelease020(address(lens)))));
    }

    function _setTokenRule(IPolicy.PanelTier[] memory tiers) internal override {
        if (address(policy) != address(registry.POLICY())) return super._setTokenRule(tiers);
        IRelease020.TokenRule memory rule = IRelease020.TokenRule(true, 1e18, 50e18);
        IRelease020(address(policy)).setTokenRule(address(paymentToken), rule, tiers);
    }

    function _refuteAgreed(uint256 id, Exchange memory x, bytes32 agreed) internal override {
        if (address(policy) != address(registry.POLICY())) return super._refuteAgreed(id, x, agreed);
        bytes32 kept = _commitment(_context(x), _delivery(x));
        IRelease020(address(deliveries))
            .refute(market, id, kept, agreed, _point(x.b), _delivery(x), _refutation(x));
    }
}
