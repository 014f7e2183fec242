// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionRules} from "./ICommissionRules.sol";
import {IDeliveryClient} from "./IDeliveries.sol";
import {IDisputableMarket} from "./IDisputableMarket.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @title A custom model, from the customer's request to payment.
/// @notice Every state has a deadline and a way out that anyone can take (`advance`), which returns what is owed.
/// Every end that rests on somebody's judgement waits in Challenge, where customer and developer may contest it. One
/// hold in Escrow, `bytes32(id)`, carries all the money of a deal, the winner's bond included; it is zero in the
/// final states. Paper sections IV and VII; the state table is in docs/protocol.md.
/// Trust assumptions: panel members and auditors see plaintext and may leak it; fewer than a third of a panel
/// collude.
/// @dev Amounts are base units of the deal's token, times Unix seconds, scores ppm.
interface ICommissionMarket is IDisputableMarket, IDeliveryClient {
    enum State {
        None,
        Bidding,
        Revealing,
        Attesting, // by the panel: Rounds has the steps
        Building,
        Evaluating, // by the panel: Rounds has the steps
        Auditing,
        Delivering,
        Challenge,
        Disputed,
        Settled,
        Refunded
    }

    /// @dev Why a deal ended in Refunded.
    enum Cause {
        None,
        NoBids,
        PanelNotSeated,
        CustomerSilent, // no key grant: kill fee
        BadData, // the panel found the dataset not as committed: kill fee
        PanelSilent,
        DeveloperSilent, // bond forfeited
        AttemptsSpent,
        AuditorsUnavailable,
        AuditRejected,
        DeliveryFailed,
        DisputeLost, // by the developer, on its way to payment: bond forfeited
        Overturned, // a ruling set aside what panel or auditors had found
        DeliveryRefuted // the customer has proven that the key delivered is another
    }

    /// @dev What a customer asks for. Amounts are base units of `token`, times Unix seconds, scores ppm.
    struct Request {
        bytes32 spec; // digest of the CommissionSpec, which holds the dataset commitment
        bytes32 dataset; // digest of the DatasetManifest
        address token;
        uint96 reserve; // the most that is paid for the model
        uint96 evaluationFee; // per validator and request
        uint96 auditFee; // per auditor
        uint96 effortFee; // to the developer when the attempts are spent and the best reached effortScore
        uint96 killFee; // to the developer when the customer is at fault
        uint96 maxTotal; // the most that `open` may take; guards against a change of Policy in between, and is not kept
        int64 threshold;
        int64 effortScore;
        uint32 tolerance; // within which validators' scores agree, in millionths of their unit
        uint16 requiredCriteria; // bitmap
        uint8 domain;
        uint8 riskClass;
        uint8 submissionCap; // 1 to MAX_SUBMISSIONS
        uint40 commitEnds;
        uint40 revealEnds;
        uint32 buildWindow; // seconds of the developer's own clock
    }

    /// @notice `customer` has opened a commission; `total` base units of the token are held for it, and bids are
    /// accepted.
    event CommissionOpened(
        uint256 indexed id, address indexed customer, uint256 auctionId, uint256 total, Request request
    );
    /// @notice `developer` has won the auction and is to be paid `price`; its `bond` is held until the end.
    event Awarded(uint256 indexed id, address indexed developer, uint96 price, uint96 bond);
    /// @notice The commission has a panel, whose steps are in Rounds.
    event PanelAssigned(uint256 indexed id, uint256 indexed panelId);
    /// @notice An audit of the submitted model has begun.
    event AuditAssigned(uint256 indexed id, uint256 indexed auditId);
    /// @notice `developer` has submitted a sealed model, its `attempt`, counted from 1.
    event ModelSubmitted(
        uint256 indexed id, address indexed developer, uint8 attempt, IModelRegistry.Submission submission
    );
    /// @notice The panel has scored the model, in ppm; `passed` says whether score and required criteria are enough.
    event Evaluated(uint256 indexed id, uint8 attempt, int64 score, uint16 criteria, bool passed);
    /// @notice The deal is to end in a refund that a party can contest; after the challenge window anyone can carry
    /// it out.
    event RefundAnnounced(uint256 indexed id, Cause cause);
    /// @notice Disputes of this deal go to an outside arbitrator.
    event ArbitratorNamed(uint256 indexed id, address indexed arbitrator);
    /// @notice The deal is paid: the developer receives `price`, the treasury `fee`, and the customer has `returned`
    /// back.
    event Settled(uint256 indexed id, uint256 indexed modelId, uint96 price, uint256 fee, uint256 returned);
    /// @notice The deal has ended without a sale: the customer has `returned` back, the developer received
    /// `toDeveloper`, and `burnt` was burnt.
    event Refunded(uint256 indexed id, Cause cause, uint256 returned, uint256 toDeveloper, uint256 burnt);

    /// @notice There is no commission {id}.
    /// @custom:hint Check the number and the chain.
    error UnknownCommission(uint256 id);
    /// @notice {caller} is not the developer of this commission.
    /// @custom:hint Use the winner's wallet.
    error NotDeveloper(address caller);
    /// @notice Only the market's Deliveries contract can do this, not {caller}.
    /// @custom:hint Deliver or refute through it: `assay model deliver`, `assay model refute`.
    error NotDeliveries(address caller);
    /// @notice {account} has been awarded {awarded} base units in this domain and period, and the cap is {cap}.
    /// @custom:hint Bid again in the next period.
    error ShareCapExceeded(address account, uint96 awarded, uint96 cap);
    /// @notice The commission's {field} is not allowed.
    /// @custom:hint Correct it; the market's policy sets the bounds.
    error InvalidRequest(bytes32 field);
    /// @notice A fee is {fee} base units; the market requires at least {minimum}.
    /// @custom:hint Raise the evaluation fee or the audit fee, whichever it is.
    error FeeTooLow(uint96 fee, uint96 minimum);
    /// @notice Opening would take {total} base units, more than the {maxTotal} agreed to.
    /// @custom:hint The market's rules have changed; ask for a new quote.
    error TotalExceeded(uint256 total, uint96 maxTotal);
    /// @notice The submission's {field} is not allowed.
    /// @custom:hint Correct it and submit again.
    error InvalidSubmission(bytes32 field);
    /// @notice This is not the submission that commission {id} recorded: its hash is {got}, not {expected}.
    /// @custom:hint Settle with the submission from the commission's last event.
    error SubmissionMismatch(uint256 id, bytes32 expected, bytes32 got);
    /// @notice The market does not allow the arbitrator {arbitrator}.
    /// @custom:hint Name one from its list, or none.
    error ArbitratorNotAllowed(address arbitrator);
    /// @notice Commission {id} is ending in a refund ({cause}), so no model is paid for.
    /// @custom:hint Advance it when the challenge window is over.
    error RefundIsPending(uint256 id, Cause cause);
    /// @notice The transaction had too little gas for this step.
    /// @custom:hint Advance again with more gas; the SDK's estimate is enough.
    error TooLittleGas();

    /// @notice Opens a commission and takes everything it can cost from the caller's escrow balance: reserve and market
    /// fee, `(submissionCap + 2)` rounds of the panel (attestation, attempts, one with new members), an audit of each
    /// submission, effort fee and kill fee, and the fees for steps: 10 and 4 for each submission, 14 where it is
    /// audited. The caller must hold the role Customer.
    function open(Request calldata request) external returns (uint256 id);

    /// @notice Like `open`, under further conditions. Reverts `ArbitratorNotAllowed`.
    /// @param arbitrator from Policy's list, in place of the market's own court; zero for the court.
    /// @param agreement digest of the text that developers must have signed in Agreements before they bid; zero for
    /// none.
    function openUnder(Request calldata request, address arbitrator, bytes32 agreement)
        external
        returns (uint256 id);

    /// @notice Submits a sealed model; the winning developer only, in Building, within the cap and its time.
    function submit(uint256 id, IModelRegistry.Submission calldata submission) external;

    /// @notice Takes the next step that is due; anyone may call. It closes the auction, opens a panel, asks it for
    /// work, reads its results, pays for the work, or takes a state's exit after its deadline. Reverts `NothingDue`
    /// otherwise. A step that gets the deal further earns the caller the step fee of the deal's rules, as an escrow
    /// balance; the repetition of a draw that was missed earns nothing.
    function advance(uint256 id) external;

    /// @notice Pays and mints the model after the challenge window; anyone may call, with the submission exactly as
    /// its event has it. It earns the caller nothing: whoever is paid by it has reason enough.
    function settle(uint256 id, IModelRegistry.Submission calldata submission) external;

    /// @notice The seven words in which the deal is stored. Readers such as `CommissionLens` take them apart with
    /// code of their own. Reverts `UnknownCommission`.
    function record(uint256 id) external view returns (uint256[] memory words);

    /// @notice The deal's state, in which Bidding and Revealing are told apart; None for a deal that does not exist.
    function stateOf(uint256 id) external view returns (State);

    /// @notice The commission for which a model was submitted first; no other takes it.
    /// @return id 0 for none.
    function dealOfManifest(bytes32 manifest) external view returns (uint256 id);

    /// @notice How many commissions have been opened; their ids are 1 to this number.
    function commissionCount() external view returns (uint256);

    /// @notice The contract that checks requests and submissions.
    function requestRules() external view returns (ICommissionRules);

    /// @notice What `developer` was awarded in a domain's present period, all tokens counted alike.
    /// @return own base units awarded to it.
    /// @return total base units awarded to all.
    function awarded(uint8 domain, address developer) external view returns (uint96 own, uint96 total);
}
