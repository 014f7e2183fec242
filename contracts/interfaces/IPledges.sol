// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgreementKeeper} from "./IAgreements.sol";
import {IDisputableMarket} from "./IDisputableMarket.sol";

/// @title Agreements with a bond behind them: whoever breaks one loses it, if a jury finds so.
/// @notice The beneficiary, such as the seller of a licence, draws up an agreement: a text, and the bond that it names.
/// An offer, an order or an auction that requires this agreement then requires the bond: it is asked for through
/// Agreements. A party agrees by putting it up. Until the pledge ends, the beneficiary can accuse the party of a breach
/// by opening a dispute about the pledge (`IDisputes.open`, ground Breach): the announced end is that the party has its
/// bond back, and only a ruling for the beneficiary, whom the court calls the customer, overrules it. Then the bond
/// makes good what the dispute has cost the beneficiary, and the rest of it is burnt: nobody gains from a breach. After
/// any other ruling the pledge goes on, for a challenge window at least; a dispute in a window that was added so is the
/// last one. A dispute is about the pledge, whoever opened it: the beneficiary brings its evidence to a party's, too.
/// One hold, `bytes32(id)`, carries the bond.
/// Paper sections IV-D and IV-F.
/// Trust assumptions: those of Disputes and Court. Jurors come from those who were enrolled when the party last
/// pledged.
/// @dev Amounts are base units of the agreement's token, times Unix seconds.
interface IPledges is IDisputableMarket, IAgreementKeeper {
    enum State {
        None,
        Pledged, // until the pledge ends; it can be contested
        Disputed,
        Returned, // for good
        Forfeited // for good
    }

    /// @dev What is agreed.
    struct Terms {
        bytes32 text; // digest of the text, for the Licence manifest that it is about, or any other
        address beneficiary;
        address token;
        uint96 bond; // base units
        uint32 term; // seconds from the pledge for which a breach can be claimed
        uint8 domain; // of the experts that may be asked
    }

    /// @notice `terms.beneficiary` has drawn up an agreement; offers require it by the name `agreement`.
    event DrawnUp(bytes32 indexed agreement, bytes32 indexed text, Terms terms);
    /// @notice `party` has put up the bond of an agreement, or renewed its pledge until `until`.
    event Pledged(uint256 indexed id, bytes32 indexed agreement, address indexed party, uint40 until);
    /// @notice The pledge has ended, and the bond is its party's again.
    event BondReturned(uint256 indexed id);
    /// @notice A jury has found a breach: `toBeneficiary` base units made good its costs, `burnt` were burnt.
    event BondForfeited(uint256 indexed id, uint256 toBeneficiary, uint256 burnt);

    /// @notice Nobody has drawn up the agreement {agreement} here.
    /// @custom:hint Check the digest and the chain.
    error UnknownAgreement(bytes32 agreement);
    /// @notice The agreement's {field} is not allowed.
    /// @custom:hint Correct it.
    error InvalidAgreement(bytes32 field);
    /// @notice There is no pledge {id}.
    /// @custom:hint Check the number and the chain.
    error UnknownPledge(uint256 id);
    /// @notice {party} has not put up the bond of agreement {agreement} within the last seven days.
    /// @custom:hint Read the text, then pledge the bond, or renew the pledge; a renewal costs nothing.
    error NotPledged(bytes32 agreement, address party);
    /// @notice {account} is the beneficiary of this agreement and cannot pledge to itself.
    /// @custom:hint Use the other party's wallet.
    error OwnAgreement(address account);

    /// @notice Draws up an agreement whose beneficiary is the caller; anyone. The same agreement can be drawn up again.
    /// @param domain of Policy's list, 1 or more.
    function drawUp(bytes32 text, address token, uint96 bond, uint32 term, uint8 domain)
        external
        returns (bytes32 agreement);

    /// @notice Puts up the bond of an agreement from the caller's escrow balance; or renews the caller's pledge that
    /// runs, from now on, for nothing.
    function pledge(bytes32 agreement) external returns (uint256 id);

    /// @notice Returns the bond of a pledge that has ended; anyone.
    function release(uint256 id) external;

    /// @notice What was agreed; reverts `UnknownAgreement`.
    function termsOf(bytes32 agreement) external view returns (Terms memory);

    /// @notice The last pledge of a party under an agreement; 0 for none.
    function pledgeOf(bytes32 agreement, address party) external view returns (uint256 id);

    /// @notice A pledge as it stands; reverts `UnknownPledge`.
    /// @return state it is in.
    /// @return deadline of the state, Unix seconds.
    function stateOf(uint256 id) external view returns (State state, uint40 deadline);

    /// @notice How many pledges there have been; their ids are 1 to this number.
    function pledgeCount() external view returns (uint256);
}
