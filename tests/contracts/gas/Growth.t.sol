// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {AuctionFixture} from "../auction/AuctionFixture.sol";
import {OracleFixture} from "../oracle/OracleFixture.sol";

/// @notice How the gas of a transaction grows. For `make bench-gas` alone: too slow for every test run, and its
/// snapshots (`<operation>, <how many>`) go to the benchmark, which draws them, and not to `benchmarks/snapshots/`.
/// What is not measured is done in one call of the test to itself: with `isolate` every call of a test is a
/// transaction, which takes its time.
abstract contract Growth is Test {
    modifier benchOnly() {
        vm.skip(!vm.envOr("ASSAY_GAS_GROWTH", false), "run by benchmarks/gas.py");
        _;
    }

    function _note(string memory group, string memory operation, uint256 count) internal {
        vm.snapshotGasLastCall(group, string.concat(operation, ", ", vm.toString(count)));
    }
}

contract BidsGrowthTest is AuctionFixture, Growth {
    string private constant GROUP = "bids";

    function test_bids() public benchOnly {
        _closeAuction(2, false); // fills the slots that every auction shares
        uint256[4] memory counts = [uint256(2), 10, 100, 1000];
        for (uint256 i; i < counts.length; ++i) {
            _closeAuction(counts[i], true);
        }
    }

    /// @dev Every bid is better than the one before, but for the last, which loses. One of them stays sealed.
    function _closeAuction(uint256 count, bool note) private {
        uint256 id = _open(_terms());
        this.bidAll(id, count);
        _bid(id, _bidderOf(count - 1), _price(count - 1, count));
        if (note) _note(GROUP, "commit", count);
        _bid(id, _bidder("silent"), RESERVE);
        _toReveal(id);
        this.revealAll(id, count);
        _reveal(id, _bidderOf(count - 2), _price(count - 2, count));
        if (note) _note(GROUP, "reveal, new leader", count);
        _reveal(id, _bidderOf(count - 1), _price(count - 1, count));
        if (note) _note(GROUP, "reveal, loser", count);
        _toClose(id);
        auctions.close(id, BONDS);
        if (note) _note(GROUP, "close", count);
    }

    function bidAll(uint256 id, uint256 count) external {
        for (uint256 i; i + 1 < count; ++i) {
            _bid(id, _bidderOf(i), _price(i, count));
        }
    }

    function revealAll(uint256 id, uint256 count) external {
        for (uint256 i; i + 2 < count; ++i) {
            _reveal(id, _bidderOf(i), _price(i, count));
        }
    }

    function _bidderOf(uint256 i) private returns (address bidder) {
        bidder = makeAddr(vm.toString(i));
        if (_balance(bidder, paymentToken) <= BOND) {
            _fund(bidder, paymentToken, 2 * BOND, address(auctions)); // a balance remains
        }
    }

    function _price(uint256 i, uint256 count) private pure returns (uint96) {
        return uint96(i + 1 < count ? RESERVE - 1e18 - i : RESERVE - 0.5e18);
    }
}

contract PanelGrowthTest is OracleFixture, Growth {
    string private constant GROUP = "panel";

    function _poolSize() internal pure override returns (uint256) {
        return 40;
    }

    function test_panel() public benchOnly {
        oracle.dissolve(_seatedPanel());
        uint8[7] memory sizes = [3, 5, 7, 11, 15, 21, 31];
        for (uint256 i; i < sizes.length; ++i) {
            uint256 start = vm.snapshotState();
            _ask(sizes[i]);
            vm.revertToState(start);
        }
    }

    function _ask(uint8 size) private {
        IValidationOracle.PanelTerms memory terms = _panelTerms();
        terms.size = size;
        uint256 panelId = oracle.openPanel(terms);
        _seat(panelId);
        _note(GROUP, "draw and seat", size);
        uint256 requestId = oracle.request(panelId, _requestTerms(SCORE));
        for (uint256 i; i < size; ++i) {
            _commit(requestId, i, _report(900_000));
            if (i + 2 == size) _note(GROUP, "commit", size);
        }
        for (uint256 i; i < size; ++i) {
            _reveal(requestId, i, _report(900_000));
        }
        _note(GROUP, "reveal", size);
        _toResult(requestId);
        oracle.judge(requestId, requestId);
        _note(GROUP, "judge", size);
    }
}

contract ValidatorsGrowthTest is OracleFixture, Growth {
    string private constant GROUP = "validators";

    function _poolSize() internal pure override returns (uint256) {
        return 10;
    }

    function test_validators() public benchOnly {
        uint256[4] memory counts = [uint256(10), 100, 1000, 10_000];
        for (uint256 i; i < counts.length; ++i) {
            _grow(counts[i]);
            oracle.dissolve(_seatedPanel());
            uint256 panelId = oracle.openPanel(_panelTerms());
            _seat(panelId);
            _note(GROUP, "draw and seat 5", counts[i]);
            oracle.dissolve(panelId);
        }
    }

    function _grow(uint256 count) private {
        uint256 first = staking.validatorCount();
        this.registerAll(first, count);
        skip(TRUSTED_WAIT);
        this.stakeAll(first, count);
        _nextEpoch();
    }

    function registerAll(uint256 first, uint256 count) external {
        for (uint256 i = first; i < count; ++i) {
            _register(_name(i), IParticipantRegistry.Role.Validator);
        }
    }

    function stakeAll(uint256 first, uint256 count) external {
        for (uint256 i = first; i < count; ++i) {
            _stake(makeAddr(_name(i)), STAKE);
        }
    }

    function _name(uint256 i) private pure returns (string memory) {
        return string.concat("more ", vm.toString(i));
    }
}
