// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Words kept as the code of a contract that does nothing.
/// @notice For what is written once, never changes and is read whole: as code it costs 200 gas a byte and one cold access,
/// which is 40 % of what storage slots cost. Write with `abi.encodePacked`, read with `words` and by shifting.
library Packed {
    /// @dev Copies what follows these eleven bytes to memory and returns it as the code:
    /// PUSH1 11, CODESIZE, SUB, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN. The code begins with a STOP.
    bytes12 private constant INIT_CODE = hex"600b380380600b5f395ff300";

    /// @notice The terms of the deal could not be stored.
    /// @custom:hint Try again. If it keeps failing, report it with the deployment's chain and block.
    error NotKept();

    function keep(bytes memory contents) internal returns (address at) {
        bytes memory initCode = bytes.concat(INIT_CODE, contents);
        assembly ("memory-safe") {
            at := create(0, add(initCode, 32), mload(initCode)) // no value; from behind the length word
        }
        if (at == address(0)) revert NotKept();
    }

    /// @dev What is kept at `at`: as many words as its bytes fill, the last one with zeros behind.
    function words(address at) internal view returns (uint256[] memory found) {
        uint256 length = at.code.length - 1; // without the STOP
        found = new uint256[]((length + 31) / 32);
        assembly ("memory-safe") {
            // To behind the length word; no more bytes than the array has room for.
            extcodecopy(at, add(found, 32), 1, length)
        }
    }
}
