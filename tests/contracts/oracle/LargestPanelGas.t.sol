// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice The largest panel there is, in its worst case, fits a transaction of 2^24 gas (EIP-7825) twice.
contract LargestPanelGasTest is OracleFixture {
    uint256 private constant SIZE = 31;
    uint256 private constant BOUND = 2 ** 24 / 2;

    /// @dev Two full panels, and as many again who have no stake free or a tie, and so come out of the draw in vain.
    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 70; ++i) {
            address account =
                _register(string.concat("more ", vm.toString(i)), IParticipantRegistry.Role.Validator);
            if (i >= 50) {
                vm.prank(account);
                registry.declareTie(developer, type(uint40).max);
            }
        }
        skip(TRUSTED_WAIT);
        for (uint256 i; i < 70; ++i) {
            _stake(makeAddr(string.concat("more ", vm.toString(i))), STAKE);
        }
        _nextEpoch();
    }

    function test_everyStepIsBounded() public {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = uint8(SIZE);
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "seat"), BOUND);
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        IValidationOracle.Report[] memory reports = _scores(SIZE, 900_000);
        for (uint256 i; i < SIZE; ++i) {
            reports[i].criteria = type(uint16).max;
            if (i % 3 == 0 && i < 30) reports[i].score = int64(int256(i)); // ten lie
        }
        _answer(requestId, reports);
        oracle.tally(requestId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "tally"), BOUND);

        address appellant = _register("appellant", IParticipantRegistry.Role.Developer);
        _fund(appellant, paymentToken, oracle.appealDeposit(requestId), address(oracle));
        vm.prank(appellant);
        oracle.appeal(requestId);
        uint256 appealPanelId = oracle.requestOf(requestId).appealPanelId;
        _seat(appealPanelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "seat, appeal"), BOUND);
        uint256 appealId = oracle.requestOf(requestId).appealRequestId;
        _answer(appealId, _scores(21, 900_000)); // ten are silent
        oracle.finalise(requestId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "finalise, both panels"), BOUND);
        assertEq(_burnt(stakingToken), 10 * uint256(SEAT) + 10 * uint256(SILENCE));
        oracle.dissolve(panelId);
        assertLt(vm.snapshotGasLastCall("LargestPanel", "dissolve"), BOUND);
    }
}
