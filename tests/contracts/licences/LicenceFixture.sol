// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IGoods} from "../../../contracts/interfaces/IGoods.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Deals, DealState} from "../../../contracts/kernel/Deals.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice A customer that owns a commission's model and offers licences, buyers, and the steps of a sale.
abstract contract LicenceFixture is CommissionFixture {
    uint96 internal constant PRICE = 100e18;
    uint96 internal constant SALE_BOND = 10e18;
    uint256 internal constant SELLERS_BOND = 1000e18;
    bytes32 internal constant MODEL = keccak256("the model");
    uint16 internal constant ALL_PURPOSES = 15;

    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    address internal buyer;
    uint256 internal buyerKey;
    uint256 internal commissionId; // of MODEL
    uint256 private _deliveryKeys;

    function setUp() public virtual override {
        super.setUp();
        (buyer, buyerKey) = makeAddrAndKey("buyer");
        _makeParents();
        commissionId = _settled(MODEL, _lineageOf(MODEL));
        _fund(customer, paymentToken, SELLERS_BOND, address(licences));
        vm.prank(customer);
        licences.addBond(address(paymentToken), uint96(SELLERS_BOND));
    }

    /* GOODS: MODEL is derived from none, but where a test is about its ancestors */

    // solhint-disable-next-line no-empty-blocks
    function _makeParents() internal virtual {}

    // solhint-disable-next-line no-empty-blocks
    function _lineageOf(bytes32) internal pure virtual returns (IModelRegistry.Lineage[] memory) {}

    // solhint-disable-next-line no-empty-blocks
    function _rightsOf(bytes32) internal view virtual returns (ILicences.Derivation[] memory) {}

    /// @dev A model of a commission between `customer` and `developer`, settled.
    function _settled(bytes32 manifest, IModelRegistry.Lineage[] memory lineage)
        internal
        returns (uint256 id)
    {
        if (_paid(customer) < FUNDS) {
            _fund(customer, paymentToken, FUNDS, address(market));
        }
        if (_paid(developer) < BOND) _fund(developer, paymentToken, BOND, address(auctions));
        if (_paid(rival) < BOND) _fund(rival, paymentToken, BOND, address(auctions));
        id = _open(_request());
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        vm.prank(developer);
        market.submit(id, _submissionOf(manifest, lineage));
        _answer(id, _scored(THRESHOLD));
        _passAppeal(id);
        _deliver(id);
        vm.warp(lens.commission(id).deadline);
        market.settle(id, _submissionOf(manifest, lineage));
    }

    function _submissionOf(bytes32 manifest, IModelRegistry.Lineage[] memory lineage)
        internal
        view
        returns (IModelRegistry.Submission memory s)
    {
        s = _submission(manifest);
        s.lineage = lineage;
    }

    /// @dev That the panel of a commission has attested the key.
    function _proof(uint256 id) internal returns (IGoods.Proof memory proof) {
        Exchange memory x = _delivered(id);
        proof.keyHash = _keyHash(x.key);
        proof.ciphertext = CIPHERTEXT;
        proof.commitment = _commitment(_context(x), _delivery(x));
    }

    /* OFFERS */

    function _offerOf(bytes32 good) internal view returns (ILicences.Offer memory o) {
        o.good = good;
        o.licence = keccak256("licence");
        o.token = address(paymentToken);
        (o.price, o.bond) = (PRICE, SALE_BOND);
        (o.seats, o.purposes) = (100, ALL_PURPOSES);
    }

    function _noJoining() internal pure returns (ILicences.Joining memory joining) {}

    /// @dev Lists the model and offers it.
    function _publish(ILicences.Offer memory o) internal returns (uint256 offerId) {
        IModelRegistry.Submission memory s = _submissionOf(o.good, _lineageOf(o.good));
        ILicences.Derivation[] memory rights = _rightsOf(o.good);
        IGoods.Proof memory proof = _proof(market.dealOfManifest(o.good));
        vm.prank(customer);
        offerId = licences.publish(proof, s, rights, o, _noJoining());
    }

    /// @dev What the market adds to an offer of the seller's now.
    function _terms(ILicences.Offer memory o, address seller)
        internal
        view
        returns (ILicences.Terms memory t)
    {
        (t.offer, t.seller) = (o, seller);
        t.jurisdiction = registry.participantOf(seller).jurisdiction;
        t.edition = goods.goodOf(o.good).edition;
        (t.royalties,,) = goods.royaltiesOf(o.good);
        (t.treasury, t.feePpm) = (policy.treasury(), policy.feePpm());
        (t.deliveryWindow, t.challengeWindow) = (times.delivery, times.challenge);
    }

    /* BUYING */

    function _order(uint256 offerId, ILicences.Terms memory t, uint16 seats)
        internal
        returns (ILicences.Order memory order)
    {
        (order.offerId, order.terms, order.seats) = (offerId, t, seats);
        order.deliveryKey = _point(_sale(_nextSale(offerId, t)).b);
    }

    function _nextSale(uint256 offerId, ILicences.Terms memory t) internal view returns (uint256) {
        return offerId << 32 | (licences.accountOf(t.seller, t.offer.token).sales + 1);
    }

    function _joining(string memory name) internal pure returns (ILicences.Joining memory) {
        return ILicences.Joining({jurisdiction: 1, encryptionKey: keccak256(bytes(name))});
    }

    function _calldata(ILicences.Order memory order) internal pure returns (bytes memory) {
        return abi.encodeCall(ILicences.buy, (order));
    }

    function _signedPermit(uint256 key, uint256 amount) internal view returns (IEscrow.Permit memory permit) {
        address owner = vm.addr(key);
        permit.deadline = block.timestamp + 1 hours;
        bytes32 structHash = keccak256(
            abi.encode(PERMIT_TYPEHASH, owner, escrow, amount, paymentToken.nonces(owner), permit.deadline)
        );
        (permit.v, permit.r, permit.s) = vm.sign(key, _typed(structHash));
    }

    function _authorization(uint256 key, uint256 amount, bytes memory order)
        internal
        view
        returns (IEscrow.Authorization memory a)
    {
        a.validBefore = block.timestamp + 1 hours;
        bytes32 nonce = escrow.orderNonce(address(licences), order);
        bytes32 structHash = keccak256(
            abi.encode(RECEIVE_TYPEHASH, vm.addr(key), escrow, amount, a.validAfter, a.validBefore, nonce)
        );
        (a.v, a.r, a.s) = vm.sign(key, _typed(structHash));
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", paymentToken.DOMAIN_SEPARATOR(), structHash));
    }

    /// @dev By permit, in one transaction.
    function _buy(uint256 offerId, ILicences.Terms memory t, uint16 seats) internal returns (uint256 saleId) {
        saleId = _nextSale(offerId, t);
        ILicences.Order memory order = _order(offerId, t, seats);
        if (registry.participantOf(buyer).index == 0) order.joining = _joining("buyer");
        uint256 price = uint256(t.offer.price) * seats;
        paymentToken.mint(buyer, price);
        bytes memory data = _calldata(order);
        IEscrow.Permit memory permit = _signedPermit(buyerKey, price);
        vm.prank(buyer);
        escrow.pay(address(licences), address(paymentToken), price, permit, data);
        return saleId;
    }

    /* SALES */

    /// @dev What seller and buyer know of a sale between them. The key is the commission's.
    function _sale(uint256 saleId) internal view returns (Exchange memory x) {
        x = _exchange(address(licences), saleId);
        x.key = _delivered(commissionId).key;
    }

    function _bought(uint256 saleId, ILicences.Terms memory t, address holder, uint16 seats)
        internal
        returns (ILicences.Sale memory sale)
    {
        uint96 price = t.offer.price * seats;
        sale.terms = keccak256(abi.encode(t));
        (sale.seller, sale.holder) = (t.seller, holder);
        (sale.price, sale.bond) = (price, price < t.offer.bond ? price : t.offer.bond);
        (sale.seats, sale.challengeWindow) = (seats, t.challengeWindow);
        sale.at = Deals.pack(uint8(ILicences.State.Bought), uint40(block.timestamp + t.deliveryWindow));
        sale.kept = _context(_sale(saleId));
    }

    /// @dev The seller delivers what `x` says; `sale` as it stands then.
    function _deliverSale(uint256 saleId, ILicences.Sale memory sale, Exchange memory x) internal {
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Possession memory proof = _possession(x);
        vm.prank(sale.seller);
        licences.deliver(saleId, sale, delivery, proof);
        sale.kept = _commitment(_context(x), delivery);
        sale.at = Deals.pack(uint8(ILicences.State.Delivered), uint40(block.timestamp + sale.challengeWindow));
    }

    function _refuteSale(
        uint256 saleId,
        ILicences.Sale memory sale,
        ILicences.Terms memory t,
        Exchange memory x
    ) internal {
        KeyExchange.Point memory point = _point(x.b);
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Refutation memory proof = _refutation(x);
        licences.refute(saleId, sale, t, point, delivery, proof);
    }

    function _collectOne(uint256 saleId, ILicences.Sale memory sale, ILicences.Terms memory t) internal {
        (uint256[] memory ids, ILicences.Sale[] memory sales) = (new uint256[](1), new ILicences.Sale[](1));
        (ids[0], sales[0]) = (saleId, sale);
        licences.collect(ids, sales, t);
        sale.at = Deals.pack(uint8(ILicences.State.Collected), sale.at.deadline());
    }

    function _packed(ILicences.State state, uint256 deadline) internal pure returns (DealState) {
        return Deals.pack(uint8(state), uint40(deadline));
    }

    function _sellersHold(address seller) internal view returns (uint256) {
        return escrow.held(address(licences), address(paymentToken), bytes32(uint256(uint160(seller))));
    }
}
