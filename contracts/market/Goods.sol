// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IAuditRegistry} from "../interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IConformity} from "../interfaces/IConformity.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";
import {Royalties} from "./Royalties.sol";

/// @title Goods
contract Goods is IGoods, AccessControl {
    using CommissionTerms for address;
    using CommissionTerms for Terms;

    struct Modules {
        IModelRegistry models;
        ICommissionMarket market;
        IConformity conformity;
        IAuditRegistry audits;
        IParticipantRegistry registry;
        IPolicy policy;
    }

    /// @dev A deal that a good is reserved for.
    struct Deal {
        address module;
        uint96 dealId;
    }

    bytes32 public constant MODULE_ROLE = keccak256("MODULE_ROLE");

    /// @dev Where a commission's record has what (`CommissionBase.Deal`).
    uint256 private constant CAUSE_OFFSET = 208; // of its first word
    uint256 private constant DEVELOPER_WORD = 1;
    uint256 private constant SUBMISSION_WORD = 4;
    uint256 private constant MANIFEST_WORD = 5;
    uint256 private constant AGREED_WORD = 6;

    IModelRegistry private immutable MODELS;
    ICommissionMarket private immutable MARKET;
    IConformity private immutable CONFORMITY;
    IAuditRegistry private immutable AUDITS;
    IParticipantRegistry private immutable REGISTRY;
    IPolicy private immutable POLICY;

    mapping(bytes32 good => Good) private _goods;
    /// @inheritdoc IGoods
    mapping(bytes32 good => bytes32) public keyHashOf;
    mapping(bytes32 good => address) private _royalties;
    /// @inheritdoc IGoods
    mapping(bytes32 good => Deal) public reservationOf;

    constructor(address governance, Modules memory modules) {
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
        (MODELS, MARKET, CONFORMITY) = (modules.models, modules.market, modules.conformity);
        (AUDITS, REGISTRY, POLICY) = (modules.audits, modules.registry, modules.policy);
    }

    /* LISTING */

    /// @inheritdoc IGoods
    // slither-disable-next-line reentrancy-no-eth -- MODELS calls nobody
    function list(
        address owner,
        Proof calldata proof,
        IModelRegistry.Submission calldata submission,
        address royaltyToken,
        Royalty[] calldata royalties
    ) external onlyRole(MODULE_ROLE) {
        bytes32 good = submission.manifest;
        Good storage self = _goods[good];
        if (self.kind != Kind.None) revert AlreadyListed(good);
        Royalties.requireWithin(royalties);
        (self.kind, self.edition) = (Kind.Model, royalties.length == 0 ? 0 : 1);
        // forge-lint: disable-next-line(unsafe-typecast)
        self.listedAt = uint40(block.timestamp); // Unix time fits for 34,000 years
        if (proof.setId == 0) _fromCommission(self, owner, proof, submission);
        else _fromAssessment(self, owner, proof, submission);
        keyHashOf[good] = proof.keyHash;
        if (royalties.length != 0) _royalties[good] = Royalties.write(royaltyToken, royalties);
        emit GoodListed(good, owner, self.tokenId, self, proof, royaltyToken, royalties);
    }

    /// @dev The registry lets only markets register, and a market registers what it has settled.
    function _fromCommission(
        Good storage self,
        address owner,
        Proof calldata proof,
        IModelRegistry.Submission calldata submission
    ) private {
        bytes32 good = submission.manifest;
        IModelRegistry.Version memory version = MODELS.versionOf(good);
        _requireOwner(good, owner, version.modelId);
        uint256[] memory record = ICommissionMarket(version.module).record(version.dealId);
        bytes32 hash = keccak256(abi.encode(submission));
        if (hash != bytes32(record[SUBMISSION_WORD])) {
            revert OtherSubmission(good, bytes32(record[SUBMISSION_WORD]), hash);
        }
        _requireAttested(good, bytes32(record[AGREED_WORD]), proof);
        // forge-lint: disable-next-line(unsafe-typecast)
        Terms memory terms = address(uint160(record[0])).load(); // the lowest bits of the record's first word
        (self.evidence, self.tokenId) = (Evidence.Commission, version.modelId);
        (self.domain, self.riskClass) = (terms.domain(), terms.riskClass());
    }

    /// @dev Anyone could otherwise register a model that was submitted for a commission, before its customer has it.
    // slither-disable-next-line reentrancy-no-eth -- MODELS calls nobody
    function _fromAssessment(
        Good storage self,
        address owner,
        Proof calldata proof,
        IModelRegistry.Submission calldata submission
    ) private {
        bytes32 good = submission.manifest;
        address applicant = CONFORMITY.firstApplicant(good);
        if (applicant != owner) revert NotApplicant(good, owner, applicant);
        _requireAttested(good, CONFORMITY.attested(proof.setId, good), proof);
        _requireNoCommission(good);
        (self.evidence, self.setId) = (Evidence.Assessment, proof.setId);
        (self.domain, self.riskClass) = (CONFORMITY.testSet(proof.setId).domain, proof.riskClass);
        // slither-disable-next-line unused-return -- there is no buyer yet
        _requireTested(good, self, 0);
        uint256 tokenId = MODELS.registerModel(
            owner,
            IModelRegistry.Registration({
                manifest: good,
                submissionHash: keccak256(abi.encode(submission)),
                developer: owner,
                dealId: proof.setId,
                score: CONFORMITY.standingOf(proof.setId, good).score
            }),
            submission.lineage
        );
        // forge-lint: disable-next-line(unsafe-typecast)
        self.tokenId = uint48(tokenId); // a counter: 2^48 is out of reach
    }

    /// @dev Not while a commission may still pay for it. What was rejected waits in Building or was replaced, and
    /// cannot be submitted again once it is registered; where a refund is announced, no ruling makes it a payment.
    /// Anyone could otherwise keep another's model from the market for as long as a commission and a dispute of its own
    /// take.
    function _requireNoCommission(bytes32 good) private view {
        uint256 dealId = MARKET.dealOfManifest(good);
        if (dealId == 0) return;
        uint256[] memory record = MARKET.record(dealId);
        // forge-lint: disable-next-line(unsafe-typecast)
        uint8 cause = uint8(record[0] >> CAUSE_OFFSET); // of a refund
        bool over = MARKET.stateOf(dealId) == ICommissionMarket.State.Building
            || cause != uint8(ICommissionMarket.Cause.None) || bytes32(record[MANIFEST_WORD]) != good;
        if (!over) revert InCommission(good, dealId);
    }

    function _requireAttested(bytes32 good, bytes32 attested, Proof calldata proof) private pure {
        bytes32 shown = KeyExchange.agreementOf(proof.keyHash, proof.ciphertext, proof.commitment);
        if (attested != shown) revert NotAttested(good, attested, shown);
    }

    /* ANCESTORS THAT ARE FOUND LATER */

    /// @inheritdoc IGoods
    function addAncestor(bytes32 good, address token, Royalty calldata owed)
        external
        onlyRole(MODULE_ROLE)
        returns (Royalty memory added)
    {
        uint16 edition = _listed(good).edition + 1;
        (address floors, Royalty[] memory owing) = Royalties.read(_royalties[good]);
        bool sameToken = floors == address(0) || floors == token;
        added = Royalties.fit(owing, Royalty(owed.tokenId, owed.ppm, sameToken ? owed.floor : 0));
        if (added.ppm == 0 && added.floor == 0) return added;
        if (added.floor != 0) floors = token;
        _goods[good].edition = edition;
        _royalties[good] = Royalties.write(floors, Royalties.append(owing, added));
        emit AncestorAdded(good, edition, floors, added);
    }

    /* RESERVATIONS */

    /// @inheritdoc IGoods
    function reserve(bytes32 good, uint256 dealId) external onlyRole(MODULE_ROLE) {
        if (_listed(good).reservation != Reservation.Free) _revertReserved(good);
        _goods[good].reservation = Reservation.Reserved;
        // forge-lint: disable-next-line(unsafe-typecast)
        reservationOf[good] = Deal(msg.sender, uint96(dealId)); // a market's counter
        emit ReservationChanged(good, Reservation.Reserved, msg.sender, dealId);
    }

    /// @inheritdoc IGoods
    function conclude(bytes32 good, bool sold) external {
        Good storage self = _goods[good];
        Deal memory deal = reservationOf[good];
        if (self.reservation != Reservation.Reserved || deal.module != msg.sender) _revertReserved(good);
        self.reservation = sold ? Reservation.Void : Reservation.Free;
        if (!sold) delete reservationOf[good];
        emit ReservationChanged(good, self.reservation, msg.sender, deal.dealId);
    }

    /* PURCHASES */

    /// @inheritdoc IGoods
    function requireSellable(
        bytes32 good,
        address seller,
        uint8 jurisdiction,
        uint16 edition,
        address buyer,
        uint8 audience
    ) external view {
        Good storage self = _listed(good);
        if (self.reservation != Reservation.Free) _requireOwnReservation(good, self.reservation);
        if (self.edition != edition) revert RoyaltiesChanged(good, self.edition, edition);
        if (buyer == seller) revert OwnGood(good, buyer);
        _requireOwner(good, seller, self.tokenId);
        uint8 buyersPlace = REGISTRY.jurisdictionOf(buyer);
        if (buyersPlace == 0) revert IParticipantRegistry.NotRegistered(buyer);
        if (_requireTested(good, self, buyersPlace) >> jurisdiction & 1 != 0) {
            revert IParticipantRegistry.JurisdictionBlocked(seller, jurisdiction);
        }
        if (audience != 0) _requireAudience(buyer, audience);
    }

    function _listed(bytes32 good) private view returns (Good storage self) {
        self = _goods[good];
        // slither-disable-next-line incorrect-equality -- an enum, which shares a slot with a time
        if (self.kind == Kind.None) revert NotListed(good);
    }

    function _requireOwner(bytes32 good, address account, uint256 tokenId) private view {
        address owner = ownerOf(tokenId);
        if (account != owner) revert NotOwner(good, account, owner);
    }

    /// @dev The module that reserved a good sells it itself.
    function _requireOwnReservation(bytes32 good, Reservation reservation) private view {
        // slither-disable-next-line incorrect-equality -- an enum, which shares a slot with a time
        if (reservation == Reservation.Void || reservationOf[good].module != msg.sender) {
            _revertReserved(good);
        }
    }

    function _revertReserved(bytes32 good) private view {
        Deal memory deal = reservationOf[good];
        revert GoodReserved(good, deal.module, deal.dealId);
    }

    /// @inheritdoc IGoods
    function requireTested(bytes32 good) external view {
        Good storage self = _listed(good);
        IPolicy.RiskClass memory rule = POLICY.riskClass(self.riskClass);
        _requireResult(good, self, rule.audits, rule.thirdParty, rule.reverifyInterval);
    }

    /// @param place the buyer's jurisdiction.
    /// @return blocked bitmap over the jurisdictions of sellers that may not serve it.
    function _requireTested(bytes32 good, Good storage self, uint8 place)
        private
        view
        returns (uint256 blocked)
    {
        uint8 audits;
        bool thirdParty;
        uint40 interval;
        (audits, thirdParty, interval, blocked) = POLICY.purchaseRules(self.riskClass, self.domain, place);
        _requireResult(good, self, audits, thirdParty, interval);
    }

    /// @dev What a commission tested and audited stays settled. A third party's test counts as long as its risk class
    /// says, and only while no later one has failed.
    function _requireResult(bytes32 good, Good storage self, uint8 audits, bool thirdParty, uint40 interval)
        private
        view
    {
        // slither-disable-next-line incorrect-equality -- an enum, which shares a slot with a time
        if (self.evidence == Evidence.Assessment) {
            if (audits != 0) revert AuditMissing(good, self.riskClass);
            _requirePass(good, self.setId, interval);
            _requireNotRejected(good);
        }
        if (!thirdParty) return;
        uint32 setId = POLICY.conformitySet(self.domain);
        // slither-disable-next-line incorrect-equality -- no set is named
        if (setId == 0) revert IPolicy.NoConformitySet(self.domain);
        if (setId != self.setId) _requirePass(good, setId, interval);
    }

    function _requirePass(bytes32 good, uint32 setId, uint40 interval) private view {
        if (!CONFORMITY.isCurrent(setId, good, interval)) revert NotTested(good, setId);
    }

    /// @dev By the newest audit that came to a verdict. A manifest belongs to one commission, which has it audited once
    /// an attempt, so there are few.
    function _requireNotRejected(bytes32 good) private view {
        uint256 auditId = AUDITS.latestAudit(good);
        while (auditId != 0) {
            IAuditRegistry.AuditView memory audit = AUDITS.audit(auditId);
            if (audit.outcome == IAuditRegistry.Outcome.Rejected) revert AuditRejected(good, auditId);
            if (audit.outcome == IAuditRegistry.Outcome.Approved) return;
            auditId = audit.previous;
        }
    }

    function _requireAudience(address buyer, uint8 audience) private view {
        for (uint8 role = 1; role <= uint8(type(IParticipantRegistry.Role).max); ++role) {
            bool asked = audience >> role & 1 != 0;
            if (asked && REGISTRY.holdsRole(buyer, IParticipantRegistry.Role(role))) return;
        }
        revert OutsideAudience(buyer, audience);
    }

    /* VIEWS */

    /// @inheritdoc IGoods
    function goodOf(bytes32 good) external view returns (Good memory) {
        return _goods[good];
    }

    /// @inheritdoc IGoods
    function offerOf(bytes32 good, address seller) external view returns (uint16 edition, address royalties) {
        Good storage self = _listed(good);
        _requireOwner(good, seller, self.tokenId);
        edition = self.edition;
        if (edition != 0) royalties = _royalties[good];
    }

    /// @inheritdoc IGoods
    function royaltiesOf(bytes32 good)
        external
        view
        returns (address at, address token, Royalty[] memory royalties)
    {
        at = _royalties[good];
        (token, royalties) = Royalties.read(at);
    }

    /// @inheritdoc IGoods
    function developerOf(bytes32 manifest) external view returns (address) {
        if (!MODELS.isRegistered(manifest)) return address(0);
        IModelRegistry.Version memory version = MODELS.versionOf(manifest);
        if (version.module == address(this)) return address(0);
        uint256[] memory record = ICommissionMarket(version.module).record(version.dealId);
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(record[DEVELOPER_WORD])); // the lowest bits
    }

    /// @inheritdoc IGoods
    function models() external view returns (IModelRegistry) {
        return MODELS;
    }

    /// @inheritdoc IGoods
    function ownerOf(uint256 tokenId) public view returns (address) {
        return IERC721(address(MODELS)).ownerOf(tokenId);
    }
}
