// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Bytes kept as the code of a contract that does nothing.
/// @notice For what is written once, never changes and is read whole: as code it costs 200 gas a byte and one cold access,
/// which is 40 % of what storage slots cost. Write with `abi.encodePacked`, read value by value with `next`.
library Packed {
    /// @dev A position in bytes that were read.
    struct Cursor {
        uint256 pointer;
    }

    /// @dev Copies what follows these eleven bytes to memory and returns it as the code:
    /// PUSH1 11, CODESIZE, SUB, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN. The code begins with a STOP.
    bytes12 private constant INIT_CODE = hex"600b380380600b5f395ff300";

    error NotKept();

    function keep(bytes memory contents) internal returns (address at) {
        bytes memory initCode = bytes.concat(INIT_CODE, contents);
        assembly ("memory-safe") {
            at := create(0, add(initCode, 32), mload(initCode)) // no value; from behind the length word
        }
        if (at == address(0)) revert NotKept();
    }

    /// @dev A cursor at the first byte of what is kept at `at`.
    function open(address at) internal view returns (Cursor memory cursor) {
        uint256 length = lengthOf(at);
        bytes memory contents = new bytes(length + 32); // a word more: `next` reads whole words
        assembly ("memory-safe") {
            let start := add(contents, 32) // behind the length word
            extcodecopy(at, start, 1, length) // from behind the STOP
            mstore(cursor, start) // cursor.pointer
        }
    }

    function lengthOf(address at) internal view returns (uint256) {
        return at.code.length - 1;
    }

    /// @dev The next `size` bytes as an integer, which therefore fits as many.
    function next(Cursor memory cursor, uint256 size) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            let pointer := mload(cursor)
            // The word at the pointer starts with the value; what follows is shifted out.
            value := shr(sub(256, shl(3, size)), mload(pointer))
            mstore(cursor, add(pointer, size))
        }
    }
}
