// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Splits} from "../../../contracts/kernel/Splits.sol";

/// @notice All of a hold is paid out, to the last unit, and each gets its share rounded down.
contract SplitsTest is Test {
    uint256 private constant PPM = 1_000_000;

    function divide(
        Splits.Hold memory hold,
        IModelRegistry.Payee[] memory royalties,
        IModelRegistry.Payee[] calldata payees
    ) external pure returns (IEscrow.Payment[] memory) {
        return Splits.divide(hold, royalties, payees);
    }

    /// @param amounts price, bond, fee, and what the hold has beyond them.
    function testFuzz_addsUpToTheLastUnit(
        uint96[4] memory amounts,
        uint32[] memory royaltyPpm,
        uint32[] memory payeePpm
    ) public view {
        Splits.Hold memory hold = _hold(amounts[0], amounts[1], amounts[2], amounts[3]);
        IModelRegistry.Payee[] memory royalties = _shares(royaltyPpm, 0xA000);
        IModelRegistry.Payee[] memory payees = _shares(payeePpm, 0xB000);
        IEscrow.Payment[] memory payments = this.divide(hold, royalties, payees);
        assertEq(payments.length, 3 + royalties.length + payees.length);

        uint256 left = hold.price - _checkShares(payments, 3, hold.price, royalties);
        left -= _checkShares(payments, 3 + royalties.length, left, payees);
        _check(payments[0], hold.seller, left + hold.bond);
        _check(payments[1], hold.treasury, hold.fee);
        _check(payments[2], hold.buyer, amounts[3]);
        assertEq(_total(payments), hold.amount, "all of it");
    }

    function _total(IEscrow.Payment[] memory payments) private pure returns (uint256 total) {
        for (uint256 i; i < payments.length; ++i) {
            total += payments[i].amount;
        }
    }

    /// @dev Shares of all of the price leave the seller what rounding leaves, and never less than nothing.
    function test_allOfThePriceShared() public view {
        uint32[] memory thirds = new uint32[](3);
        (thirds[0], thirds[1], thirds[2]) = (333_333, 333_333, 333_334);
        IEscrow.Payment[] memory payments =
            this.divide(_hold(10, 0, 0, 0), new IModelRegistry.Payee[](0), _shares(thirds, 0xB000));
        assertEq(payments[0].amount, 1, "3 + 3 + 3 of 10");
    }

    function test_refusesMoreThanThereIs() public {
        uint32[] memory none = new uint32[](0);
        Splits.Hold memory hold = _hold(10, 5, 1, 0);
        --hold.amount;
        vm.expectRevert();
        this.divide(hold, _shares(none, 0), _shares(none, 0));
        IModelRegistry.Payee[] memory tooMuch = new IModelRegistry.Payee[](2);
        (tooMuch[0].ppm, tooMuch[1].ppm) = (1_000_000, 500_000);
        vm.expectRevert();
        this.divide(_hold(10, 5, 1, 0), _shares(none, 0), tooMuch);
    }

    function _checkShares(
        IEscrow.Payment[] memory payments,
        uint256 first,
        uint256 amount,
        IModelRegistry.Payee[] memory shares
    ) private pure returns (uint256 sum) {
        for (uint256 i; i < shares.length; ++i) {
            uint256 share = amount * shares[i].ppm / PPM;
            _check(payments[first + i], shares[i].account, share);
            sum += share;
        }
    }

    function _check(IEscrow.Payment memory payment, address to, uint256 amount) private pure {
        assertEq(payment.to, to);
        assertEq(payment.amount, amount);
    }

    function _hold(uint256 price, uint256 bond, uint256 fee, uint256 rest)
        private
        pure
        returns (Splits.Hold memory)
    {
        return Splits.Hold(price + bond + fee + rest, price, bond, fee, address(1), address(2), address(3));
    }

    /// @dev At most eight, of at most 100 % together.
    function _shares(uint32[] memory ppm, uint160 first)
        private
        pure
        returns (IModelRegistry.Payee[] memory shares)
    {
        uint256 count = ppm.length > 8 ? 8 : ppm.length;
        shares = new IModelRegistry.Payee[](count);
        uint256 left = PPM;
        for (uint256 i; i < count; ++i) {
            shares[i] = IModelRegistry.Payee(address(first + uint160(i)), uint32(ppm[i] % (left + 1)));
            left -= shares[i].ppm;
        }
    }
}
