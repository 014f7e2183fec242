// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Third-party test sets: models tested by validators on data that neither customer nor developer has made.
/// @notice A conformity body (an accredited regulator of the domain) registers sealed test sets of its own. Whoever can
/// grant a model's key has it assessed on one: a panel is drawn and answers like a commission's, appeals included.
/// What it finds becomes the model's standing on that set. A market asks `isCurrent` before it sells: at first sale, and
/// again after every re-verification interval. Paper sections IV-E and VI.
/// Every stage has a deadline and a way out that anyone can take (`advance`). One hold in Escrow, `bytes32(id)`, carries
/// the money of an assessment; it is zero in the final stages.
/// Trust assumptions: the body chose its data well, and has not given it to anybody; panel members see plaintext and may
/// leak it; fewer than a third of a panel collude. Nobody attests the data: a set that does not open decides nothing.
interface IConformity {
    enum Stage {
        None,
        Drawing,
        Granting, // the body grants the data's key, the applicant the model's
        Evaluating,
        Appealing,
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
        Inconclusive,
        CannotOpen,
        Unstable,
        Rejected
    }

    /// @dev What a key grant opens; as in the commission market.
    enum Artifact {
        Dataset,
        Model
    }

    /// @dev Five slots. Scores in ppm.
    struct TestSet {
        address body;
        uint96 bodyFee; // base units of `token`, for an assessment that passed or failed
        address token; // what assessments are paid in
        int64 threshold;
        uint32 tolerance; // ppm within which validators' scores agree
        bytes32 spec; // digest of the ConformitySpec: how models are tested
        bytes32 dataset; // digest of the DatasetManifest of the sealed data
        uint8 domain;
        uint8 panelSize; // seats, odd, MIN_PANEL to MAX_PANEL
        uint16 requiredCriteria; // bitmap
        bool retired;
    }

    /// @dev Four slots. Times are Unix seconds, windows seconds as Policy had them when the assessment opened.
    struct Assessment {
        address applicant;
        uint96 evaluationFee; // base units, to each validator
        bytes32 manifest; // digest of the ModelManifest
        uint32 setId;
        uint40 deadline; // of the present stage
        Stage stage;
        Cause cause;
        uint8 granted; // bitmap over Artifact: whose key was granted
        uint40 panelId;
        uint40 requestId; // 0 until the panel is asked
        uint40 askedAt;
        uint32 grantWindow;
        uint32 commitWindow;
        uint32 revealWindow;
        uint32 appealWindow;
    }

    /// @dev One slot: what the newest assessment found that passed or failed.
    struct Standing {
        uint40 at; // when the panel was asked (Unix seconds), so that a result held back is not a fresh one; 0 for none
        bool passed;
        int64 score; // ppm
    }

    event TestSetRegistered(uint32 indexed setId, address indexed body, uint8 indexed domain, TestSet set);
    event TestSetRetired(uint32 indexed setId);
    event AssessmentOpened(
        uint256 indexed id,
        uint32 indexed setId,
        bytes32 indexed manifest,
        address applicant,
        uint96 evaluationFee,
        uint256 total
    );
    event StageChanged(uint256 indexed id, Stage indexed stage, uint40 deadline);
    event PanelAssigned(uint256 indexed id, uint256 indexed panelId);
    event KeysGranted(uint256 indexed id, address indexed by, Artifact artifact, bytes32 grants);
    event RequestAssigned(uint256 indexed id, uint256 indexed requestId);
    /// @param askedAt the standing's `at`.
    event Assessed(
        uint256 indexed id,
        uint32 indexed setId,
        bytes32 indexed manifest,
        bool passed,
        int64 score,
        uint16 criteria,
        uint40 askedAt
    );
    event Voided(uint256 indexed id, Cause cause);

    error UnknownTestSet(uint32 setId);
    error UnknownAssessment(uint256 id);
    error InvalidTestSet(bytes32 field);
    error SetIsRetired(uint32 setId);
    error NotBody(address caller);
    /// @notice A body does not certify what it has applied for itself.
    error OwnTestSet(uint32 setId);
    error EmptyManifest();
    error FeeTooLow(uint96 fee, uint96 minimum);
    error WrongStage(uint256 id, Stage stage);
    error NotParty(address caller);
    error EmptyGrants();
    error DeadlinePassed(uint256 id, uint40 deadline);
    /// @notice No step is due: the present stage runs until `deadline` or until its panel or parties act.
    error NoStepDue(uint256 id, Stage stage, uint40 deadline);
    /// @notice The gas did not suffice for the draw of a panel.
    error TooLittleGas();

    /* TEST SETS */

    /// @notice Registers a test set of the caller's, who must hold the role Regulator in the domain. Nothing of it changes
    /// later, but that it can be retired. The token must be one that Policy allows.
    /// @param set with the caller as `body`, and not retired.
    function register(TestSet calldata set) external returns (uint32 setId);

    /// @notice Takes no new assessments on a set; its body only. Open ones go on, and standings stay.
    function retire(uint32 setId) external;

    /* ASSESSMENTS */

    /// @notice Has a model assessed on a set; anyone but its body, but whoever cannot grant the model's key pays for nothing.
    /// Takes `quote` from the caller's escrow balance. The body must hold its role still.
    /// @param manifest digest of a ModelManifest, registered or not.
    /// @param evaluationFee base units to each validator, at least Policy's minimum for the set's token.
    function open(uint32 setId, bytes32 manifest, uint96 evaluationFee) external returns (uint256 id);

    /// @notice Publishes key grants for the panel: the body the data's, the applicant the model's. When both are there the
    /// panel is asked. Where one stays silent the assessment is void, and the panel's members are paid for their time. From then on members of the panel may grant too, for an appeal's panel.
    function grant(uint256 id, Artifact artifact, bytes32 grants) external;

    /// @notice Takes the next step that is due, whoever calls: seats or draws the panel anew, reads its result, pays for
    /// the work and writes the standing, or takes a stage's exit after its deadline. Reverts `NoStepDue` otherwise.
    function advance(uint256 id) external;

    /* VIEWS */

    /// @return Whether the newest result is a pass, and not older than `interval` seconds; 0 for a pass that never lapses.
    function isCurrent(uint32 setId, bytes32 manifest, uint40 interval) external view returns (bool);

    function standingOf(uint32 setId, bytes32 manifest) external view returns (Standing memory);

    function testSet(uint32 setId) external view returns (TestSet memory);

    function assessment(uint256 id) external view returns (Assessment memory);

    /// @return total base units of the set's token that `open` would take: the panel's fees and the body's.
    function quote(uint32 setId, uint96 evaluationFee) external view returns (uint256 total);

    function testSetCount() external view returns (uint32);

    function assessmentCount() external view returns (uint256);
}
