// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITrials} from "../../../contracts/interfaces/ITrials.sol";
import {TrialFixture} from "./TrialFixture.sol";

/// @notice Whole transactions' gas. Needs `isolate = true`.
contract TrialsGasTest is TrialFixture {
    function test_gas_fromTheAllowanceToTheLicence() public {
        _allow(ITrials.Allowance(EXPOSURE, TRIAL_BOND, QUOTA, false));
        vm.snapshotGasLastCall("Trials", "allow, again");
        uint256 id = _openTrial();
        vm.snapshotGasLastCall("Trials", "open");
        _seatTrial(id);
        _grantTrial(id, trier, 0);
        _grantTrial(id, customer, 1);
        _judgeTrial(id, _scored(THRESHOLD));
        vm.snapshotGasLastCall("Trials", "advance: passed");
        _deliverTrial(id);
        vm.snapshotGasLastCall("Trials", "deliver");
        vm.warp(trials.trial(id).at.deadline());
        trials.advance(id);
        vm.snapshotGasLastCall("Trials", "advance: sold");
    }
}
