// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Members who did not answer, and those who come after them.
contract ReplacementTest is OracleFixture {
    /// @dev A panel of five and three to spare: whoever sat cannot come again, so the spare ones it must be.
    function _poolSize() internal pure override returns (uint256) {
        return 8;
    }

    function testFuzz_theSilentDoNotComeAgain(bytes32 hash) public {
        uint256 requestId = _request(EVALUATION);
        uint256 panelId = oracle.requestOf(requestId).terms.panelId;
        address[] memory before = _members(requestId);
        _answer(requestId, _scores(2, 0));
        for (uint256 i = 2; i < 5; ++i) {
            vm.expectEmit(address(oracle));
            emit IValidationOracle.SeatVacated(panelId, i, before[i]);
        }
        oracle.replaceSilent(requestId);
        assertEq(oracle.panel(panelId).members[4], address(0));

        _nextEpoch();
        oracle.arm(panelId);
        uint256 number = oracle.panel(panelId).armedBlock;
        vm.roll(number + 1);
        vm.setBlockhash(number, hash == 0 ? bytes32("hash") : hash);
        oracle.seat(panelId);
        address[] memory members = oracle.panel(panelId).members;
        assertEq(members[0], before[0]);
        assertEq(members[1], before[1]);
        for (uint256 i = 2; i < 5; ++i) {
            assertFalse(_isIn(members[i], before));
        }
    }

    /// @dev Silence is fined as silence, withholding as withholding, and each says so.
    function test_finesSayWhatTheyAreFor() public {
        uint256 requestId = _request(EVALUATION);
        address[] memory members = _members(requestId);
        for (uint256 i; i < 4; ++i) {
            _commit(requestId, i, _report(7));
        }
        _toReveal(requestId);
        for (uint256 i; i < 4; ++i) {
            if (i != 3) _reveal(requestId, i, _report(7));
        }
        _toTally(requestId);
        oracle.tally(requestId);
        _pastAppeal(requestId);
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Slashed(address(oracle), members[3], WITHHOLDING, "withheld");
        vm.expectEmit(address(staking));
        emit IValidatorStaking.Slashed(address(oracle), members[4], SILENCE, "silent");
        oracle.finalise(requestId);
    }

    function testFuzz_noStatusIsNoReport(bytes32 manifest, uint8 kind) public {
        uint256 requestId = _request(IValidationOracle.Kind(kind % 3));
        IValidationOracle.Report memory report;
        report.manifest = manifest;
        _commit(requestId, 0, report);
        _toReveal(requestId);
        address member = _members(requestId)[0];
        vm.expectRevert(abi.encodeWithSelector(IValidationOracle.InvalidReport.selector, requestId));
        vm.prank(member);
        oracle.reveal(requestId, 0, report, SALT);
    }
}

/// @notice Whoever appeals does not judge its appeal.
contract AppellantTest is OracleFixture {
    function _poolSize() internal pure override returns (uint256) {
        return 17; // a panel of five, its appeal panel of eleven, and the appellant
    }

    function testFuzz_theAppellantDoesNotJudge(bytes32 hash) public {
        uint256 requestId = _request(EVALUATION);
        _answer(requestId, _scores(5, 0));
        oracle.tally(requestId);
        address appellant = _oneWhoDoesNotSit(_members(requestId));
        _fund(appellant, paymentToken, oracle.appealDeposit(requestId), address(oracle));
        vm.prank(appellant);
        oracle.appeal(requestId);
        uint256 panelId = oracle.requestOf(requestId).appealPanelId;
        oracle.arm(panelId);
        uint256 number = oracle.panel(panelId).armedBlock;
        vm.roll(number + 1);
        vm.setBlockhash(number, hash == 0 ? bytes32("hash") : hash);
        oracle.seat(panelId);
        assertFalse(_isIn(appellant, oracle.panel(panelId).members));
        assertEq(requestId, 1, "the very first");
    }

    function _oneWhoDoesNotSit(address[] memory members) private returns (address account) {
        for (uint256 i; i < 17; ++i) {
            account = makeAddr(string.concat("validator ", vm.toString(i)));
            if (!_isIn(account, members)) return account;
        }
    }
}
