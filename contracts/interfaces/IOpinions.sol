// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Artifact} from "./Artifact.sol";
import {IDisputableMarket} from "./IDisputableMarket.sol";
import {IParticipantRegistry} from "./IParticipantRegistry.sol";

/// @title Opinions: what auditors of somebody's own choice say of a model, beside the audits that can block it.
/// @notice The fee is agreed on-chain before the work. Whoever asks puts it into Escrow and names an auditor, who
/// accepts or not. It is paid for the opinion, whatever that says. An auditor that does not answer, or accepts and
/// does not post in time, can be replaced, and the fee can be taken back. The rules of independence towards the
/// deal's customer and developer are those of the blocking audits. One of these two may pay, and everybody sees who
/// does; but the auditor may not live off one party (`IFeeShares`). Opinions decide nothing: no contract of the
/// market reads them. Times are Unix seconds. Paper section IV-E (the payment and selection of auditors as a point of
/// negotiation).
/// Trust assumptions: the deal's market, which Escrow's governance has authorised, says truly who its parties are.
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

    /// @dev An opinion from the offer on.
    struct Opinion {
        Offer offer;
        address asker;
        State state;
        bool approved; // once posted
        uint40 deadline; // of an accepted one
        uint40 at; // Unix seconds; 0 until posted
        uint40 expires; // no longer counts from then on
    }

    /// @notice `asker` asks for an opinion; the fee is held.
    event OpinionOffered(uint256 indexed opinionId, address indexed asker, Offer offer);
    /// @notice The asker has named another auditor, for the same fee and window.
    event AuditorNamed(uint256 indexed opinionId, address indexed auditor);
    /// @notice `auditor` has accepted and has until `deadline` (Unix seconds); grants are sealed to its X25519
    /// `encryptionKey`.
    event OpinionAccepted(
        uint256 indexed opinionId, address indexed auditor, bytes32 encryptionKey, uint40 deadline
    );
    /// @notice `auditor` has posted its opinion and was paid. It counts until `expires` (Unix seconds).
    event OpinionPosted(
        uint256 indexed opinionId,
        bytes32 indexed subject,
        address indexed auditor,
        bool approved,
        bytes32 report,
        uint40 expires
    );
    /// @notice A party to the deal has published key grants for the auditor.
    event KeysGranted(uint256 indexed id, address indexed by, Artifact artifact, bytes32 grants);
    /// @notice The asker has taken back the offer and `returned` base units of fee.
    event OpinionWithdrawn(uint256 indexed opinionId, address indexed auditor, uint96 returned);

    /// @notice There is no opinion {opinionId}.
    /// @custom:hint Check the number and the chain.
    error UnknownOpinion(uint256 opinionId);
    /// @notice {market} is not a market of this deployment.
    /// @custom:hint Ask about a deal of the market that the deployment file names.
    error UnknownMarket(address market);
    /// @notice Deal {dealId} is about another model than {subject}.
    /// @custom:hint Ask about the model that was submitted last: `assay commission show {dealId}`.
    error NotTheModel(uint256 dealId, bytes32 subject);
    /// @notice An auditor cannot be given {window} seconds; {min} to {max} are possible.
    /// @custom:hint Choose a time within these bounds.
    error InvalidWindow(uint32 window, uint32 min, uint32 max);
    /// @notice {caller} did not ask for this opinion.
    /// @custom:hint Use the wallet that asked.
    error NotAsker(address caller);
    /// @notice {caller} is not the auditor asked for opinion {opinionId}.
    /// @custom:hint Only the auditor who was named can accept and post.
    error NotNamed(uint256 opinionId, address caller);
    /// @notice {auditor} is not accredited as auditor or regulator in domain {domain}.
    /// @custom:hint Ask one who is; check with `assay participant show`.
    error NotQualified(address auditor, uint8 domain);
    /// @notice {auditor} cannot judge this deal: it has a conflict of interest with {party} ({conflict}).
    /// @custom:hint Ask another auditor.
    error NotIndependent(address auditor, address party, IParticipantRegistry.Conflict conflict);
    /// @notice {auditor} has another part in deal {dealId} and cannot judge it.
    /// @custom:hint Ask another auditor.
    error PlaysPart(address auditor, uint256 dealId);
    /// @notice Opinion {opinionId} needs the digest of an audit report.
    /// @custom:hint Publish the report first.
    error NoReport(uint256 opinionId);
    /// @notice The digest of the key grants for opinion {opinionId} is missing.
    /// @custom:hint Publish the grants first.
    error NoGrants(uint256 opinionId);
    /// @notice {caller} is neither customer nor developer of the deal that opinion {opinionId} is about.
    /// @custom:hint Only they have keys to grant.
    error NotAParty(uint256 opinionId, address caller);

    /// @notice Asks for an opinion; anyone, who pays the fee from its escrow balance. The auditor must be qualified
    /// and independent.
    function ask(Offer calldata offer) external returns (uint256 opinionId);

    /// @notice Names another auditor for the same fee and window; the asker only, before acceptance or after the
    /// deadline.
    function replace(uint256 opinionId, address auditor) external;

    /// @notice Takes back the offer and the fee; the asker only, before acceptance or after the deadline.
    function withdraw(uint256 opinionId) external;

    /// @notice Accepts fee and window; only the auditor who was named. The window begins.
    function accept(uint256 opinionId) external;

    /// @notice Posts the opinion and earns the fee; its auditor only, within the window. Independence is checked
    /// again.
    /// @param report digest of the AuditReport manifest.
    function post(uint256 opinionId, bool approve, bytes32 report) external;

    /// @notice Publishes key grants for the auditor; the deal's customer or developer only, at any time.
    /// @param grants digest of the KeyGrants manifest.
    function grant(uint256 opinionId, Artifact artifact, bytes32 grants) external;

    /// @notice Reverts with the reason when `auditor` may not judge the deal. Whether it lives off a party, or off
    /// whoever asks, is `IFeeShares`' question.
    function requireQualified(IDisputableMarket market, uint256 dealId, address auditor) external view;

    /// @notice An opinion as it stands; reverts `UnknownOpinion` when there is none.
    function opinion(uint256 opinionId) external view returns (Opinion memory);
    /// @notice How many opinions have been asked for; their ids are 1 to this number.
    function opinionCount() external view returns (uint256);
}
