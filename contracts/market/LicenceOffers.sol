// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {Royalties} from "./Royalties.sol";

/// @title The storage of licences, sellers' bonds, and offers.
abstract contract LicenceOffers is ILicences, ReentrancyGuardTransient {
    uint16 private constant PURPOSES = (uint16(1) << (uint8(type(Purpose).max) + 1)) - 1;

    IEscrow internal immutable ESCROW;
    IGoods internal immutable GOODS;
    IParticipantRegistry internal immutable REGISTRY;
    IPolicy internal immutable POLICY;

    /// @inheritdoc ILicences
    uint256 public offerCount;
    /// @inheritdoc ILicences
    uint256 public saleCount;
    /// @inheritdoc ILicences
    mapping(uint256 offerId => bytes32) public offerHash;
    /// @inheritdoc ILicences
    mapping(uint256 saleId => bytes32) public saleHash;
    mapping(address seller => mapping(address token => Account)) internal _accounts;

    constructor(IEscrow escrow, IGoods goods_, IParticipantRegistry registry, IPolicy policy) {
        (ESCROW, GOODS, REGISTRY, POLICY) = (escrow, goods_, registry, policy);
    }

    /* OFFERS */

    /// @inheritdoc ILicences
    function change(uint256 offerId, Terms calldata terms, Offer calldata offer_) external nonReentrant {
        _requireSellerOf(offerId, terms, msg.sender);
        if (offer_.good != terms.offer.good) revert InvalidOffer("good");
        _openAccount(msg.sender, offer_.token);
        _keep(offerId, msg.sender, offer_);
    }

    /// @inheritdoc ILicences
    function withdraw(uint256 offerId, Terms calldata terms) external {
        _requireSellerOf(offerId, terms, msg.sender);
        delete offerHash[offerId];
        emit OfferWithdrawn(offerId);
    }

    /// @param paid base units for the bond that came with the order.
    function _offer(address seller, Offer calldata offer_, Joining calldata joining, uint256 paid)
        internal
        returns (uint256 offerId)
    {
        _join(seller, joining);
        _openAccount(seller, offer_.token);
        if (paid != 0) _addToBond(seller, offer_.token, paid);
        offerId = ++offerCount;
        _keep(offerId, seller, offer_);
    }

    function _keep(uint256 offerId, address seller, Offer calldata offer_) private {
        Terms memory terms = _termsFor(seller, offer_);
        offerHash[offerId] = _hashOf(terms);
        emit Offered(offerId, offer_.good, seller, terms);
    }

    /// @dev The offer, once it is known to be allowed, with what is so now.
    function _termsFor(address seller, Offer calldata offer_) private view returns (Terms memory terms) {
        IGoods.Good memory good = GOODS.goodOf(offer_.good);
        if (good.kind == IGoods.Kind.None) revert IGoods.NotListed(offer_.good);
        address owner = GOODS.ownerOf(good.tokenId);
        if (owner != seller) revert IGoods.NotOwner(offer_.good, seller, owner);
        (terms.offer, terms.seller, terms.edition) = (offer_, seller, good.edition);
        terms.jurisdiction = REGISTRY.participantOf(seller).jurisdiction;
        (terms.treasury, terms.feePpm) = (POLICY.treasury(), POLICY.feePpm());
        IPolicy.Timeouts memory times = POLICY.timeouts();
        (terms.deliveryWindow, terms.challengeWindow) = (times.delivery, times.challenge);
        terms.royalties = _requireCovered(offer_, terms.feePpm);
        _checkOffer(offer_);
    }

    /// @return royalties where they are kept.
    function _requireCovered(Offer calldata offer_, uint256 feePpm) private view returns (address royalties) {
        IGoods.Royalty[] memory owed;
        address token;
        (royalties, token, owed) = GOODS.royaltiesOf(offer_.good);
        bool otherToken = token != address(0) && token != offer_.token;
        if (otherToken || !Royalties.isCovered(owed, offer_.price, feePpm)) {
            revert PriceTooLow(offer_.price, token);
        }
    }

    function _checkOffer(Offer calldata offer_) private view {
        IPolicy.TokenRule memory rule = POLICY.tokenRule(offer_.token);
        if (!rule.allowed) revert IPolicy.TokenNotAllowed(offer_.token);
        if (offer_.licence == 0) revert InvalidOffer("licence");
        if (offer_.seats == 0) revert InvalidOffer("seats");
        if (offer_.purposes == 0 || offer_.purposes > PURPOSES) revert InvalidOffer("purposes");
        if (offer_.bond < Math.min(offer_.price, rule.minEvaluationFee)) revert InvalidOffer("bond");
        bool owes = offer_.royaltyPpm != 0 || offer_.royaltyFloor != 0;
        bool derives = offer_.purposes >> uint8(Purpose.Derive) & 1 != 0;
        if (offer_.royaltyPpm > Royalties.MAX_PPM || (owes && !derives)) revert InvalidOffer("royalty");
    }

    function _requireSellerOf(uint256 offerId, Terms calldata terms, address caller) private view {
        _requireTerms(offerId, _hashOf(terms));
        if (caller != terms.seller) revert NotSeller(caller, terms.seller);
    }

    function _requireTerms(uint256 offerId, bytes32 shown) internal view {
        bytes32 kept = offerHash[offerId];
        if (kept != shown) revert OtherTerms(offerId, kept, shown);
    }

    function _hashOf(Terms memory terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }

    /* BONDS */

    /// @inheritdoc ILicences
    function addBond(address token, uint96 amount) external nonReentrant {
        _openAccount(msg.sender, token);
        _addToBond(msg.sender, token, amount);
        ESCROW.fund(_holdOf(msg.sender), token, msg.sender, amount);
    }

    /// @inheritdoc ILicences
    function takeBond(address token, uint96 amount) external nonReentrant {
        Account storage account = _accounts[msg.sender][token];
        _requireFree(msg.sender, account, amount);
        account.bond -= amount;
        emit BondChanged(msg.sender, token, account.bond);
        ESCROW.release(_holdOf(msg.sender), token, msg.sender, amount);
    }

    function _addToBond(address seller, address token, uint256 amount) private {
        Account storage account = _accounts[seller][token];
        uint256 bond = account.bond + amount;
        if (bond > type(uint96).max) revert InvalidOffer("bond");
        // forge-lint: disable-next-line(unsafe-typecast)
        account.bond = uint96(bond); // checked above
        emit BondChanged(seller, token, account.bond);
    }

    function _requireFree(address seller, Account storage account, uint256 needed) internal view {
        uint256 free = account.bond - account.locked;
        if (needed > free) revert BondExhausted(seller, free, needed);
    }

    /// @dev A hold that is open cannot be closed again, also not by a retirement of this module.
    function _openAccount(address seller, address token) private {
        Account storage account = _accounts[seller][token];
        if (account.open) return;
        account.open = true;
        ESCROW.openHold(_holdOf(seller), token, seller, 0);
    }

    /// @dev Of all of a seller's sales in a token, and its bond.
    function _holdOf(address seller) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(seller)));
    }

    /* JOINING */

    /// @dev Whoever has joined already says nothing.
    function _join(address account, Joining calldata joining) internal {
        if (joining.jurisdiction == 0) return;
        if (REGISTRY.participantOf(account).index != 0) return;
        REGISTRY.enlist(account, joining.jurisdiction, joining.encryptionKey);
    }

    /* VIEWS */

    /// @inheritdoc ILicences
    function accountOf(address seller, address token) external view returns (Account memory) {
        return _accounts[seller][token];
    }

    /// @inheritdoc ILicences
    function goods() external view returns (IGoods) {
        return GOODS;
    }
}
