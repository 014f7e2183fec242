// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Artifact} from "./Artifact.sol";
import {IDisputableMarket} from "./IDisputableMarket.sol";
import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @title Opinions: what auditors of somebody's own choice say of a model, beside the audits that can block it.
/// @notice The fee is agreed on-chain before the work: whoever asks puts it into Escrow and names an auditor, who accepts it
/// or not. It is paid for the opinion, whatever that says. An auditor that does not answer, or accepts and does not post in
/// time, can be replaced, and the fee taken back. The rules of independence are those of the blocking audits, towards the
/// deal's customer and its developer; that one of them pays is allowed, and everybody sees who does;
/// but no party may be whom the auditor lives off (`IFeeShares`).
/// Opinions decide nothing: no contract of the market asks for them. Paper section IV-E (the payment and selection of
/// auditors as a point of negotiation).
/// Trust assumptions: the market of the deal says truly who its parties are; Escrow's governance has authorised it.
interface IOpinions {
    enum State {
        None,
        Offered,
        Accepted,
        Posted,
        Withdrawn
    }

    /// @dev What is asked of whom.
    struct Offer {
        IDisputableMarket market; // of the deal
        uint48 dealId;
        bytes32 subject; // digest of the ModelManifest last submitted in the deal
        address auditor;
        address token;
        uint96 fee; // base units
        uint32 window; // seconds from acceptance to the opinion, 1 hour to 90 days
    }

    struct Opinion {
        Offer offer;
        address asker;
        State state;
        bool approved; // once posted
        uint40 deadline; // of an accepted one
        uint40 at; // Unix seconds; 0 until posted
        uint40 expires; // no longer counts from then on
    }

    event OpinionOffered(uint256 indexed opinionId, address indexed asker, Offer offer);
    event AuditorNamed(uint256 indexed opinionId, address indexed auditor);
    event OpinionAccepted(
        uint256 indexed opinionId, address indexed auditor, bytes32 encryptionKey, uint40 deadline
    );
    event OpinionPosted(
        uint256 indexed opinionId,
        bytes32 indexed subject,
        address indexed auditor,
        bool approved,
        bytes32 report,
        uint40 expires
    );
    event KeysGranted(uint256 indexed id, address indexed by, Artifact artifact, bytes32 grants);
    event OpinionWithdrawn(uint256 indexed opinionId, address indexed auditor, uint96 returned);

    error UnknownOpinion(uint256 opinionId);
    error UnknownMarket(address market);
    /// @notice The deal's model is another one.
    error NotTheModel(uint256 dealId, bytes32 subject);
    error InvalidWindow(uint32 window, uint32 min, uint32 max);
    error NotAsker(address caller);
    error NotNamed(uint256 opinionId, address caller);
    error WrongOpinionState(uint256 opinionId, State state);
    error NotQualified(address auditor, uint8 domain);
    /// @notice The auditor may not judge this deal because of its relation to `party`.
    error NotIndependent(address auditor, address party, IParticipantRegistry.Conflict conflict);
    /// @notice The auditor plays a part in the deal itself.
    error PlaysPart(address auditor, uint256 dealId);
    error OpinionDue(uint256 opinionId, uint40 deadline);
    error OpinionLate(uint256 opinionId, uint40 deadline);
    error NoReport(uint256 opinionId);
    error NoGrants(uint256 opinionId);
    /// @notice Only the deal's customer and its developer have keys to grant.
    error NotAParty(uint256 opinionId, address caller);

    /// @notice Asks for an opinion; anyone, with the fee from its escrow balance. The auditor must be qualified and independent.
    function ask(Offer calldata offer) external returns (uint256 opinionId);

    /// @notice Names another auditor for the same fee and window; the asker only, before acceptance or after the deadline.
    function replace(uint256 opinionId, address auditor) external;

    /// @notice Takes the offer back, and the fee; the asker only, before acceptance or after the deadline.
    function withdraw(uint256 opinionId) external;

    /// @notice Accepts fee and window; the auditor named only. The window begins.
    function accept(uint256 opinionId) external;

    /// @notice Posts the opinion and earns the fee; the auditor only, within the window. Independence is asked again.
    /// @param report digest of the AuditReport manifest.
    function post(uint256 opinionId, bool approve, bytes32 report) external;

    /// @notice Publishes a key grant for the auditor; the deal's customer or developer only, at any time.
    /// @param grants digest of the KeyGrants manifest.
    function grant(uint256 opinionId, Artifact artifact, bytes32 grants) external;

    /// @notice Reverts with the reason when `auditor` may not judge the deal; whether it lives off a party or off who asks is
    /// `IFeeShares`' to say.
    function requireQualified(IDisputableMarket market, uint256 dealId, address auditor) external view;

    function opinion(uint256 opinionId) external view returns (Opinion memory);
    function opinionCount() external view returns (uint256);
}
