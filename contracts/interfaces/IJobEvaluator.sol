// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DealState} from "../kernel/Deals.sol";
import {IAgenticCommerce} from "./IAgenticCommerce.sol";
import {IDeliveryClient} from "./IDeliveries.sol";
import {IDealMarket} from "./IRounds.sol";

/// @title Assay as the evaluator of ERC-8183 jobs.
/// @notice A client names this contract as its job's evaluator. While the job is Open it enrols the job here: it says
/// how the model is tested, and pays for the panel. So the provider knows the test, and that the client's data is as
/// described, before it works. A panel attests the data; the provider submits in the job contract and names here what
/// it has submitted; the same panel scores that, and its answer can be appealed. If the model passes, whoever holds
/// its key delivers it to the client (`Deliveries`), and then `conclude` completes the job. Otherwise, and where the
/// provider or the panel fails, it rejects the job. A client that grants no key for its data stops a test that it
/// might lose, so the job is completed then.
/// ERC-8183 has no appeal and refunds a job that expires, whatever a panel is about to say. Jobs with hooks are
/// refused, since a hook can undo any decision, and so are jobs that expire before a round and its appeal can end.
/// Fees: the client pays the panel, from its escrow balance and not from the job's budget, and gets back what is not
/// spent. What a job contract pays to its evaluator goes to the market's treasury (`sweep`). Nobody else pays.
/// Trust assumptions: a job contract is trusted by its own parties only. It can lie, fail, or be changed by its owner;
/// then nothing but its own job is decided wrongly, or not at all. No money of this market depends on it: what is held
/// for a panel is paid out before the job contract is told anything. The panel's own assumptions are IRounds'.
/// @dev Amounts are base units of the terms' token, times Unix seconds, scores and tolerances ppm.
interface IJobEvaluator is IDealMarket, IDeliveryClient {
    enum State {
        None,
        Attesting, // the client's data, by the panel: Rounds has the steps
        Ready, // the provider works, submits, and asks for the score
        Judging, // the model, by the panel
        Delivering, // the model has passed; its key is to be delivered
        Passed, // `conclude` completes the job
        Failed, // `conclude` rejects the job
        Completed,
        Rejected
    }

    /// @dev Why a job is completed or rejected. The `reason` that the job contract is given is the digest of the model
    /// for Passed, and else this number.
    enum Cause {
        None,
        Passed, // and delivered
        ClientSilent, // no key grant for the data at the test of the model: completed
        BadData, // the panel could not attest the client's data
        NothingAsked, // the provider did not have its work scored in time, or the job ended elsewhere
        BelowThreshold, // or a required criterion was not met
        ProviderSilent, // no key grant for the model
        NoAnswer, // no panel, or none that agreed
        BadModel, // it does not open, is unstable or was rejected
        NotDelivered
    }

    /// @dev How a job is judged.
    struct Terms {
        bytes32 spec; // digest of the CommissionSpec, which names the evaluation and the client's delivery key
        bytes32 dataset; // digest of the DatasetManifest of the client's sealed data
        address token; // of the panel's fees; one that Policy allows
        uint96 evaluationFee; // to each member of the panel and question
        uint96 maxTotal; // the most that `enrol` may take; guards against a change in between
        int64 threshold;
        uint32 tolerance; // within which scores agree
        uint16 requiredCriteria; // bitmap
        uint8 panelSize; // seats, odd, 3 to 31
    }

    /// @dev What is kept of a job.
    struct Enrolment {
        // slot 0
        address client;
        DealState at; // a State and its deadline
        Cause cause;
        uint8 steps; // that were paid
        uint8 panelSize;
        // slot 1
        address provider;
        uint96 evaluationFee;
        // slot 2
        address token;
        int64 threshold;
        uint32 tolerance;
        // slot 3
        address rules; // where Rulebook keeps those of the enrolment
        uint40 expiredAt; // the job's, as it was then
        uint16 requiredCriteria;
        // slot 4
        address jobs; // the job contract
        uint72 panelId; // in Rounds
        // slots 5 to 9
        uint256 jobId; // of the job contract
        bytes32 spec;
        bytes32 dataset;
        bytes32 manifest; // of the model that the provider has named
        bytes32 word; // on which the panel agreed
    }

    /// @notice `client` has enrolled a job; `total` base units are held for the panel.
    event Enrolled(
        uint256 indexed id,
        address indexed client,
        address indexed jobs,
        uint256 jobId,
        address provider,
        uint256 panelId,
        uint256 total,
        Terms terms
    );
    /// @notice The provider has named the model that it has submitted, and the panel is asked for its score.
    event Named(uint256 indexed id, bytes32 indexed manifest);
    /// @notice The panel has scored the model, in ppm; `passed` says whether score and required criteria are enough.
    event Scored(uint256 indexed id, int64 score, uint16 criteria, bool passed);
    /// @notice It is settled how the job ends; `conclude` tells the job contract. What was held for the panel and not
    /// earned has gone back to the client.
    event Decided(uint256 indexed id, State indexed state, Cause cause);
    /// @notice The job contract has been told, with this `reason`.
    event Concluded(uint256 indexed id, address indexed jobs, uint256 indexed jobId, bytes32 reason);
    /// @notice `amount` base units of `token`, paid to this contract as an evaluator, went to the market's treasury.
    event Swept(address indexed token, uint256 amount);

    /// @notice No job {jobId} can be read from the contract {jobs}.
    /// @custom:hint Check both; the contract must answer `getJob` as ERC-8183's reference implementation does.
    error UnreadableJob(address jobs, uint256 jobId);
    /// @notice The job's client is {client}, not the caller {caller}.
    /// @custom:hint Enrol with the wallet that created the job.
    error NotClient(address caller, address client);
    /// @notice The job's provider is {provider}, not the caller {caller}.
    /// @custom:hint Use the wallet that has submitted; a job without a provider needs one before it is enrolled.
    error NotProvider(address caller, address provider);
    /// @notice The job's evaluator is {evaluator}, not this contract.
    /// @custom:hint An evaluator cannot be changed; create the job again and name this contract.
    error OtherEvaluator(address evaluator);
    /// @notice The job has the hook {hook}, which could undo whatever is decided here.
    /// @custom:hint Create the job without a hook.
    error HookRefused(address hook);
    /// @notice The job is {status}, not {wanted}.
    /// @custom:hint A job is enrolled while it is open, and its model is scored once it is submitted.
    error WrongStatus(IAgenticCommerce.Status status, IAgenticCommerce.Status wanted);
    /// @notice The job expires at {expiredAt}; a panel and its appeal can take until {earliest}.
    /// @custom:hint Create the job with a later expiry, and leave the provider time to work.
    error ExpiryTooShort(uint256 expiredAt, uint256 earliest);
    /// @notice The job expires at {expiredAt}; a panel is kept until {latest} at most.
    /// @custom:hint Create the job with an earlier expiry.
    error ExpiryTooLate(uint256 expiredAt, uint256 latest);
    /// @notice The job's expiry is {expiredAt} now, and was {formerly} when it was enrolled.
    /// @custom:hint The job contract has changed an open job; do not use it.
    error ExpiryChanged(uint256 expiredAt, uint256 formerly);
    /// @notice Job {jobId} of {jobs} is enrolled already, as number {id}.
    /// @custom:hint Terms cannot be changed; the provider relies on them.
    error AlreadyEnrolled(address jobs, uint256 jobId, uint256 id);
    /// @notice The terms' {field} is not allowed.
    /// @custom:hint A panel has an odd number of seats, 3 to 31.
    error InvalidJobTerms(bytes32 field);
    /// @notice The evaluation fee is {fee} base units; the market requires at least {minimum}.
    /// @custom:hint Raise it.
    error FeeTooLow(uint96 fee, uint96 minimum);
    /// @notice Enrolling would take {total} base units, more than the {maxTotal} agreed to.
    /// @custom:hint The market's rules have changed; ask for a new quote.
    error TotalExceeded(uint256 total, uint96 maxTotal);
    /// @notice There is no enrolment {id}.
    /// @custom:hint Check the number and the chain.
    error UnknownEnrolment(uint256 id);
    /// @notice The digest of the model manifest is missing.
    /// @custom:hint Publish the model first.
    error NothingNamed();
    /// @notice Only the market's Deliveries contract can do this, not {caller}.
    /// @custom:hint Deliver through it.
    error NotDeliveries(address caller);
    /// @notice A job's delivery is what its panel has agreed on, and is not refuted.
    /// @custom:hint Appeal the panel's answer while there is time.
    error NotRefutable(uint256 id);
    /// @notice The contract {jobs} was told the end of job {jobId}, which is {status} there.
    /// @custom:hint The job has expired or ended elsewhere, or the job contract does not follow ERC-8183.
    error NotConcluded(address jobs, uint256 jobId, IAgenticCommerce.Status status);

    /// @notice Enrols a job that names this contract as its evaluator; its client only, while the job is Open and has a
    /// provider. Takes everything that the panel can cost from the caller's escrow balance. Reverts
    /// `IPolicy.MarketHalted` while the market is halted.
    function enrol(address jobs, uint256 jobId, Terms calldata terms) external returns (uint256 id);

    /// @notice Names the model that was submitted and has it scored; the job's provider only, in time for the panel and
    /// its appeal. The job contract keeps no deliverable that can be read, so the provider says it, and `complete` is
    /// given it as its reason.
    /// @param manifest digest of the ModelManifest.
    /// @param grants digest of the KeyGrants by which the panel opens the model; zero where they are to come.
    function evaluate(uint256 id, bytes32 manifest, bytes32 grants) external;

    /// @notice Tells the job contract how its job ends; anyone. Reverts `NotConcluded` where it does not take that in.
    function conclude(uint256 id) external;

    /// @notice Brings what job contracts have paid to this contract to the treasury's escrow balance; anyone.
    /// @return amount base units.
    function sweep(address token) external returns (uint256 amount);

    /// @notice What `enrol` takes, in base units.
    function quote(Terms calldata terms) external view returns (uint256 total);

    /// @notice When a job that is enrolled now may expire at the earliest, in Unix seconds: then its provider has no
    /// time at all.
    function earliestExpiry() external view returns (uint256);

    /// @notice A job as it stands here; reverts `UnknownEnrolment` where there is none.
    function enrolment(uint256 id) external view returns (Enrolment memory);

    /// @notice The number of an enrolled job; 0 for none.
    function enrolmentOf(address jobs, uint256 jobId) external view returns (uint256 id);

    /// @notice How many jobs were enrolled; their numbers are 1 to this number.
    function enrolmentCount() external view returns (uint256);
}
