// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title SSTORE2: data kept as the code of a contract that does nothing.
/// @notice For data that is written once, never changes and is read as a whole. As code it costs 200 gas a byte and
/// one cold access, 40 % of what storage slots cost. Nobody can write it again.
/// @dev Write what `abi.encodePacked` makes, read it with `Words`.
library SSTORE2 {
    /// @dev Copies what follows these eleven bytes to memory and returns it as the code:
    /// PUSH1 11, CODESIZE, SUB, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN. The code begins with a STOP.
    bytes12 private constant INIT_CODE = hex"600b380380600b5f395ff300";

    /// @notice The data could not be stored: there was too little gas, or it is longer than code may be.
    /// @custom:hint Try again with more gas. If it keeps failing, report it with the deployment's chain and block.
    error NotWritten();

    /// @return pointer where `data` is from now on.
    function write(bytes memory data) internal returns (address pointer) {
        bytes memory initCode = bytes.concat(INIT_CODE, data);
        assembly ("memory-safe") {
            pointer := create(0, add(initCode, 32), mload(initCode)) // no value; from behind the length word
        }
        if (pointer == address(0)) revert NotWritten();
    }

    /// @return words the data, with zeros at the end of the last word. For an address without data this reverts or
    /// returns no words.
    function read(address pointer) internal view returns (uint256[] memory words) {
        uint256 length = pointer.code.length - 1; // without the STOP
        words = new uint256[]((length + 31) / 32);
        assembly ("memory-safe") {
            // To behind the length word; no more bytes than the array has room for.
            extcodecopy(pointer, add(words, 32), 1, length)
        }
    }
}
