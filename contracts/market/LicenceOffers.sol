// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAgreements} from "../interfaces/IAgreements.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {Royalties} from "./Royalties.sol";

/// @title The storage of licences, sellers' bonds, and offers.
abstract contract LicenceOffers is ILicences, ReentrancyGuardTransient {
    uint16 private constant PURPOSES = (uint16(1) << (uint8(type(Purpose).max) + 1)) - 1;

    /// @dev Bytes of `Terms`, which has no dynamic part: 20 words.
    uint256 private constant TERMS_SIZE = 640;

    IEscrow internal immutable ESCROW;
    IGoods internal immutable GOODS;
    IParticipantRegistry internal immutable REGISTRY;
    IPolicy internal immutable POLICY;
    IAgreements internal immutable AGREEMENTS;
    IERC721 internal immutable MODELS;

    /// @inheritdoc ILicences
    uint256 public offerCount;
    /// @inheritdoc ILicences
    mapping(uint256 offerId => bytes32) public offerHash;
    /// @inheritdoc ILicences
    mapping(uint256 saleId => bytes32) public saleHash;
    mapping(address seller => mapping(address token => Account)) internal _accounts;

    constructor(
        IEscrow escrow,
        IGoods goods_,
        IParticipantRegistry registry,
        IPolicy policy,
        IAgreements agreements
    ) {
        (ESCROW, GOODS, REGISTRY, POLICY) = (escrow, goods_, registry, policy);
        (AGREEMENTS, MODELS) = (agreements, IERC721(address(goods_.models())));
    }

    /* OFFERS */

    /// @inheritdoc ILicences
    function change(uint256 offerId, Terms calldata terms, Offer calldata offer_) external nonReentrant {
        _requireSellerOf(offerId, terms, msg.sender);
        if (offer_.good != terms.offer.good) revert InvalidOffer("good");
        if (offer_.token != terms.offer.token) revert InvalidOffer("token"); // ids of sales count in it
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
        if (paid != 0) _addToBond(seller, offer_.token, paid);
        offerId = ++offerCount;
        _keep(offerId, seller, offer_);
    }

    function _keep(uint256 offerId, address seller, Offer calldata offer_) private {
        bytes memory terms = _termsFor(seller, offer_);
        offerHash[offerId] = keccak256(terms);
        (bytes32 topic, bytes32 good) = (Offered.selector, offer_.good);
        assembly ("memory-safe") {
            // `emit Offered(offerId, good, seller, terms)` without encoding the terms, which are static, again.
            log4(add(terms, 32), mload(terms), topic, offerId, good, seller)
        }
    }

    /// @dev The offer, once it is known to be allowed, with what is so now.
    /// @return terms encoded: all of it is static, so this is the encoding of `Terms`.
    function _termsFor(address seller, Offer calldata offer_) private view returns (bytes memory terms) {
        (uint16 edition, address royalties) = GOODS.offerOf(offer_.good, seller);
        (address treasury, uint32 feePpm, uint32 delivery, uint32 challenge, uint96 least) =
            POLICY.offerRules(offer_.token);
        _checkOffer(offer_, least);
        if (royalties != address(0)) _requireCovered(offer_, royalties, feePpm); // the fee alone is no more than a price
        uint8 jurisdiction = REGISTRY.jurisdictionOf(seller);
        if (jurisdiction == 0) revert IParticipantRegistry.NotRegistered(seller);
        return
            abi.encode(
                offer_, seller, jurisdiction, edition, royalties, treasury, feePpm, delivery, challenge
            );
    }

    function _requireCovered(Offer calldata offer_, address royalties, uint256 feePpm) private view {
        (address token, IGoods.Royalty[] memory owed) = Royalties.read(royalties);
        bool otherToken = token != address(0) && token != offer_.token;
        if (otherToken || !Royalties.isCovered(owed, offer_.price, feePpm)) {
            revert PriceTooLow(offer_.price, token);
        }
    }

    /// @param least base units: the bond of a sale that costs at least as much.
    function _checkOffer(Offer calldata offer_, uint96 least) private pure {
        if (offer_.licence == 0) revert InvalidOffer("licence");
        if (offer_.seats == 0) revert InvalidOffer("seats");
        (uint16 purposes, uint32 ppm) = (offer_.purposes, offer_.royaltyPpm);
        if (purposes == 0 || purposes > PURPOSES) revert InvalidOffer("purposes");
        uint96 price = offer_.price;
        if (offer_.bond < (price < least ? price : least)) revert InvalidOffer("bond");
        bool owes = ppm != 0 || offer_.royaltyFloor != 0;
        bool derives = purposes >> uint8(Purpose.Derive) & 1 != 0;
        if (ppm > Royalties.MAX_PPM || (owes && !derives)) revert InvalidOffer("royalty");
    }

    function _requireSellerOf(uint256 offerId, Terms calldata terms, address caller) private view {
        _requireTerms(offerId, _hashOf(terms));
        if (caller != terms.seller) revert NotSeller(caller, terms.seller);
    }

    function _requireTerms(uint256 offerId, bytes32 shown) internal view {
        bytes32 kept = offerHash[offerId];
        if (kept != shown) revert OtherTerms(offerId, kept, shown);
    }

    /// @dev `keccak256(abi.encode(terms))` where the caller has encoded as everybody does. Whoever encodes otherwise
    /// gets another hash than any that is kept.
    function _hashOf(Terms calldata terms) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // In free memory, which is not kept.
            let free := mload(0x40)
            calldatacopy(free, terms, TERMS_SIZE)
            hash := keccak256(free, TERMS_SIZE)
        }
    }

    /* BONDS */

    /// @inheritdoc ILicences
    function addBond(address token, uint96 amount) external nonReentrant {
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

    /// @dev The first bond in a token opens the seller's hold.
    function _addToBond(address seller, address token, uint256 amount) internal {
        Account storage account = _accounts[seller][token];
        account.bond = SafeCast.toUint96(account.bond + amount);
        emit BondChanged(seller, token, account.bond);
        if (account.open) return;
        account.open = true;
        ESCROW.openHold(_holdOf(seller), token, seller, 0);
    }

    function _requireFree(address seller, Account storage account, uint256 needed) internal view {
        uint256 free = account.bond - account.locked;
        if (needed > free) revert BondExhausted(seller, free, needed);
    }

    /// @dev Of all of a seller's sales in a token, and its bond.
    function _holdOf(address seller) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(seller)));
    }

    /* JOINING */

    /// @dev Whoever has joined already says nothing.
    function _join(address account, Joining calldata joining) internal {
        if (joining.jurisdiction == 0) return;
        if (REGISTRY.jurisdictionOf(account) != 0) return;
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
