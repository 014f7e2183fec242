// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../interfaces/IEscrow.sol";

/// @title What a deal pays for a step: a fee to those whose work it ends, and the step fee to whoever takes it.
/// @notice For every market whose steps anyone may take. The market keeps the rules' `stepFee` for as many steps as
/// the deal can need, counted with the constants below, in the deal's hold. It pays once it knows that a step has got
/// the deal further, and before the end that may follow empties the hold. A step that only repeats another (a draw
/// that was missed) is not paid: `IRounds.Answer.moved` and `IAuditRegistry.advance` tell. Steps remain possible when
/// all that was kept is spent; then nobody is paid for them.
library StepFees {
    /// @notice Steps of one question at most: seats drawn, keys passed on by members, an appeal panel drawn, the
    /// answer.
    uint256 internal constant QUESTION = 4;

    /// @notice Further steps of a panel at most, once in its life: members replaced, seats drawn, keys passed on.
    uint256 internal constant REPLACEMENT = 3;

    /// @notice Steps of one audit at most: three times a block named, seats drawn, the silent replaced; then verdicts
    /// opened, those who do not open fined, the outcome.
    uint256 internal constant AUDIT = 12;

    /// @notice The payments for a step that the caller has taken.
    /// @param workers whose work it ends.
    /// @param fee base units to each of them.
    /// @param stepFee base units to the caller; nothing is paid to it for 0.
    /// @return payments to the workers, then to the caller.
    /// @return total base units of all payments.
    function paymentsFor(address[] memory workers, uint256 fee, uint256 stepFee)
        internal
        view
        returns (IEscrow.Payment[] memory payments, uint256 total)
    {
        uint256 count = workers.length;
        payments = new IEscrow.Payment[](stepFee == 0 ? count : count + 1);
        for (uint256 i = 0; i < count; ++i) {
            payments[i] = IEscrow.Payment(workers[i], fee);
        }
        if (stepFee != 0) payments[count] = IEscrow.Payment(msg.sender, stepFee);
        total = fee * count + stepFee;
    }
}
