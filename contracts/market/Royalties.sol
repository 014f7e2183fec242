// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGoods} from "../interfaces/IGoods.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";

/// @title What a good's sales owe its ancestors: the layout of the list, which is kept as code, and its arithmetic.
/// @dev Layout, a line a word, high bits first:
/// 160 bits token of the floors | 96 empty
/// then for each ancestor, the oldest first: 48 tokenId | 32 ppm | 80 empty | 96 floor
library Royalties {
    using SSTORE2 for address;
    using SSTORE2 for bytes;

    uint256 internal constant PPM = 1_000_000;
    /// @notice Ancestors that a good may owe.
    uint256 internal constant MAX_ANCESTORS = 8;
    /// @notice What they may take together, in ppm of the price.
    uint256 internal constant MAX_PPM = 300_000;

    /// @param token of the floors; zero where there are none.
    /// @return at where the list is from now on; zero for an empty one.
    function write(address token, IGoods.Royalty[] memory owed) internal returns (address at) {
        if (owed.length == 0) return address(0);
        bytes memory packed = abi.encodePacked(token, uint96(0));
        for (uint256 i = 0; i < owed.length; ++i) {
            packed = abi.encodePacked(packed, owed[i].tokenId, owed[i].ppm, uint80(0), owed[i].floor);
        }
        return packed.write();
    }

    /// @return token of the floors.
    function read(address at) internal view returns (address token, IGoods.Royalty[] memory owed) {
        if (at == address(0)) return (token, owed);
        uint256[] memory words = at.read();
        token = address(uint160(words[0] >> 96));
        owed = new IGoods.Royalty[](words.length - 1);
        // forge-lint: disable-start(unsafe-typecast)
        // Each cast cuts off what lies above the field.
        for (uint256 i = 0; i < owed.length; ++i) {
            uint256 word = words[i + 1];
            owed[i] = IGoods.Royalty(uint48(word >> 208), uint32(word >> 176), uint96(word));
        }
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @notice What an ancestor gets of a sale: its share, and at least its floor for each seat.
    /// @param price of all seats, base units.
    function due(IGoods.Royalty memory one, uint256 price, uint256 seats) internal pure returns (uint256) {
        uint256 share = price * one.ppm / PPM;
        uint256 least = one.floor * seats;
        return share > least ? share : least;
    }

    /// @notice Whether a price for each seat covers what every number of seats owes, and the market's fee.
    function isCovered(IGoods.Royalty[] memory owed, uint256 price, uint256 feePpm)
        internal
        pure
        returns (bool)
    {
        uint256 needed = price * feePpm;
        for (uint256 i = 0; i < owed.length; ++i) {
            (uint256 share, uint256 least) = (price * owed[i].ppm, owed[i].floor * PPM);
            needed += share > least ? share : least;
        }
        return needed <= price * PPM;
    }

    /* MAKING A LIST */

    /// @notice Adds `more` to a list with room: what the same ancestor is owed by two paths is added up.
    /// @param length entries of `list` that are in use.
    /// @return entries that are in use then.
    function add(IGoods.Royalty[] memory list, uint256 length, IGoods.Royalty memory more)
        internal
        pure
        returns (uint256)
    {
        if (more.ppm == 0 && more.floor == 0) return length;
        for (uint256 i = 0; i < length; ++i) {
            if (list[i].tokenId != more.tokenId) continue;
            (list[i].ppm, list[i].floor) = (list[i].ppm + more.ppm, list[i].floor + more.floor);
            return length;
        }
        if (length == list.length) revert IGoods.TooManyAncestors(length + 1, MAX_ANCESTORS);
        list[length] = more;
        return length + 1;
    }

    /// @notice What the caps leave of `more` for one more ancestor: those that are there keep all that they have.
    function fit(IGoods.Royalty[] memory owed, IGoods.Royalty memory more)
        internal
        pure
        returns (IGoods.Royalty memory)
    {
        if (owed.length >= MAX_ANCESTORS) return IGoods.Royalty(more.tokenId, 0, 0);
        uint256 left = MAX_PPM;
        for (uint256 i = 0; i < owed.length; ++i) {
            left -= owed[i].ppm; // `requireWithin`, and this, see to it that they are no more
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        return IGoods.Royalty(more.tokenId, more.ppm < left ? more.ppm : uint32(left), more.floor); // below MAX_PPM
    }

    /// @return longer the list with one more ancestor, the last.
    function append(IGoods.Royalty[] memory owed, IGoods.Royalty memory more)
        internal
        pure
        returns (IGoods.Royalty[] memory longer)
    {
        longer = new IGoods.Royalty[](owed.length + 1);
        for (uint256 i = 0; i < owed.length; ++i) {
            longer[i] = owed[i];
        }
        longer[owed.length] = more;
    }

    /// @notice Reverts unless the ancestors take no more together than is allowed.
    function requireWithin(IGoods.Royalty[] memory owed) internal pure {
        uint256 ppm = 0;
        for (uint256 i = 0; i < owed.length; ++i) {
            ppm += owed[i].ppm;
        }
        if (ppm > MAX_PPM) revert IGoods.RoyaltiesTooHigh(ppm, MAX_PPM);
    }
}
