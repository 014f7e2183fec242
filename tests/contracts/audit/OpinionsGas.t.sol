// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IOpinions} from "../../../contracts/interfaces/IOpinions.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice The gas of an opinion's steps, whole transactions. Needs `isolate = true`.
contract OpinionsGasTest is CommissionFixture {
    string private constant GROUP = "Opinions";
    uint96 private constant PRICE = 60e18;

    function test_gas_ofAnOpinion() public {
        uint256 dealId = _toChallenge();
        _fund(customer, paymentToken, 3 * PRICE, address(opinions));
        IOpinions.Offer memory offer = IOpinions.Offer({
            market: market,
            dealId: uint48(dealId),
            subject: "model",
            auditor: auditors[0],
            token: address(paymentToken),
            fee: PRICE,
            window: 1 days
        });
        vm.startPrank(customer);
        opinions.ask(offer);
        uint256 id = opinions.ask(offer);
        vm.snapshotGasLastCall(GROUP, "ask");
        opinions.replace(id, auditors[1]);
        vm.snapshotGasLastCall(GROUP, "replace");
        opinions.withdraw(1);
        vm.snapshotGasLastCall(GROUP, "withdraw");
        vm.stopPrank();
        vm.startPrank(auditors[1]);
        opinions.accept(id);
        vm.snapshotGasLastCall(GROUP, "accept");
        opinions.post(id, true, keccak256("report"));
        vm.snapshotGasLastCall(GROUP, "post, a first balance");
    }
}
