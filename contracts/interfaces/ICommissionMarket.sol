// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Artifact} from "./Artifact.sol";
import {ICommissionRules} from "./ICommissionRules.sol";
import {IDisputableMarket} from "./IDisputableMarket.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @title A custom model, from the customer's request to payment.
/// @notice Every state has a deadline and a way out that anyone can take (`advance`), which returns what is owed. Every
/// end that rests on somebody's judgement waits in Challenge, where customer and developer may contest it. One
/// hold in Escrow, `bytes32(id)`, carries all the money of a deal, the winner's bond included; it is zero in the final states.
/// Paper sections IV and VII; the state table is in docs/protocol.md.
/// Trust assumptions: panel members and auditors see plaintext and may leak it; fewer than a third of a panel collude.
interface ICommissionMarket is IDisputableMarket {
    enum State {
        None,
        Bidding,
        Revealing,
        Drawing,
        Granting,
        Attesting,
        Building,
        Evaluating,
        Appealing,
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
        Overturned // a ruling set aside what panel or auditors had found
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
        uint32 tolerance; // ppm within which validators' scores agree
        uint16 requiredCriteria; // bitmap
        uint8 domain;
        uint8 riskClass;
        uint8 submissionCap; // 1 to MAX_SUBMISSIONS
        uint40 commitEnds;
        uint40 revealEnds;
        uint32 buildWindow; // seconds of the developer's own clock
    }

    event CommissionOpened(
        uint256 indexed id, address indexed customer, uint256 auctionId, uint256 total, Request request
    );
    event Awarded(uint256 indexed id, address indexed developer, uint96 price, uint96 bond);
    event PanelAssigned(uint256 indexed id, uint256 indexed panelId);
    event KeysGranted(uint256 indexed id, address indexed by, Artifact artifact, bytes32 grants);
    event RequestAssigned(uint256 indexed id, uint256 indexed requestId);
    event AuditAssigned(uint256 indexed id, uint256 indexed auditId);
    event ModelSubmitted(
        uint256 indexed id, address indexed developer, uint8 attempt, IModelRegistry.Submission submission
    );
    event Evaluated(uint256 indexed id, uint8 attempt, int64 score, uint16 criteria, bool passed);
    event DeliveryAttested(uint256 indexed id, bytes32 grants);
    /// @notice A refund that a party may contest: anyone carries it out after the challenge window.
    event RefundAnnounced(uint256 indexed id, Cause cause);
    event ArbitratorNamed(uint256 indexed id, address indexed arbitrator);
    event Settled(uint256 indexed id, uint256 indexed modelId, uint96 price, uint256 fee, uint256 returned);
    event Refunded(uint256 indexed id, Cause cause, uint256 returned, uint256 toDeveloper, uint256 burnt);

    error UnknownCommission(uint256 id);
    error NotCustomer(address caller);
    error NotDeveloper(address caller);
    error NotParty(address caller);
    error ShareCapExceeded(address account, uint96 awarded, uint96 cap);
    error InvalidRequest(bytes32 field);
    error FeeTooLow(uint96 fee, uint96 minimum);
    error TotalExceeded(uint256 total, uint96 maxTotal);
    error InvalidSubmission(bytes32 field);
    error SubmissionMismatch(uint256 id, bytes32 expected, bytes32 got);
    error EmptyGrants();
    error ArbitratorNotAllowed(address arbitrator);
    /// @notice The deal ends in a refund, which `advance` carries out.
    error RefundIsPending(uint256 id, Cause cause);
    /// @notice The gas did not suffice for the draw of a panel.
    error TooLittleGas();

    /// @notice Opens a commission and takes everything it can cost from the caller's escrow balance: reserve and market
    /// fee, `(submissionCap + 4)` rounds of the panel (attestation, attempts, two deliveries, one replacement round), an
    /// audit of each submission, effort fee and kill fee. The caller must hold the role Customer.
    function open(Request calldata request) external returns (uint256 id);

    /// @notice `open` with an arbitrator outside the market, from Policy's list, in place of the market's own court.
    function openUnder(Request calldata request, address arbitrator) external returns (uint256 id);

    /// @notice Publishes key grants for the panel or the auditors: the customer, the developer or a member of the panel.
    /// In Granting, the dataset's grants start the attestation.
    function grant(uint256 id, Artifact artifact, bytes32 grants) external;

    /// @notice Submits a sealed model; the winning developer only, in Building, within the cap and the clock.
    function submit(uint256 id, IModelRegistry.Submission calldata submission) external;

    /// @notice Takes the next step that is due, whoever calls: closes the auction, opens a panel, asks it for work, reads
    /// its results, pays for the work, or takes a state's exit after its deadline. Reverts `NothingDue` otherwise.
    function advance(uint256 id) external;

    /// @notice Pays and mints after the challenge window; anyone, with the submission as its event has it.
    function settle(uint256 id, IModelRegistry.Submission calldata submission) external;

    /// @notice The seven words in which the deal is stored, for `CommissionLens` and its like, which spend their own code on
    /// taking them apart. Reverts `UnknownCommission`.
    function record(uint256 id) external view returns (uint256[] memory words);

    /// @notice The deal's state, in which Bidding and Revealing are told apart; None for a deal that does not exist.
    function stateOf(uint256 id) external view returns (State);

    /// @notice How many commissions were opened; they are numbered from 1.
    function commissionCount() external view returns (uint256);

    /// @notice The contract that checks requests and submissions.
    function requestRules() external view returns (ICommissionRules);

    /// @notice The market value (base units, all tokens counted alike) that `developer` was awarded in a domain's present period.
    function awarded(uint8 domain, address developer) external view returns (uint96 own, uint96 total);
}
