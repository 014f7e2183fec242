// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditClient} from "./IAuditRegistry.sol";
import {IPolicy} from "./IPolicy.sol";

/// @dev Whom a ruling is for. The values are the ruling options of ERC-792: 0 is a refusal to rule.
enum Side {
    None,
    Customer,
    Developer
}

/// @title What a market answers whose deals can be disputed.
/// @notice A ruling moves money only within the hold of its deal, and only before the deal has ended.
interface IDisputableMarket is IAuditClient {
    /// @dev What other contracts may know of a deal. All but the developer, the subject and the audit is as it was
    /// agreed when the deal opened.
    struct DealView {
        address customer;
        address developer; // zero until there is one
        address arbitrator; // zero for the market's own court
        address token; // of the deal
        uint8 domain;
        bytes32 subject; // digest of the manifest last handed in, zero until then
        uint40 openedAt; // Unix seconds
        uint40 coolingOff; // seconds for which a dealing is a conflict
        uint96 fee; // base units of `token`: what a jury of three costs
        uint96 bond; // a juror's, in base units of the staking token
        uint256 auditId; // the deal's last audit, 0 for none
        IPolicy.Timeouts timeouts;
    }

    /// @notice Only the market's disputes contract can do this, not {caller}.
    /// @custom:hint Open a dispute instead.
    error NotDisputes(address caller);

    /// @notice Stops a deal whose end is announced; its `disputes` contract only, once for each deal, within the
    /// challenge window.
    /// @param until Unix seconds: when the dispute is over at the latest, for readers.
    function contest(uint256 dealId, uint40 until) external;

    /// @notice Ends a contested deal; its `disputes` contract only. If the ruling is for nobody, or for the side that
    /// the announced end favours, that end stands.
    /// @param costs base units of the deal's token that the dispute has cost the customer. If the customer wins
    /// against a payment, the developer's bond first makes them good, and the rest of it is burnt.
    function resolve(uint256 dealId, Side side, uint256 costs) external;

    /// @notice Reverts for a deal that does not exist.
    function dealOf(uint256 dealId) external view returns (DealView memory);

    /// @notice The only contract that can have deals contested and resolved.
    function disputes() external view returns (address);
}
