// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "./IPolicy.sol";

/// @title How much of what an auditor earns comes from one party.
/// @notice An auditor who lives off one customer or developer is not independent of it, whoever picked the auditor: above
/// Policy's minimum volume no audit or opinion may be taken that would put one party's share of the auditor's fees over
/// the cap (paper section IV-E). What a party gives for the first time in a period is not asked: nobody lives off a single
/// engagement, and no fee is so high that it finds no auditor. Fees count in their token and in the period in which they are
/// paid. A fee that is agreed and not yet paid counts against the party that owes it and makes no room for others; it is taken
/// back when the work is not done. Members of one organisation count as one party. In a deal both its parties count, and who
/// asks for an opinion too.
/// Holds no money. Trust assumption: modules with `MODULE_ROLE` state fees truly; a false one can keep an auditor from
/// being drawn, and take nothing from it.
interface IFeeShares {
    /// @dev What has become of a fee.
    enum Stage {
        Agreed, // the auditor is at work for it
        Paid,
        Cancelled // it was agreed and will not be paid
    }

    /// @param fee base units of `token`.
    event FeeCounted(
        address indexed auditor, address indexed token, Stage indexed stage, uint96 fee, address[] accounts
    );

    /// @notice With the fee, `fromParty` of the auditor's `total` in this period would come from one party: over the cap.
    error FeeShareExceeded(address auditor, address party, uint256 fromParty, uint256 total, uint32 capPpm);

    /// @notice Counts a fee, or takes it back; modules only. Does not ask whether it may be. What is paid counts whether or not it
    /// was agreed before. Reverts when a party would owe an auditor more than 2^104 base units.
    /// @param accounts two or three; of those that are one party only the first counts.
    /// @param fee base units of `token`.
    function count(Stage stage, address auditor, address[] calldata accounts, address token, uint96 fee)
        external;

    /// @notice Reverts `FeeShareExceeded` when one party's share would go over Policy's cap of today with `fee`.
    function requireWithin(address auditor, address[] calldata accounts, address token, uint96 fee)
        external
        view;

    /// @param rule the cap, as it was when the deal opened. Where Policy counts in other periods since, only what is agreed and not
    /// yet paid can be over it.
    /// @return party the first of `accounts` whose share would go over the cap with `fee`, zero for none.
    /// @return fromParty what would then come from it, in base units of `token`.
    /// @return total of all that the auditor was paid in the period, with what `party` has agreed to pay and `fee`.
    function overShare(
        address auditor,
        address[] calldata accounts,
        address token,
        uint96 fee,
        IPolicy.ShareCap calldata rule
    ) external view returns (address party, uint256 fromParty, uint256 total);

    /// @notice What an auditor was paid in the present period, and how much of it by `account` and its organisation (base units
    /// of `token`); both with what these have agreed to pay.
    function feesOf(address auditor, address account, address token)
        external
        view
        returns (uint256 fromParty, uint256 total);
}
