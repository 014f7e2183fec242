// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title How the hold of a deal is divided when it is paid.
/// @notice The owners of royalties are paid from the price first, then the seller's payees; the rest of the price is
/// the seller's. Every share is rounded down, and the remainders are the seller's too. So all payments add up to the
/// hold.
library Splits {
    uint256 internal constant PPM = 1_000_000;

    /// @dev Payments before those to royalties and payees.
    uint256 private constant PARTIES = 3;

    /// @dev Amounts in base units. `bond` is the seller's and goes back to it; `fee` is the treasury's, on top of the
    /// price. What the hold has beyond price, bond and fee is the buyer's.
    struct Hold {
        uint256 amount;
        uint256 price;
        uint256 bond;
        uint256 fee;
        address seller;
        address treasury;
        address buyer;
    }

    /// @notice The payments of a hold, in this order: seller, treasury, buyer, royalties, payees.
    /// @dev Reverts by underflow where the hold does not cover price, bond and fee, or shares come to more than
    /// 1,000,000 ppm.
    /// @param royalties shares of the price.
    /// @param payees shares of the price without royalties.
    /// @return payments which add up to the hold.
    function divide(
        Hold memory hold,
        IModelRegistry.Payee[] memory royalties,
        IModelRegistry.Payee[] calldata payees
    ) internal pure returns (IEscrow.Payment[] memory payments) {
        payments = new IEscrow.Payment[](PARTIES + royalties.length + payees.length);
        uint256 next = PARTIES;
        uint256 left = hold.price;
        for (uint256 i = 0; i < royalties.length; ++i) {
            uint256 part = hold.price * royalties[i].ppm / PPM;
            left -= part;
            payments[next++] = IEscrow.Payment(royalties[i].account, part);
        }
        uint256 shared = left;
        for (uint256 i = 0; i < payees.length; ++i) {
            IModelRegistry.Payee calldata payee = payees[i];
            uint256 part = shared * payee.ppm / PPM;
            left -= part;
            payments[next++] = IEscrow.Payment(payee.account, part);
        }
        payments[0] = IEscrow.Payment(hold.seller, left + hold.bond);
        payments[1] = IEscrow.Payment(hold.treasury, hold.fee);
        payments[2] = IEscrow.Payment(hold.buyer, hold.amount - hold.price - hold.bond - hold.fee);
    }
}
