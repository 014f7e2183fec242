// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "./ICommissionMarket.sol";
import {IPolicy} from "./IPolicy.sol";

/// @title All of a commission, for readers outside the chain.
/// @notice No contract reads this: what contracts need of a deal is in `IDisputableMarket.dealOf`.
interface ICommissionLens {
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
        uint96 spent; // paid out to validators and auditors
        uint96 bond; // the developer's, 0 before the award
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

    /// @notice What `ICommissionMarket.open` would take now from `customer`, in base units; reverts as it would.
    function quote(ICommissionMarket.Request calldata request, address customer)
        external
        view
        returns (uint256 total);
}
