// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Escrow} from "../../contracts/escrow/Escrow.sol";
import {TestToken} from "../../contracts/test/TestToken.sol";

/// @notice What no single call can do to the escrow's books, whatever its sender, its arguments and the amounts that
/// lie there. Two modules hold money of alice's under the same name, so that a mix-up would show.
contract EscrowProofs is Test {
    struct Books {
        uint96 alices; // in her account
        uint96 modules; // in the module's hold
        uint96 others; // in the other module's hold
    }

    enum Kind {
        Deposit,
        Withdraw,
        SetOperator,
        OpenHold,
        Fund,
        Release,
        MoveHold,
        Burn,
        Authorise,
        Retire
    }

    struct Call {
        Kind kind;
        address sender;
        bytes32 id;
        address to;
        uint256 amount;
    }

    bytes32 private constant ID = keccak256("deal");
    address private constant GOVERNANCE = address(0x6000);
    address private constant ALICE = address(0xA11CE);
    address private constant MODULE = address(0x1001);
    address private constant OTHER_MODULE = address(0x1002);
    address private constant UNAPPROVED_MODULE = address(0x1003); // no account has approved it

    Escrow private _escrow;
    TestToken private _token;

    function setUp() public {
        _escrow = new Escrow(GOVERNANCE);
        _token = new TestToken("Euro", "EUR", 6);
        vm.startPrank(GOVERNANCE);
        _escrow.authorise(MODULE);
        _escrow.authorise(OTHER_MODULE);
        _escrow.authorise(UNAPPROVED_MODULE);
        vm.stopPrank();
    }

    /* CONSERVATION: what the escrow holds of a token is what its accounts and holds add up to, before and after.
       Planted: a credit of one more than came, and withdrawals, debits and takings that leave the books as they were.
       Several releases at once are not proved: two payees and any amounts timed out. The invariants of
       `EscrowInvariants` try them. */

    function check_EscrowConserves_Deposits(Books memory books, address to, uint128 amount) public {
        _fill(books);
        uint256 before = _owed(ALICE, to, to);
        vm.assume(to != ALICE);
        _token.mint(address(this), amount);
        _token.approve(address(_escrow), amount);
        _escrow.deposit(address(_token), amount, to);
        assert(_owed(ALICE, to, to) == before + amount);
        assert(_token.balanceOf(address(_escrow)) == before + amount);
    }

    function check_EscrowConserves_Withdrawals(Books memory books, uint256 amount, address to) public {
        _fill(books);
        vm.assume(to != address(_escrow)); // to itself: tokens that stray in, see the fuzz tests
        vm.prank(ALICE);
        _escrow.withdrawTo(address(_token), amount, to);
        assert(_token.balanceOf(to) == amount);
        assert(_owed(ALICE, ALICE, ALICE) + amount == _sum(books));
        assert(_token.balanceOf(address(_escrow)) + amount == _sum(books));
    }

    function check_EscrowConserves_Holds(
        Books memory books,
        bool opens,
        bytes32 id,
        address from,
        uint256 amount
    ) public {
        _fill(books);
        vm.startPrank(MODULE);
        if (opens) _escrow.openHold(id, address(_token), from, amount);
        else _escrow.fund(id, address(_token), from, amount);
        vm.stopPrank();
        uint256 inNewHold = id == ID ? 0 : _escrow.held(MODULE, address(_token), id);
        assert(_owed(ALICE, from, from) + inNewHold == _sum(books));
    }

    function check_EscrowConserves_Release(Books memory books, address to, uint256 amount) public {
        _fill(books);
        vm.prank(MODULE);
        _escrow.release(ID, address(_token), to, amount);
        assert(_owed(ALICE, to, to) == _sum(books));
    }

    function check_EscrowConserves_Burn(Books memory books, uint256 amount, address any) public {
        _fill(books);
        address sink = _escrow.BURN_ADDRESS();
        vm.prank(MODULE);
        _escrow.burn(ID, address(_token), amount);
        assert(_owed(ALICE, sink, any) == _sum(books));
    }

    /// @param any account beside the one that deposited: nobody is credited.
    function check_EscrowConserves_Moves(Books memory books, uint256 amount, bool toItself, address any)
        public
    {
        _fill(books);
        vm.prank(MODULE);
        _escrow.moveHold(ID, address(_token), toItself ? MODULE : OTHER_MODULE, ID, amount);
        assert(_owed(ALICE, any, any) == _sum(books));
    }

    /* ISOLATION. A multicall is a sequence of such calls by one sender.
       Planted: a taking from another module's hold; debits without approval. */

    /// @dev Whoever calls whatever: only a hold's own module takes from it.
    function check_EscrowHolds_AreIsolated(Books memory books, Call memory call) public {
        _fill(books);
        vm.assume(call.sender != MODULE);
        _run(call);
        assert(_held(MODULE) >= books.modules);
    }

    /// @dev No account is debited but by itself, or by a module that it approved for the token.
    function check_EscrowAccounts_AreIsolated(Books memory books, Call memory call) public {
        _fill(books);
        vm.assume(call.sender != ALICE && call.sender != MODULE && call.sender != OTHER_MODULE);
        _run(call);
        assert(_escrow.balanceOf(ALICE, address(_token)) >= books.alices);
    }

    function _run(Call memory call) private {
        address token = address(_token);
        vm.startPrank(call.sender);
        if (call.kind == Kind.Deposit) _escrow.deposit(token, call.amount, call.to);
        else if (call.kind == Kind.Withdraw) _escrow.withdrawTo(token, call.amount, call.to);
        else if (call.kind == Kind.SetOperator) _escrow.setOperator(call.to, token, call.amount == 0);
        else if (call.kind == Kind.OpenHold) _escrow.openHold(call.id, token, call.to, call.amount);
        else if (call.kind == Kind.Fund) _escrow.fund(call.id, token, call.to, call.amount);
        else if (call.kind == Kind.Release) _escrow.release(call.id, token, call.to, call.amount);
        else if (call.kind == Kind.MoveHold) _escrow.moveHold(call.id, token, call.to, ID, call.amount);
        else if (call.kind == Kind.Burn) _escrow.burn(call.id, token, call.amount);
        else if (call.kind == Kind.Authorise) _escrow.authorise(call.to);
        else _escrow.retire(call.to);
        vm.stopPrank();
    }

    function _fill(Books memory books) private {
        uint256 sum = _sum(books);
        _token.mint(ALICE, sum);
        vm.startPrank(ALICE);
        _token.approve(address(_escrow), sum);
        _escrow.deposit(address(_token), sum, ALICE);
        _escrow.setOperator(MODULE, address(_token), true);
        _escrow.setOperator(OTHER_MODULE, address(_token), true);
        vm.stopPrank();
        vm.prank(MODULE);
        _escrow.openHold(ID, address(_token), ALICE, books.modules);
        vm.prank(OTHER_MODULE);
        _escrow.openHold(ID, address(_token), ALICE, books.others);
    }

    function _sum(Books memory books) private pure returns (uint256) {
        return uint256(books.alices) + books.modules + books.others;
    }

    /// @dev The accounts of up to three, each once, and both holds.
    function _owed(address a, address b, address c) private view returns (uint256 sum) {
        sum = _held(MODULE) + _held(OTHER_MODULE) + _escrow.balanceOf(a, address(_token));
        if (b != a) sum += _escrow.balanceOf(b, address(_token));
        if (c != a && c != b) sum += _escrow.balanceOf(c, address(_token));
    }

    function _held(address module) private view returns (uint256) {
        return _escrow.held(module, address(_token), ID);
    }
}
