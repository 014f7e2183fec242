// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

/// @notice Cases that `tests/integration/test_differential.py` has drawn and answered by the reference in Python: their
/// number in the first line, then one a line, ABI-encoded in hex. Without that test there are none, and the tests here
/// say that they were skipped; it sees to it that they were not.
abstract contract CaseFile is Test {
    string private constant FOLDER = "ASSAY_DIFFERENTIAL_CASES";

    uint256 internal _case; // from 1, for messages

    /// @dev Plays every case of `<folder>/<name>.hex` from the same state.
    function _playAll(string memory name) internal {
        string memory folder = vm.envOr(FOLDER, string(""));
        vm.skip(bytes(folder).length == 0, "run by tests/integration/test_differential.py");
        string memory path = string.concat(folder, "/", name, ".hex");
        uint256 count = vm.parseUint(vm.readLine(path));
        assertGt(count, 0, "no cases");
        uint256 start = vm.snapshotState();
        for (uint256 i = 1; i <= count; ++i) {
            this.playLine(i, vm.readLine(path)); // a call of its own, so that its memory is given back
            vm.revertToState(start);
        }
        assertEq(vm.readLine(path), "", "more cases than were announced");
    }

    function playLine(uint256 number, string calldata line) external {
        require(msg.sender == address(this));
        _case = number;
        _play(vm.parseBytes(line));
    }

    function _play(bytes memory encoded) internal virtual;

    function _says(string memory what) internal view returns (string memory) {
        return string.concat("case ", vm.toString(_case), ": ", what);
    }
}
