// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What a contract can tell about an X25519 public key.
/// @notice Keys are 32 bytes as RFC 7748 section 5 encodes them: the u-coordinate, little-endian, top bit ignored.
library X25519 {
    /// @notice Whether the key is a point of order 1, 2, 4 or 8. A shared secret with it is zero, which everybody knows
    /// (RFC 7748 section 6.1). With p = 2^255 - 19 there are five such u-coordinates, and two of them can also be
    /// written unreduced (0 as p, 1 as p + 1).
    function isLowOrder(bytes32 key) internal pure returns (bool) {
        bytes32 u = key & ~bytes32(uint256(0x80)); // without the top bit, which receivers ignore
        return u == 0x0000000000000000000000000000000000000000000000000000000000000000 // 0
            || u == 0x0100000000000000000000000000000000000000000000000000000000000000 // 1
            || u == 0xe0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800 // of order 8
            || u == 0x5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157 // of order 8
            || u == 0xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f // p - 1
            || u == 0xedffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f // p
            || u == 0xeeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f; // p + 1
    }
}
