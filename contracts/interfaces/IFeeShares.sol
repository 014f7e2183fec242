// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "./IPolicy.sol";

/// @title How much of what an auditor earns comes from one party.
/// @notice An auditor who lives off one customer or developer is not independent of it, whoever picked the auditor.
/// So above Policy's minimum volume no audit or opinion is possible that would put one party's share of the auditor's
/// fees over the cap (paper section IV-E). The first fee from a party in a period does not count against the cap:
/// nobody lives off a single engagement, and no fee should be so high that it finds no auditor. Fees count in their
/// token, and in the period in which they are paid. A fee that is agreed but not yet paid counts against the party
/// that owes it and makes no room for others; it no longer counts once the work will not be done. Members of one
/// organisation count as one party. In a deal both parties count, and so does whoever asks for an opinion. This
/// contract holds no money.
/// Trust assumption: modules with `MODULE_ROLE` state fees truly. A false one can keep an auditor from being drawn,
/// but takes nothing from it.
/// @dev Fees are base units of their token.
interface IFeeShares {
    /// @dev What has become of a fee.
    enum Stage {
        Agreed, // the auditor is at work for it
        Paid,
        Cancelled // it was agreed and will not be paid
    }

    /// @notice A fee of `auditor` has reached `stage`: agreed, paid or cancelled. It counts as coming from each of
    /// `accounts`.
    /// @param fee base units of `token`.
    event FeeCounted(
        address indexed auditor, address indexed token, Stage indexed stage, uint96 fee, address[] accounts
    );

    /// @notice {auditor} would get {fromParty} of its {total} base units of fees in this period from {party}, which
    /// is over the cap of {capPpm} ppm.
    /// @custom:hint Ask another auditor; the count starts again in the next period.
    error FeeShareExceeded(address auditor, address party, uint256 fromParty, uint256 total, uint32 capPpm);

    /// @notice Counts a fee, or takes it back; modules only. Does not check the cap. A paid fee counts whether or not
    /// it was agreed before. Reverts when a party would owe an auditor more than 2^104 base units.
    /// @param accounts two or three; of those that are one party only the first counts.
    /// @param fee base units of `token`.
    function count(Stage stage, address auditor, address[] calldata accounts, address token, uint96 fee)
        external;

    /// @notice Reverts `FeeShareExceeded` when `fee` would put one party's share over Policy's cap of today.
    function requireWithin(address auditor, address[] calldata accounts, address token, uint96 fee)
        external
        view;

    /// @notice Which party's share `fee` would put over the cap, if any.
    /// @param rule the cap as it was when the deal opened. If Policy now counts in other periods, only fees that are
    /// agreed and not yet paid can be over it.
    /// @return party the first of `accounts` whose share would be over the cap, zero for none.
    /// @return fromParty what would then come from it, in base units of `token`.
    /// @return total all that the auditor was paid in the period, with what `party` has agreed to pay and `fee`.
    function overShare(
        address auditor,
        address[] calldata accounts,
        address token,
        uint96 fee,
        IPolicy.ShareCap calldata rule
    ) external view returns (address party, uint256 fromParty, uint256 total);

    /// @notice What an auditor was paid in the present period, and how much of it by `account` and its organisation;
    /// both include what these have agreed to pay. Amounts are base units of `token`.
    function feesOf(address auditor, address account, address token)
        external
        view
        returns (uint256 fromParty, uint256 total);
}
