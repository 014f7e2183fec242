// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Escrow} from "../../../contracts/escrow/Escrow.sol";
import {EscrowHandler} from "./EscrowHandler.sol";

/// @notice What is true of the escrow after anything that anybody does.
contract EscrowInvariants is Test {
    EscrowHandler private _handler;

    function setUp() public {
        address governance = makeAddr("governance");
        _handler = new EscrowHandler(new Escrow(governance), governance);
        targetContract(address(_handler));
    }

    /// @dev Balances and holds together are what is held, to the last unit, but for what strayed in.
    function invariant_EveryTokenIsSomebodys() public view {
        for (uint256 i = 0; i < _handler.TOKENS(); ++i) {
            address token = _handler.tokens(i);
            uint256 owed = _handler.sumOfBalances(token) + _handler.sumOfHolds(token);
            assertEq(owed + _handler.strayed(token), _handler.tokensHeld(token));
        }
    }

    /// @dev A hold changes by what its own module does (or moves into it), and by nothing else.
    function invariant_HoldsAreIsolated() public view {
        for (uint256 i = 0; i < _handler.TOKENS() * _handler.MODULES() * _handler.IDS(); ++i) {
            address token = _handler.tokens(i % _handler.TOKENS());
            address module = _handler.moduleAt(i / _handler.TOKENS());
            bytes32 id = _handler.idAt(i / _handler.TOKENS() / _handler.MODULES());
            uint256 held = _handler.escrow().held(module, token, id);
            assertEq(held, _handler.expected(module, token, id));
        }
    }

    function invariant_NobodyIsDebitedWithoutApproval() public view {
        assertFalse(_handler.debitedWithoutApproval());
        assertFalse(_handler.openedWithoutAuthority());
    }

    function invariant_NoHoldIsStrandedOrStolen() public view {
        assertFalse(_handler.holdStranded());
        assertFalse(_handler.stolen());
    }
}
