// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DealState} from "../kernel/Deals.sol";
import {IDeliveryClient} from "./IDeliveries.sol";
import {ILicences} from "./ILicences.sol";
import {IDealMarket} from "./IRounds.sol";

/// @title Trials: a licence that is bought if the model passes on the buyer's own hidden data.
/// @notice A seller allows trials of one of its offers in Licences. A buyer seals its data, names a threshold, and has
/// the price held. A panel, drawn afresh, is asked for one score; the word on which it agrees delivers the model's key.
/// A model that passes is sold: whoever holds the key delivers it (`Deliveries`), the buyer can refute it, and then the
/// price is divided as for any sale and the licence recorded. Whatever else happens, the buyer has the price back. The
/// seller is paid for exposing its key to a panel, whether the model passes or not. Who is silent makes good what that
/// costs. Standing, rules, roles, agreement and reservation are asked as for any purchase; the parties, the price and
/// the royalties are those of the opening. One hold, `bytes32(id)`, carries all the money of a trial; it is zero in the
/// final states. Paper sections IV-C and IV-D; the state table is in docs/protocol.md.
/// Trust assumptions: panel members see data and model and may leak them; fewer than a third of a panel collude.
/// @dev Amounts are base units of the offer's token, times Unix seconds, scores and tolerances ppm.
interface ITrials is IDealMarket, IDeliveryClient {
    enum State {
        None,
        Judging, // by the panel: Rounds has the steps
        Delivering,
        Challenge,
        Sold,
        Refunded
    }

    /// @dev Why a trial ended without a sale.
    enum Cause {
        None,
        Failed, // the score is below the threshold, or a required criterion is not met
        PanelNotSeated,
        BuyerSilent, // no key grant for the data
        SellerSilent, // no key grant for the model: its bond makes good what the panel cost
        PanelSilent,
        Undecided,
        CannotOpen, // data or model: the exposure fee is burnt, and as much of the seller's bond
        Unstable,
        Rejected, // the panel refused data or model
        NotTested, // the result behind the good no longer counts
        DeliveryFailed, // nobody delivered in time: the seller's bond makes good what the panel cost
        DeliveryRefuted
    }

    /// @dev What a seller allows for one of its offers.
    struct Allowance {
        uint96 exposureFee; // base units for each trial, to the seller
        uint96 bond; // base units that the seller puts up for each trial, from its escrow balance
        uint16 quota; // trials that may still be opened; each uses up one, however it ends
        bool exclusive; // whoever passes is the last buyer: the good is reserved from the opening on
    }

    /// @dev What a buyer asks for.
    struct Request {
        uint256 offerId;
        ILicences.Terms terms; // of the offer, as its last event has them
        uint16 seats;
        bytes32 spec; // digest of the CommissionSpec, which names the evaluation and the buyer's delivery key
        bytes32 dataset; // digest of the DatasetManifest
        uint96 evaluationFee; // to each member of the panel
        uint96 maxTotal; // the most that `open` may take; guards against a change in between
        int64 threshold;
        uint32 tolerance; // within which scores agree
        uint16 requiredCriteria; // bitmap
        bool exclusive; // as the seller allows it
        uint96 minBond; // the least that the seller has to put up; guards against a change in between
    }

    /// @dev What is kept of a trial.
    struct Trial {
        // slot 0
        address buyer;
        DealState at; // a State and its deadline
        Cause cause;
        uint8 steps; // that were paid
        bool exclusive;
        // slot 1
        address seller;
        uint96 price; // of all seats
        // slot 2
        address token;
        uint96 evaluationFee;
        // slot 3
        uint96 exposureFee;
        uint96 bond; // the seller's
        uint48 offerId;
        uint16 seats;
        // slot 4
        address rules; // where Rulebook keeps those of the opening
        uint96 spent; // on the panel and on steps
        // slot 5
        address royalties; // where those of the opening are kept; zero for none
        uint32 feePpm; // of the price, the market's
        int64 threshold;
        // slot 6
        address treasury;
        uint72 panelId; // in Rounds
        uint16 requiredCriteria;
        // slots 7 to 9
        bytes32 good;
        bytes32 terms; // hash of the offer's
        bytes32 word; // on which the panel agreed
    }

    /// @notice A seller allows trials of an offer, or no more where the quota is 0. Trials that are open stay as they
    /// are.
    event TrialsAllowed(uint256 indexed offerId, address indexed seller, Allowance allowance);
    /// @notice `buyer` has opened a trial of a good; `total` base units were taken from it, and `bond` from the seller.
    event TrialOpened(
        uint256 indexed id,
        bytes32 indexed good,
        address indexed buyer,
        uint256 panelId,
        uint256 total,
        uint96 bond,
        Request request
    );
    /// @notice The panel has scored the model, in ppm; `passed` says whether score and required criteria are enough.
    event Tried(uint256 indexed id, int64 score, uint16 criteria, bool passed);
    /// @notice The trial is a sale: `toSeller` base units to the seller, its bond included, `fee` to the treasury,
    /// `royalties` to ancestors. The licence is sale `saleId` in Licences; 0 where this market was retired before.
    event TrialSold(
        uint256 indexed id, uint256 indexed saleId, uint256 toSeller, uint256 fee, uint256 royalties
    );
    /// @notice The trial has ended without a sale: `returned` base units to the buyer, `toSeller` to the seller, and
    /// `burnt` were burnt.
    event TrialRefunded(uint256 indexed id, Cause cause, uint256 returned, uint256 toSeller, uint256 burnt);

    /// @notice There is no trial {id}.
    /// @custom:hint Check the number and the chain.
    error UnknownTrial(uint256 id);
    /// @notice Offer {offerId} is not what the caller takes it for: it was changed or withdrawn.
    /// @custom:hint Read it again and see whether it still suits you.
    error OtherTerms(uint256 offerId, bytes32 kept, bytes32 shown);
    /// @notice {caller} is not the seller {seller}.
    /// @custom:hint Use the seller's wallet.
    error NotSeller(address caller, address seller);
    /// @notice The seller of offer {offerId} allows no trial now.
    /// @custom:hint Ask the seller, or buy without one.
    error NoTrialAllowed(uint256 offerId);
    /// @notice The seller of offer {offerId} now puts up a bond of {bond} base units, exclusive: {exclusive}. This is
    /// not what the request asks for.
    /// @custom:hint The seller has changed what it allows; read it again and see whether it still suits you.
    error OtherAllowance(uint256 offerId, uint96 bond, bool exclusive);
    /// @notice The trial's {field} is not allowed.
    /// @custom:hint Correct it; the offer and the market's policy set the bounds.
    error InvalidTrial(bytes32 field);
    /// @notice The evaluation fee is {fee} base units; the market requires at least {minimum}.
    /// @custom:hint Raise it.
    error FeeTooLow(uint96 fee, uint96 minimum);
    /// @notice Opening would take {total} base units, more than the {maxTotal} agreed to.
    /// @custom:hint The seller's fee or the market's rules have changed; ask for a new quote.
    error TotalExceeded(uint256 total, uint96 maxTotal);
    /// @notice Only the market's Deliveries contract can do this, not {caller}.
    /// @custom:hint Deliver or refute through it.
    error NotDeliveries(address caller);
    /// @notice The transaction had too little gas for this step.
    /// @custom:hint Advance again with more gas; the SDK's estimate is enough.
    error TooLittleGas();

    /// @notice Allows trials of an offer, or changes what is allowed; the offer's seller only, which must let this
    /// contract debit its escrow balance for the bonds.
    /// @param terms of the offer, as its last event has them.
    function allow(uint256 offerId, ILicences.Terms calldata terms, Allowance calldata allowance) external;

    /// @notice Opens a trial and takes everything it can cost from the caller's escrow balance: the price, the exposure
    /// fee, two rounds of the panel (silent members are replaced once) and the fees for steps. Takes the bond from the
    /// seller's. Reverts as `IGoods.requireSellable` and `IAgreements.requireSigned` do, and while the good is
    /// reserved, also for another trial.
    function open(Request calldata request) external returns (uint256 id);

    /// @notice What `open` takes from the buyer, in base units.
    function quote(Request calldata request) external view returns (uint256 total);

    /// @notice What the seller of an offer allows now.
    function allowanceOf(uint256 offerId) external view returns (Allowance memory);

    /// @notice A trial as it stands; reverts `UnknownTrial` where there is none.
    function trial(uint256 id) external view returns (Trial memory);

    /// @notice How many trials there have been; their ids are 1 to this number.
    function trialCount() external view returns (uint256);
}
