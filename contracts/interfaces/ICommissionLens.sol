// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "./ICommissionMarket.sol";
import {IPolicy} from "./IPolicy.sol";

/// @title All of a commission, for readers outside the chain.
/// @notice No contract reads this: what contracts need of a deal is in `IDisputableMarket.dealOf`.
interface ICommissionLens {
    /// @dev A line in a list of deals. Amounts are base units of its token, times Unix seconds.
    struct Listing {
        uint256 id;
        ICommissionMarket.State state;
        ICommissionMarket.Cause cause;
        uint40 openedAt;
        uint40 deadline; // of the present state
        address customer;
        address developer; // zero before the award
        address token;
        uint96 reserve;
        uint96 price; // 0 before the award
        uint96 bond; // of a bid
        uint8 domain;
        uint8 riskClass;
        uint8 attempts; // submissions spent
        uint8 submissionCap;
        int64 threshold; // ppm
        bytes32 spec; // digest of the CommissionSpec
    }

    /// @dev The whole of a deal. Amounts are base units of its token, times Unix seconds, scores ppm.
    struct Commission {
        ICommissionMarket.State state;
        ICommissionMarket.Cause cause;
        address customer;
        address developer;
        uint96 price;
        uint40 deadline; // of the present state
        uint40 buildDeadline; // moved on by the time that panels and auditors take; 0 before the award
        uint8 attempts; // submissions spent
        int64 bestScore;
        int64 lastScore;
        uint8 panelSize;
        uint8 audits;
        uint32 feePpm;
        uint96 spent; // paid out to validators and auditors, and for steps
        uint96 bond; // the developer's, 0 before the award
        uint96 stepFee; // to whoever takes a step that anyone may take
        uint8 steps; // for which that was paid
        uint8 paidSteps; // for which it is paid at most
        uint256 auctionId;
        uint256 panelId; // in Rounds; 0 before the award
        uint256 auditId;
        uint256 modelId; // once settled
        bytes32 submissionHash;
        bytes32 manifest; // digest of the ModelManifest last submitted
        bytes32 word; // what the panel agreed on: by it the model's key is delivered
        ICommissionMarket.Request request; // without `maxTotal`, which is not kept
        IPolicy.Timeouts timeouts;
    }

    /// @notice A commission as it stands; reverts `UnknownCommission`.
    function commission(uint256 id) external view returns (Commission memory);

    /// @notice Many commissions at a time, in the order in which they were opened. It reverts for no numbers: those
    /// that no commission has yet are left out.
    /// @param first the number of the first, from 1.
    /// @param count how many at most. Five hundred take about 15 million gas, which nodes allow an `eth_call`.
    function listings(uint256 first, uint256 count) external view returns (Listing[] memory);

    /// @notice What `ICommissionMarket.open` would take now from `customer`, in base units; reverts as it would.
    function quote(ICommissionMarket.Request calldata request, address customer)
        external
        view
        returns (uint256 total);
}
