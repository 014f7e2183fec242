// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidatorStaking} from "../../../contracts/interfaces/IValidatorStaking.sol";
import {MarketFixture} from "../MarketFixture.sol";
import {CaseFile} from "./CaseFile.sol";

/// @notice Random draws against `benchmarks/reference/draw.py`: panel after panel from the same validators, whose stake
/// stays locked in every panel before.
contract DrawDifferentialTest is MarketFixture, CaseFile {
    struct Panel {
        bytes32 seed;
        uint256 count;
        uint96 seatStake;
        uint256[] taken; // validators' places
        uint256[] members; // expected, by place; none where the panel cannot be filled
    }

    struct DrawCase {
        uint96[] stakes;
        uint256[] tied; // places of those who have declared a tie to the customer
        Panel[] panels;
    }

    address[] private _pool;
    address private _customer = makeAddr("customer");

    /// forge-config: default.isolate = false
    function test_matchesTheReference() public {
        _playAll("draw");
    }

    function _play(bytes memory encoded) internal override {
        DrawCase memory c = abi.decode(encoded, (DrawCase));
        _pool = _validators(c.stakes.length, 1);
        for (uint256 i; i < _pool.length; ++i) {
            if (c.stakes[i] > 1) _stake(_pool[i], c.stakes[i] - 1);
        }
        for (uint256 i; i < c.tied.length; ++i) {
            vm.prank(_pool[c.tied[i]]);
            registry.declareTie(_customer, type(uint40).max);
        }
        _nextEpoch();
        for (uint256 i; i < c.panels.length; ++i) {
            _draw(c.panels[i]);
        }
    }

    /// @dev As a module, which this test is.
    function _draw(Panel memory panel) private {
        IValidatorStaking.SeatTerms memory terms;
        (terms.seed, terms.count, terms.seatStake) = (panel.seed, panel.count, panel.seatStake);
        (terms.taken, terms.parties) = (_accounts(panel.taken), new address[](1));
        terms.parties[0] = _customer;
        if (panel.members.length == 0) vm.expectPartialRevert(IValidatorStaking.PanelUnfilled.selector);
        address[] memory members = staking.seat(terms);
        assertEq(abi.encode(members), abi.encode(_accounts(panel.members)), _says("members"));
    }

    function _accounts(uint256[] memory places) private view returns (address[] memory accounts) {
        accounts = new address[](places.length);
        for (uint256 i; i < places.length; ++i) {
            accounts[i] = _pool[places[i]];
        }
    }
}
