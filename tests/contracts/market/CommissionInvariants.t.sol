// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {CommissionHandler} from "./CommissionHandler.sol";

/// @notice What is true of all deals after anything that anybody does in any of them.
contract CommissionInvariants is Test {
    CommissionHandler private _handler;

    function setUp() public {
        _handler = new CommissionHandler();
        targetContract(address(_handler));
        bytes4[] memory selectors = new bytes4[](7);
        selectors[0] = CommissionHandler.open.selector;
        selectors[1] = CommissionHandler.wait.selector;
        selectors[2] = CommissionHandler.appeal.selector;
        selectors[3] = CommissionHandler.meddle.selector;
        for (uint256 i = 4; i < 7; ++i) {
            selectors[i] = CommissionHandler.play.selector; // most of the time
        }
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    /// @dev Also: what a deal spends never touches what it owes, and no deal takes more attempts than were agreed on.
    function invariant_FinalDealsHoldNothingAndOthersAreCovered() public view {
        for (uint256 id = 1; id <= _handler.deals(); ++id) {
            ICommissionMarket.Commission memory c = _handler.deal(id);
            assertLe(c.attempts, c.request.submissionCap);
            if (_handler.isFinal(id)) {
                assertEq(_handler.held(id), 0);
                assertTrue(_handler.panelIsGone(id));
            } else {
                uint256 owed = uint256(c.request.reserve) * (1e6 + c.feePpm) / 1e6 + c.bond;
                assertGe(_handler.held(id), owed + c.request.effortFee + c.request.killFee);
            }
        }
    }

    function invariant_EveryUnitIsSomebodys() public view {
        (uint256 owed, uint256 tokens) = _handler.books();
        assertEq(owed, tokens);
    }

    /// @dev At the end of a run any stranger can bring every deal to its end, and nothing is left over.
    function afterInvariant() public {
        for (uint256 id = 1; id <= _handler.deals(); ++id) {
            _handler.drain(id);
            assertTrue(_handler.isFinal(id));
            assertEq(_handler.held(id), 0);
            assertTrue(_handler.panelIsGone(id));
        }
    }
}
