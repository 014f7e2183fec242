// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IAgreements} from "../interfaces/IAgreements.sol";
import {IPaymentClient, IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {LicenceLineage} from "./LicenceLineage.sol";
import {LicenceOffers} from "./LicenceOffers.sol";

/// @title Licences
/// @notice How orders come in: as calls, paid from the caller's escrow balance, or with a payment through Escrow.
contract Licences is LicenceLineage {
    /// @dev Bytes of an `Order`, which has no dynamic part: 26 words.
    uint256 private constant ORDER_SIZE = 832;

    /// @dev Of the payment that Escrow is passing on, for an order that is carried out as a call.
    address private transient _payer;
    address private transient _token;
    uint256 private transient _amount;

    constructor(
        IEscrow escrow,
        IGoods goods_,
        IParticipantRegistry registry,
        IPolicy policy,
        IAgreements agreements
    ) LicenceOffers(escrow, goods_, registry, policy, agreements) {}

    /* ORDERS */

    /// @inheritdoc ILicences
    /// @dev It calls modules of this market only, so it needs no guard.
    function offer(Offer calldata offer_, Joining calldata joining) external returns (uint256 offerId) {
        return _offer(_caller(), offer_, joining, _takeForBond(offer_.token));
    }

    /// @inheritdoc ILicences
    function publish(
        IGoods.Proof calldata proof,
        IModelRegistry.Submission calldata submission,
        Derivation[] calldata derivations,
        Offer calldata offer_,
        Joining calldata joining
    ) external nonReentrant returns (uint256 offerId) {
        _publish(_caller(), proof, submission, derivations);
        return _offer(_caller(), offer_, joining, _takeForBond(offer_.token));
    }

    /// @inheritdoc ILicences
    function buy(Order calldata order) external nonReentrant returns (uint256 saleId) {
        uint256 price = _priceOf(order);
        saleId = _buy(msg.sender, order, price);
        (address seller, address token) = (order.terms.seller, order.terms.offer.token);
        if (price != 0) ESCROW.fund(_holdOf(seller), token, msg.sender, price);
    }

    /* PAYMENTS */

    /// @inheritdoc IPaymentClient
    /// @dev An order to buy is read as it stands in the calldata: it has no dynamic part. Any other is carried out as
    /// the call that it is; who calls is Escrow then, and who acts is the payer.
    function onPayment(address from, address token, uint256 amount, bytes calldata order)
        external
        returns (bytes32 holdId)
    {
        if (msg.sender != address(ESCROW)) revert NotEscrow(msg.sender);
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 selector = bytes4(order); // the first bytes
        if (selector == ILicences.buy.selector) return _buyPaid(from, token, amount, _orderIn(order));
        if (selector != ILicences.offer.selector && selector != ILicences.publish.selector) {
            revert UnknownOrder(selector);
        }
        (_payer, _token, _amount) = (from, token, amount);
        // slither-disable-next-line unused-return -- its number is in the events
        Address.functionDelegateCall(address(this), order);
        return _holdOf(from);
    }

    /// @return holdId the seller's.
    function _buyPaid(address buyer, address token, uint256 amount, Order calldata order)
        private
        returns (bytes32 holdId)
    {
        (address seller, uint256 price) = (order.terms.seller, _priceOf(order));
        _requirePaid(token, amount, order.terms.offer.token, price);
        // slither-disable-next-line unused-return -- its number is in the events
        _buy(buyer, order, price);
        return _holdOf(seller);
    }

    /// @dev The argument of a call to `buy`.
    function _orderIn(bytes calldata call_) private pure returns (Order calldata order) {
        // forge-lint: disable-next-line(unsafe-typecast)
        if (call_.length < 4 + ORDER_SIZE) revert UnknownOrder(bytes4(call_)); // the first bytes
        assembly ("memory-safe") {
            order := add(call_.offset, 4) // behind the selector; that it is long enough is checked
        }
    }

    function _caller() private view returns (address) {
        return msg.sender == address(ESCROW) ? _payer : msg.sender;
    }

    /// @return paid base units that came with the order.
    function _takeForBond(address token) private view returns (uint256 paid) {
        if (msg.sender != address(ESCROW)) return 0;
        paid = _amount;
        _requirePaid(_token, paid, token, paid);
    }

    function _requirePaid(address token, uint256 amount, address dueToken, uint256 due) private pure {
        if (token != dueToken || amount != due) revert WrongPayment(token, amount, dueToken, due);
    }
}
