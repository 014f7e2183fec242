// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputableMarket} from "./IDisputableMarket.sol";

/// @title Claims that a model was made from another one and does not say so.
/// @notice Every submission signs that its lineage is complete. The owner of a model that was left out claims so here,
/// with evidence (a watermark, canaries, likeness of weights) and a bond. Nothing is added to what a model owes but by
/// its owner's word (`admit`) or by a jury's ruling: whoever denies the claim puts up the same bond, then the claimant
/// has a window to open a dispute (`IDisputes.open`, ground Breach), whom the court calls the customer. The announced
/// end is that the claim is refused.
/// What is added are the terms that the claimed parent's owner had written down here before the child was listed, as
/// far as the caps of Goods leave room. They count for later offers of that child: nobody who has bought pays more, and
/// models that were derived from the child before owe what they owed. For what was sold before, the claimant gets the
/// bond of whoever denied a true claim, and nothing else.
/// A claim stops no sale. Each pair of models is claimed once, unless a jury came to no ruling.
/// One hold, `bytes32(id)`, carries the bonds.
/// Paper sections II, IV-D and IV-E.
/// Trust assumptions: those of Disputes and Court, and of Goods, which lets this contract add ancestors.
/// @dev Amounts are base units of the terms' token, times Unix seconds, rates ppm.
interface ILineageClaims is IDisputableMarket {
    enum State {
        None,
        Claimed, // the child's owner can admit or deny it, until the deadline
        Challenge, // it can be taken to a jury, or still be admitted
        Disputed,
        Upheld, // for good
        Refused, // for good
        Undecided // by a jury; the pair can be claimed again
    }

    /// @dev What a model asks of those that are made from it without a licence that says what they owe.
    struct Terms {
        address token; // of floor and bonds
        uint32 ppm; // of the price of each sale
        uint40 since; // Unix seconds
        uint96 floor; // at least, for each seat
    }

    struct ClaimView {
        State state;
        uint40 deadline; // of the state, Unix seconds
        address claimant;
        address respondent; // who owned the child when it was claimed, or denied it
        bool denied; // under bond
        bytes32 parent;
        bytes32 child;
        address token;
        uint256 bond; // of each side, base units
        uint40 claimedAt; // Unix seconds
    }

    /// @notice From now on whatever is made from `good` without a licence owes its owner this.
    event TermsSet(
        bytes32 indexed good, address indexed owner, address indexed token, uint32 ppm, uint96 floor
    );
    /// @notice `claimant` says that `child` was made from `parent`, and has put up `bond`.
    /// @param evidence digest of a LineageEvidence manifest.
    event LineageClaimed(
        uint256 indexed id,
        bytes32 indexed parent,
        bytes32 indexed child,
        address claimant,
        address respondent,
        bytes32 evidence,
        address token,
        uint256 bond
    );
    /// @notice `respondent` denies the claim, and has put up the same bond.
    /// @param evidence digest of a LineageEvidence manifest.
    event ClaimDenied(uint256 indexed id, address indexed respondent, bytes32 evidence);
    /// @notice The child was made from the parent: its owner says so (`admitted`), or a jury.
    /// @param ppm of the price that later sales of the child owe; less than the terms where the caps are reached.
    /// @param floor that they owe at least for each seat.
    /// @param toClaimant base units: its own bond, and that of whoever denied it in vain.
    event ClaimUpheld(uint256 indexed id, bool admitted, uint32 ppm, uint96 floor, uint256 toClaimant);
    /// @notice Nothing shows that the child was made from the parent. The claimant's bond is the respondent's, or
    /// `burnt` where nobody had denied the claim.
    event ClaimRefused(uint256 indexed id, uint256 toRespondent, uint256 burnt);
    /// @notice The jury came to no ruling: each side has its bond back.
    event ClaimUndecided(uint256 indexed id);

    /// @notice There is no claim {id}.
    /// @custom:hint Check the number and the chain.
    error UnknownClaim(uint256 id);
    /// @notice {good} has terms for what is made from it, and they cannot be changed.
    /// @custom:hint List a new version, and set its terms.
    error TermsAlreadySet(bytes32 good);
    /// @notice The terms' {field} is not allowed.
    /// @custom:hint Correct it: a share of 30 % at most, a floor, or both.
    error InvalidTerms(bytes32 field);
    /// @notice {good} says nothing of what a model owes that is made from it without a licence.
    /// @custom:hint Set its terms: `assay lineage terms`. They count for models that are listed afterwards.
    error NoTerms(bytes32 good);
    /// @notice {child} was listed at {listedAt}, before the terms of {parent} were set ({since}).
    /// @dev Times in Unix seconds.
    /// @custom:hint Terms bind only whoever could know them.
    error ListedBefore(bytes32 parent, bytes32 child, uint40 listedAt, uint40 since);
    /// @notice {account} owns both models.
    /// @custom:hint Nobody owes royalties to itself.
    error OwnModel(bytes32 child, address account);
    /// @notice {child} owes royalties to the model {tokenId} already.
    /// @custom:hint There is nothing to add.
    error AlreadyOwed(bytes32 child, uint48 tokenId);
    /// @notice This was claimed before: claim {id}.
    /// @custom:hint See how it stands or ended: `assay lineage show {id}`. Each pair is claimed once.
    error ClaimedBefore(uint256 id);
    /// @notice The digest of the evidence is missing.
    /// @custom:hint Publish the evidence first.
    error NoEvidence();
    /// @notice {count} claims about {child} are open, and its owner can admit one only while it is the only one.
    /// @custom:hint A jury can still uphold it. Or wait until the other claims have ended.
    error OtherClaims(bytes32 child, uint256 count);

    /// @notice Writes down, once and for good, what a model owes that is made from `good` without a licence; its owner
    /// only. It counts for models that are listed afterwards.
    /// @param token of the floor, and of the bonds of claims.
    /// @param ppm of the price, 30 % at most.
    /// @param floor for each seat, base units.
    function setTerms(bytes32 good, address token, uint32 ppm, uint96 floor) external;

    /// @notice Claims that `child` was made from `parent`; the parent's owner only, with a bond from its escrow
    /// balance.
    /// @param evidence digest of a LineageEvidence manifest.
    function claim(bytes32 parent, bytes32 child, bytes32 evidence) external returns (uint256 id);

    /// @notice Denies a claim in time; whoever owns the child, with the same bond from its escrow balance.
    /// @param evidence digest of a LineageEvidence manifest.
    function deny(uint256 id, bytes32 evidence) external;

    /// @notice Admits a claim before a jury has it; whoever owns the child, while no other claim about it is open. Each
    /// side has its bond back.
    function admit(uint256 id) external;

    /// @notice Refuses a claim that was not taken to a jury in time; anyone.
    function settle(uint256 id) external;

    /// @notice A claim as it stands; reverts `UnknownClaim`.
    function claimOf(uint256 id) external view returns (ClaimView memory);

    /// @notice What a good asks of models that are made from it without a licence; `since` is 0 where it says nothing.
    function termsOf(bytes32 good) external view returns (Terms memory);

    /// @notice The claim that `child` was made from the model `tokenId`; 0 for none. One that came to no ruling does
    /// not count.
    function claimFor(bytes32 child, uint48 tokenId) external view returns (uint256 id);

    /// @notice Claims about a child that have not ended.
    function openClaims(bytes32 child) external view returns (uint256);

    /// @notice How many claims there have been; their ids are 1 to this number.
    function claimCount() external view returns (uint256);
}
