// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {LicenceHandler} from "./LicenceHandler.sol";

contract LicenceInvariants is LicenceHandler {
    function setUp() public override {
        super.setUp();
        targetContract(address(this));
        bytes4[] memory acts = new bytes4[](9);
        (acts[0], acts[1]) = (this.buy.selector, this.buy.selector);
        (acts[2], acts[3]) = (this.deliver.selector, this.deliver.selector);
        (acts[4], acts[5]) = (this.refute.selector, this.refund.selector);
        (acts[6], acts[7]) = (this.collect.selector, this.wait_.selector);
        acts[8] = this.takeBond.selector;
        targetSelector(FuzzSelector(address(this), acts));
    }

    /// @dev In one run, which costs most of the time. The buyer's client refutes in time, so nobody is paid for a wrong
    /// key.
    function invariant_KeysAndMoney() public view {
        assertEq(paidForWrongKeys, 0, "a wrong key was paid for");
        _theHoldIsBondAndPrices();
        _everyUnitIsSomebodys();
    }

    function _theHoldIsBondAndPrices() private view {
        address[2] memory sellers = [customer, third];
        for (uint256 i; i < 2; ++i) {
            ILicences.Account memory account = licences.accountOf(sellers[i], address(paymentToken));
            (uint256 prices, uint256 bonds) = _inFlight(sellers[i]);
            assertLe(account.locked, account.bond, "no more is locked than there is");
            assertEq(account.locked, bonds, "locked behind what is in flight");
            assertEq(_sellersHold(sellers[i]), account.bond + prices, "the hold is bond and prices");
        }
    }

    function _everyUnitIsSomebodys() private view {
        assertEq(paymentToken.balanceOf(address(escrow)), brought, "nothing came in or went out");
        uint256 total = _paid(customer) + _paid(third) + _paid(buyer) + _paid(treasury) + _paid(developer)
            + _paid(rival) + _paid(regulator) + _burnt(paymentToken);
        total += _sum(validators) + _sum(auditors) + _sum(payees);
        assertEq(total + _sellersHold(customer) + _sellersHold(third), brought, "and each unit is somebody's");
    }
}
