// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Third-party test sets: models tested by validators on data that neither customer nor developer has made.
/// @notice A conformity body (an accredited regulator of the domain) registers sealed test sets of its own. Whoever
/// can grant a model's key can have the model assessed on one: a panel is drawn and answers like a commission's,
/// appeals included. What it finds becomes the model's standing on that set. A market asks `isCurrent` before it
/// sells: at the first sale, and again after every re-verification interval. Every state has a way out that anyone
/// can take (`advance`). One hold in Escrow, `bytes32(id)`, carries the money of an assessment; it is zero in the
/// final states. Paper sections IV-E and VI.
/// Trust assumptions: the body chose its data well, and has not given it to anybody; panel members see plaintext and
/// may leak it; fewer than a third of a panel collude. Nobody attests the data: a set that does not open decides
/// nothing.
/// @dev Times are Unix seconds, amounts base units of the test set's token, scores ppm.
interface IConformity {
    enum State {
        None,
        Judging, // by a panel: Rounds has the steps
        Passed,
        Failed, // a score below the threshold, or without a required criterion
        Void // anything else: it says nothing of the model
    }

    /// @dev Why an assessment is void.
    enum Cause {
        None,
        PanelNotSeated,
        BodySilent,
        ApplicantSilent,
        PanelSilent,
        Undecided,
        CannotOpen,
        Unstable,
        Rejected
    }

    /// @dev Five slots. Scores in ppm.
    struct TestSet {
        address body;
        uint96 bodyFee; // base units of `token`, for an assessment that passed or failed
        address token; // what assessments are paid in
        int64 threshold;
        uint32 tolerance; // within which validators' scores agree, in millionths of their unit
        bytes32 spec; // digest of the ConformitySpec: how models are tested
        bytes32 dataset; // digest of the DatasetManifest of the sealed data
        uint8 domain;
        uint8 panelSize; // seats, odd, MIN_PANEL to MAX_PANEL
        uint16 requiredCriteria; // bitmap
        bool retired;
    }

    /// @dev Three slots.
    struct Assessment {
        address applicant;
        uint96 evaluationFee; // base units, to each validator
        bytes32 manifest; // digest of the ModelManifest
        uint32 setId;
        State state;
        Cause cause;
        uint40 openedAt; // Unix seconds
        uint72 panelId; // in Rounds
        uint8 steps; // that were paid
        uint88 stepFee; // base units to whoever takes a step that anyone may take
    }

    /// @dev One slot: what the newest assessment found that passed or failed.
    struct Standing {
        uint40 at; // when it was opened (Unix seconds), so that a result held back is not a fresh one; 0 for none
        bool passed;
        int64 score; // ppm
    }

    /// @notice `body` has registered a test set, on which models can be assessed from now on.
    event TestSetRegistered(uint32 indexed setId, address indexed body, uint8 indexed domain, TestSet set);
    /// @notice The body takes no more assessments on its set.
    event TestSetRetired(uint32 indexed setId);
    /// @notice `applicant` has a model assessed; `total` base units of the set's token are held for it.
    event AssessmentOpened(
        uint256 indexed id,
        uint32 indexed setId,
        bytes32 indexed manifest,
        address applicant,
        uint256 panelId,
        uint96 evaluationFee,
        uint256 total
    );
    /// @notice The model has passed or failed, with `score` in ppm: this is now its standing on the set.
    /// @param openedAt the standing's `at`.
    event Assessed(
        uint256 indexed id,
        uint32 indexed setId,
        bytes32 indexed manifest,
        bool passed,
        int64 score,
        uint16 criteria,
        uint40 openedAt
    );
    /// @notice The assessment says nothing of the model.
    event Voided(uint256 indexed id, Cause cause);

    /// @notice There is no test set {setId}.
    /// @custom:hint Check the number and the chain.
    error UnknownTestSet(uint32 setId);
    /// @notice There is no assessment {id}.
    /// @custom:hint Check the number and the chain.
    error UnknownAssessment(uint256 id);
    /// @notice The test set's {field} is not allowed.
    /// @custom:hint A panel has an odd number of seats, 3 to 31.
    error InvalidTestSet(bytes32 field);
    /// @notice Test set {setId} is retired.
    /// @custom:hint Apply for the one that counts now: `assay conformity list`.
    error SetIsRetired(uint32 setId);
    /// @notice {caller} is not the body of this test set.
    /// @custom:hint Use the body's wallet.
    error NotBody(address caller);
    /// @notice Test set {setId} is the caller's own, and a body certifies nothing for itself.
    /// @custom:hint Let the model's developer or owner apply.
    error OwnTestSet(uint32 setId);
    /// @notice The digest of the model manifest is missing.
    /// @custom:hint Publish the model first: `assay model publish`.
    error EmptyManifest();
    /// @notice The fee of {fee} base units for each validator is below the minimum of {minimum}.
    /// @custom:hint Offer at least the minimum.
    error FeeTooLow(uint96 fee, uint96 minimum);

    /* TEST SETS */

    /// @notice Registers a test set of the caller's, who must hold the role Regulator in the domain. Nothing about it
    /// changes later, except that it can be retired. Its token must be one that Policy allows.
    /// @param set with the caller as `body`, and not retired.
    function register(TestSet calldata set) external returns (uint32 setId);

    /// @notice Takes no more assessments on a set; its body only. Open ones go on, and standings stay.
    function retire(uint32 setId) external;

    /* ASSESSMENTS */

    /// @notice Has a model assessed on a set. Anyone but its body may, but it is money lost for whoever cannot grant
    /// the model's key. Takes `quote` from the caller's escrow balance. The body must still hold its role.
    /// @param manifest digest of a ModelManifest, registered or not.
    /// @param evaluationFee base units to each validator, at least Policy's minimum for the set's token.
    function open(uint32 setId, bytes32 manifest, uint96 evaluationFee) external returns (uint256 id);

    /// @notice Takes the next step that is due; anyone may call. Steps of the panel are taken in Rounds; with the
    /// last of them this pays for the work and writes the standing. Reverts `NothingDue`, here or in Rounds, when no
    /// step is due. Keys are granted in Rounds: the data's by the body, the model's by the applicant. If one of them
    /// stays silent, the panel's members are paid for their time. A step that gets the panel further earns the caller
    /// the step fee, as an escrow balance; the repetition of a draw that was missed earns nothing.
    function advance(uint256 id) external;

    /* VIEWS */

    /// @notice Whether a model has a pass on a set that counts now; markets ask this before they sell.
    /// @param interval seconds for which a pass counts, 0 for no end.
    /// @return Whether the newest result is a pass and not older than `interval`.
    function isCurrent(uint32 setId, bytes32 manifest, uint40 interval) external view returns (bool);

    /// @notice What the newest assessment of a model on a set found that passed or failed.
    function standingOf(uint32 setId, bytes32 manifest) external view returns (Standing memory);

    /// @notice What the panel of the newest pass agreed on: the word that names the hash of the model's content key,
    /// its ciphertext, and a delivery that only holders of the key can work out (`KeyExchange.agreementOf`). Who sells
    /// the model rests on it.
    /// @return word zero where there is no pass.
    function attested(uint32 setId, bytes32 manifest) external view returns (bytes32 word);

    /// @notice Who had a model assessed first, of all assessments that passed or failed on any set. To be tested a
    /// model's key must be granted, so that is who had it, as long as nobody had granted it before.
    /// @return applicant zero where there was none.
    function firstApplicant(bytes32 manifest) external view returns (address applicant);

    /// @notice A test set; reverts `UnknownTestSet` when there is none.
    function testSet(uint32 setId) external view returns (TestSet memory);

    /// @notice An assessment as it stands; reverts `UnknownAssessment` when there is none.
    function assessment(uint256 id) external view returns (Assessment memory);

    /// @notice What `open` would take now: the panel's fees, the body's, and the fees for the panel's steps.
    /// @param evaluationFee base units to each validator.
    /// @return total base units of the set's token.
    function quote(uint32 setId, uint96 evaluationFee) external view returns (uint256 total);

    /// @notice How many test sets there are; their ids are 1 to this number.
    function testSetCount() external view returns (uint32);

    /// @notice How many assessments there have been; their ids are 1 to this number.
    function assessmentCount() external view returns (uint256);
}
