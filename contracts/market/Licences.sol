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
    /// @dev Of the payment that is being passed on by Escrow.
    address private transient _payer;
    address private transient _token;
    uint256 private transient _amount;
    bytes32 private transient _hold; // that receives it

    constructor(
        IEscrow escrow,
        IGoods goods_,
        IParticipantRegistry registry,
        IPolicy policy,
        IAgreements agreements
    ) LicenceOffers(escrow, goods_, registry, policy, agreements) {}

    /* ORDERS */

    /// @inheritdoc ILicences
    function offer(Offer calldata offer_, Joining calldata joining)
        external
        nonReentrant
        returns (uint256 offerId)
    {
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
        (address buyer, uint256 price) = (_caller(), _priceOf(order));
        saleId = _buy(buyer, order, price);
        (address seller, address token) = (order.terms.seller, order.terms.offer.token);
        if (msg.sender == address(ESCROW)) _takePaid(seller, token, price);
        else if (price != 0) ESCROW.fund(_holdOf(seller), token, buyer, price);
    }

    /* PAYMENTS */

    /// @inheritdoc IPaymentClient
    /// @dev The order is carried out as the call that it is. Who calls is Escrow then, and who acts is the payer.
    function onPayment(address from, address token, uint256 amount, bytes calldata order)
        external
        returns (bytes32)
    {
        if (msg.sender != address(ESCROW)) revert NotEscrow(msg.sender);
        (_payer, _token, _amount) = (from, token, amount);
        bytes4 selector = bytes4(order);
        bool known = selector == ILicences.buy.selector || selector == ILicences.offer.selector
            || selector == ILicences.publish.selector;
        if (!known) revert UnknownOrder(selector);
        // slither-disable-next-line unused-return -- its number is in the events
        Address.functionDelegateCall(address(this), order);
        return _hold;
    }

    function _caller() private view returns (address) {
        return msg.sender == address(ESCROW) ? _payer : msg.sender;
    }

    /// @return paid base units that came with the order.
    function _takeForBond(address token) private returns (uint256 paid) {
        if (msg.sender != address(ESCROW)) return 0;
        paid = _amount;
        _takePaid(_payer, token, paid);
    }

    /// @dev The payment goes into the hold of `seller`, if it is what is due.
    function _takePaid(address seller, address token, uint256 due) private {
        if (_token != token || _amount != due) revert WrongPayment(_token, _amount, token, due);
        _hold = _holdOf(seller);
    }
}
