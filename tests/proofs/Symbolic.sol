// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

/// @notice What halmos answers at the address of its cheatcodes.
interface IHalmos {
    /// @notice A call of any function of a contract with any arguments; arrays and bytes are short.
    function createCalldata(address target) external pure returns (bytes memory);
}

/// @notice Proofs: each `check_` holds for all values of its arguments, or halmos shows those for which it does not.
/// Each proof names the bug that was planted to see it fail.
abstract contract Symbolic is Test {
    IHalmos internal constant HALMOS = IHalmos(address(uint160(uint256(keccak256("svm cheat code")))));

    /// @dev Anybody calls anything of a contract. Tells whether it went through.
    function _anyCall(address target, address caller) internal returns (bool done) {
        bytes memory data = HALMOS.createCalldata(target);
        vm.prank(caller);
        (done,) = target.call(data);
    }
}
