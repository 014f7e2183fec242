// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Whoever takes a step chooses its gas. A call inside gets 63 64ths of what is left, so a caller can have it run
/// out and go on with the rest (EIP-150). At every `try` of the market, with every amount of gas: the step does what it
/// would have done with plenty, or nothing.
contract LittleGasTest is CommissionFixture {
    uint256 private constant PLENTY = 30_000_000;

    /* DRAWING */

    function test_award() public {
        uint256 id = _toBidding();
        _bid(id, developer, RESERVE / 2);
        vm.warp(market.commission(id).request.commitEnds);
        _reveal(id, developer, RESERVE / 2);
        vm.warp(market.commission(id).request.revealEnds);
        _tryEveryGas(id);
    }

    function test_drawing_opensThePanel() public {
        _tryEveryGas(_toDrawing());
    }

    /// @dev Rather than naming another block.
    function test_drawing_seats() public {
        uint256 id = _toDrawing();
        _armed(id);
        _tryEveryGas(id);
    }

    /// @dev Rather than refunding, though the time is up.
    function test_drawing_seatsAtTheLastMoment() public {
        uint256 id = _toDrawing();
        _armed(id);
        vm.warp(market.commission(id).deadline);
        _tryEveryGas(id);
    }

    function _armed(uint256 id) private {
        _nextEpoch();
        market.advance(id);
        vm.roll(block.number + 3);
    }

    function _tryEveryGas(uint256 id) private {
        bytes memory call = abi.encodeCall(market.advance, (id));
        uint256 needed = _gasOf(call);
        bytes32 wanted = _after(id, call, PLENTY);
        assertTrue(wanted != 0, "the step is due");
        uint256 step = needed / 400 + 1;
        bool done;
        for (uint256 gas_ = 30_000; gas_ < 2 * needed + 100_000; gas_ += step) {
            bytes32 got = _after(id, call, gas_);
            if (got == 0) continue;
            done = true;
            assertEq(got, wanted, string.concat("with gas ", vm.toString(gas_)));
        }
        assertTrue(done);
    }

    function _gasOf(bytes memory call) private returns (uint256 used) {
        uint256 snapshot = vm.snapshotState();
        uint256 before = gasleft();
        (bool ok,) = address(market).call{gas: PLENTY}(call);
        used = before - gasleft();
        assertTrue(ok);
        assertTrue(vm.revertToState(snapshot));
    }

    /// @return record what the deal is after the call; 0 when the call failed.
    function _after(uint256 id, bytes memory call, uint256 gas_) private returns (bytes32 record) {
        uint256 snapshot = vm.snapshotState();
        (bool ok,) = address(market).call{gas: gas_}(call);
        if (ok) record = keccak256(abi.encode(market.commission(id), _held(id), registry.dealtAt(customer, developer)));
        assertTrue(vm.revertToState(snapshot));
    }
}
