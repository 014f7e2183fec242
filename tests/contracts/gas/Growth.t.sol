// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";
import {AuctionFixture} from "../auction/AuctionFixture.sol";
import {OracleFixture} from "../oracle/OracleFixture.sol";

/// @notice How the gas of a transaction grows. For `make bench-gas` alone: too slow for every test run, and its snapshots
/// (`<operation>, <how many>`) go to the benchmark, which draws them, and not to `benchmarks/snapshots/`.
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
        uint256 id = auctions.open(_terms());
        for (uint256 i; i < count; ++i) {
            _bid(id, _bidderOf(i), _price(i, count));
        }
        if (note) _note(GROUP, "commit", count);
        address silent = _bidder("silent");
        _bid(id, silent, RESERVE);
        _toReveal(id);
        for (uint256 i; i + 1 < count; ++i) {
            _reveal(id, _bidderOf(i), _price(i, count));
        }
        if (note) _note(GROUP, "reveal, new leader", count);
        _reveal(id, _bidderOf(count - 1), _price(count - 1, count));
        if (note) _note(GROUP, "reveal, loser", count);
        _toClose(id);
        auctions.close(id, BONDS);
        if (note) _note(GROUP, "close", count);
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
        uint256 requestId = oracle.request(_requestTerms(panelId, EVALUATION));
        for (uint256 i; i < size; ++i) {
            _commit(requestId, i, _report(900_000));
            if (i + 2 == size) _note(GROUP, "commit", size);
        }
        for (uint256 i; i < size; ++i) {
            _reveal(requestId, i, _report(900_000));
        }
        _note(GROUP, "reveal", size);
        oracle.tally(requestId);
        _note(GROUP, "tally", size);
        _pastAppeal(requestId);
        oracle.finalise(requestId);
        _note(GROUP, "finalise", size);
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
        for (uint256 i = first; i < count; ++i) {
            _register(string.concat("more ", vm.toString(i)), IParticipantRegistry.Role.Validator);
        }
        skip(TRUSTED_WAIT);
        for (uint256 i = first; i < count; ++i) {
            _stake(makeAddr(string.concat("more ", vm.toString(i))), STAKE);
        }
        _nextEpoch();
    }
}

contract PayeesGrowthTest is CommissionFixture, Growth {
    string private constant GROUP = "payees";

    function test_payees() public benchOnly {
        _settleWith(1, "", "settled before"); // the developer, the treasury and the token's counters are not new
        uint8[6] memory counts = [1, 2, 5, 10, 20, 50];
        for (uint256 i; i < counts.length; ++i) {
            uint256 start = vm.snapshotState();
            _settleWith(counts[i], "settle, new payees", "first");
            _settleWith(counts[i], "settle, payees paid before", "second");
            vm.revertToState(start);
        }
    }

    function _settleWith(uint256 count, string memory operation, bytes32 manifest) private {
        _fund(customer, paymentToken, FUNDS, address(market));
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        uint256 id = _toBuilding();
        IModelRegistry.Submission memory submission = _submission(manifest);
        submission.payees = new IModelRegistry.Payee[](count);
        for (uint256 i; i < count; ++i) {
            submission.payees[i] =
                IModelRegistry.Payee(makeAddr(string.concat("payee ", vm.toString(i))), 10_000);
        }
        vm.prank(developer);
        market.submit(id, submission);
        _evaluate(id, THRESHOLD);
        _answer(id, _attested());
        market.advance(id);
        vm.warp(market.commission(id).deadline);
        market.settle(id, submission);
        if (bytes(operation).length != 0) _note(GROUP, operation, count);
    }
}
