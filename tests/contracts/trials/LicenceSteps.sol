// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Test.sol";

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {HostileMarket} from "./HostileMarket.sol";

/// @notice Sales of licences, by an offer or by auction, until they are collected or refunded. What must never happen
/// is counted in `broken`.
abstract contract LicenceSteps is HostileMarket {
    struct InFlight {
        uint256 saleId;
        uint256 secret; // of the delivery key
        bytes32 wrongKey; // that was delivered; zero for the right one
        ILicences.Sale sale;
    }

    uint256 internal broken;
    InFlight[] internal inFlight;
    mapping(bytes32 deliveryKey => uint256) private _secrets;

    /// @dev Follows every sale that is made meanwhile, whoever made it.
    modifier followed() {
        vm.recordLogs();
        _;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(licences) || logs[i].topics[0] != ILicences.Bought.selector) {
                continue;
            }
            _follow(uint256(logs[i].topics[1]), logs[i].data);
        }
    }

    function _follow(uint256 saleId, bytes memory data) private {
        (KeyExchange.Point memory key, ILicences.Sale memory sale) =
            abi.decode(data, (KeyExchange.Point, ILicences.Sale));
        if (sale.at.state() != uint8(ILicences.State.Bought)) return; // a trial's
        if (licences.saleHash(saleId) != keccak256(abi.encode(sale))) return; // in a call that was reverted
        for (uint256 i; i < inFlight.length; ++i) {
            if (inFlight[i].saleId == saleId) return;
        }
        inFlight.push(InFlight(saleId, _secrets[keccak256(abi.encode(key))], 0, sale));
    }

    function _know(uint256 secret) internal returns (KeyExchange.Point memory key) {
        key = _point(secret);
        _secrets[keccak256(abi.encode(key))] = secret;
    }

    function _ordered(uint16 seats) internal override returns (ILicences.Order memory order) {
        order = _order(offerId, terms, seats);
        _know(_sale(_nextSale(offerId, terms)).b);
    }

    /// @dev The token may call back.
    function withdraw(uint256 who, uint256 share) external followed {
        _withdraw(who, share);
    }

    /// @dev The price in the transaction itself. What arrives has to be all of it.
    function buyPaid(uint256 seed) external followed {
        ILicences.Order memory order = _ordered(uint16(1 + seed % 3));
        uint256 price = uint256(PRICE) * order.seats;
        deal(address(paymentToken), third, price);
        uint256 count = inFlight.length;
        IEscrow.Permit memory none;
        vm.startPrank(third);
        paymentToken.approve(address(escrow), price);
        try escrow.pay(address(licences), address(paymentToken), price, none, _calldata(order)) {
            paidIn += price;
            if (paymentToken.balanceOf(third) != 0) ++broken;
        } catch {
            if (inFlight.length != count || paymentToken.balanceOf(third) != price) ++broken;
        }
        vm.stopPrank();
    }

    /* STEPS */

    /// @dev In time or late, the right key or a wrong one. The buyer's client tries to refute either at once.
    function deliverLicence(uint256 seed) external {
        if (inFlight.length == 0) return;
        uint256 i = seed % inFlight.length;
        InFlight memory one = inFlight[i];
        if (one.sale.at.state() != uint8(ILicences.State.Bought)) return;
        if (seed / 64 % 3 == 0) one.wrongKey = keccak256(abi.encode(seed));
        Exchange memory x = _exchangeOf(one);
        try this.deliverAs(one.saleId, one.sale, x) returns (ILicences.Sale memory sale) {
            one.sale = sale;
            inFlight[i] = one;
        } catch {
            ++broken; // nobody may stop it once its calldata could be read
            return;
        }
        try this.refuteAs(one.saleId, one.sale, x) {
            if (one.wrongKey == 0) ++broken;
            _forget(i);
        } catch {
            if (one.wrongKey != 0) ++broken;
        }
    }

    /// @dev What is due happens, whoever asks for it and whatever token and ancestors are; nothing happens before.
    function endLicence(uint256 seed) external {
        if (inFlight.length != 0) _end(seed % inFlight.length);
    }

    function _end(uint256 i) internal {
        InFlight memory one = inFlight[i];
        bool over = one.sale.at.isOver();
        bool ended = one.sale.at.state() == uint8(ILicences.State.Bought) ? _tryRefund(one) : _tryCollect(one);
        if (ended != over) ++broken;
        if (ended) _forget(i);
    }

    function _tryRefund(InFlight memory one) private returns (bool) {
        uint256 before = _paid(one.sale.holder);
        try licences.refund(one.saleId, one.sale, terms) {
            if (_paid(one.sale.holder) != before + one.sale.price + one.sale.bond) ++broken;
            return true;
        } catch {
            return false;
        }
    }

    function _tryCollect(InFlight memory one) private returns (bool) {
        Before memory before = _beforeSale();
        try this.collectAs(one.saleId, one.sale) {
            if (!_isPaid(before, one.sale.price, one.sale.seats, 0)) ++broken;
            return true;
        } catch {
            return false;
        }
    }

    /// @dev All of the seller's money is its bond and the prices in flight.
    function _licencesHoldWhatTheyOwe() internal view {
        (uint256 prices, uint256 bonds) = (0, 0);
        for (uint256 i; i < inFlight.length; ++i) {
            prices += inFlight[i].sale.price;
            bonds += inFlight[i].sale.bond;
        }
        ILicences.Account memory account = licences.accountOf(customer, address(paymentToken));
        assertEq(account.locked, bonds, "locked behind what is in flight");
        assertEq(_sellersHold(customer), account.bond + prices, "the hold is bond and prices");
    }

    /* PARTS */

    function _exchangeOf(InFlight memory one) private view returns (Exchange memory x) {
        x = _sale(one.saleId);
        x.b = one.secret;
        if (one.wrongKey != 0) x.key = one.wrongKey;
    }

    function _forget(uint256 i) private {
        inFlight[i] = inFlight[inFlight.length - 1];
        inFlight.pop();
    }

    function deliverAs(uint256 saleId, ILicences.Sale memory sale, Exchange memory x)
        external
        returns (ILicences.Sale memory)
    {
        _deliverSale(saleId, sale, x);
        return sale;
    }

    function refuteAs(uint256 saleId, ILicences.Sale memory sale, Exchange memory x) external {
        _refuteSale(saleId, sale, terms, x);
    }

    function collectAs(uint256 saleId, ILicences.Sale memory sale) external {
        _collectOne(saleId, sale, terms);
    }
}
