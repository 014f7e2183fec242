// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";

import {Escrow} from "../../../contracts/escrow/Escrow.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {FalseToken, FeeToken, ReentrantToken} from "./HostileTokens.sol";

/// @notice Random accounts and modules at an escrow with friendly and hostile tokens. Keeps books of its own: what each
/// hold should have, what strayed in, and whether anybody got what they must not.
contract EscrowHandler is Test {
    struct Hold {
        address module;
        address token;
        bytes32 id;
    }

    uint256 public constant ACCOUNTS = 4;
    uint256 public constant MODULES = 3;
    uint256 public constant TOKENS = 4;
    uint256 public constant IDS = 3;

    Escrow public immutable escrow;
    address[TOKENS] public tokens;
    address private immutable _GOVERNANCE;

    mapping(address module => mapping(address token => mapping(bytes32 id => uint256))) public expected;
    mapping(address token => uint256) public strayed;
    bool public debitedWithoutApproval;
    bool public openedWithoutAuthority;
    bool public holdStranded;
    bool public stolen;
    Hold[] private _opened;

    constructor(Escrow escrow_, address governance) {
        escrow = escrow_;
        _GOVERNANCE = governance;
        ReentrantToken reentrant = new ReentrantToken(escrow_);
        tokens = [
            address(new TestToken("Plain", "PLN", 18)),
            address(new FeeToken()),
            address(new FalseToken()),
            address(reentrant)
        ];
        reentrant.becomeDepositor(1e18);
        for (uint256 i = 0; i < MODULES; ++i) {
            vm.prank(governance);
            escrow.authorise(moduleAt(i));
        }
        for (uint256 i = 0; i < ACCOUNTS * TOKENS; ++i) {
            deposit(i, i, i / ACCOUNTS, 1e24);
            for (uint256 m = 0; m < MODULES; ++m) {
                setOperator(i, m, i / ACCOUNTS, true);
            }
            if (i % ACCOUNTS < MODULES) openHold(i % ACCOUNTS, i / ACCOUNTS, 0, i, 1e23);
        }
    }

    function accountAt(uint256 i) public pure returns (address) {
        return address(uint160(0xACC0 + i % ACCOUNTS));
    }

    function moduleAt(uint256 i) public pure returns (address) {
        return address(uint160(0xB0D0 + i % MODULES));
    }

    function idAt(uint256 i) public pure returns (bytes32) {
        return bytes32(1 + i % IDS);
    }

    /* ACCOUNTS */

    function deposit(uint256 account, uint256 to, uint256 token, uint96 amount) public {
        address from = accountAt(account);
        TestToken erc20 = TestToken(tokens[token % TOKENS]);
        erc20.mint(from, amount);
        vm.prank(from);
        erc20.approve(address(escrow), amount);
        vm.prank(from); // not startPrank, which would outlive a deposit that reverts
        escrow.deposit(address(erc20), amount, accountAt(to));
    }

    function withdraw(uint256 account, uint256 token, uint256 amount) external {
        address from = accountAt(account);
        address erc20 = tokens[token % TOKENS];
        amount = bound(amount, 0, escrow.balanceOf(from, erc20));
        vm.prank(from);
        escrow.withdraw(erc20, amount);
    }

    function withdrawTooMuch(uint256 account, uint256 token, uint256 excess) external {
        address from = accountAt(account);
        address erc20 = tokens[token % TOKENS];
        uint256 balance = escrow.balanceOf(from, erc20);
        vm.prank(from);
        escrow.withdraw(erc20, balance + bound(excess, 1, type(uint128).max));
    }

    function setOperator(uint256 account, uint256 module, uint256 token, bool approved) public {
        vm.prank(accountAt(account));
        escrow.setOperator(moduleAt(module), tokens[token % TOKENS], approved);
    }

    function stray(uint256 token, uint96 amount) external {
        address erc20 = tokens[token % TOKENS];
        TestToken(erc20).mint(address(escrow), amount);
        strayed[erc20] += amount;
    }

    function sulk(bool on) external {
        FalseToken(tokens[2]).sulk(on);
    }

    /// @dev In the next transfer the token, a depositor itself, tries to deposit or withdraw.
    function armReentrancy(bool deposits, uint96 amount) external {
        address hostile = tokens[3];
        ReentrantToken(hostile)
            .arm(
                deposits
                    ? abi.encodeCall(IEscrow.deposit, (hostile, amount, hostile))
                    : abi.encodeCall(IEscrow.withdraw, (hostile, amount))
            );
    }

    /* GOVERNANCE */

    function authorise(uint256 module) external {
        vm.prank(_GOVERNANCE);
        escrow.authorise(moduleAt(module));
    }

    function retire(uint256 module) external {
        vm.prank(_GOVERNANCE);
        escrow.retire(moduleAt(module));
    }

    /* MODULES */

    function openHold(uint256 module, uint256 token, uint256 id, uint256 account, uint256 amount) public {
        Hold memory hold = Hold(moduleAt(module), tokens[token % TOKENS], idAt(id));
        address from = accountAt(account);
        amount = bound(amount, 0, escrow.balanceOf(from, hold.token));
        bool authorised = escrow.isAuthorised(hold.module);
        bool approved = escrow.isOperator(from, hold.module, hold.token);
        vm.prank(hold.module);
        escrow.openHold(hold.id, hold.token, from, amount);
        if (!authorised) openedWithoutAuthority = true;
        if (!approved && amount != 0) debitedWithoutApproval = true;
        expected[hold.module][hold.token][hold.id] = amount;
        _opened.push(hold);
    }

    function fund(uint256 seed, uint256 account, uint256 amount) external {
        Hold memory hold = _pick(seed);
        address from = accountAt(account);
        amount = bound(amount, 0, escrow.balanceOf(from, hold.token));
        bool approved = escrow.isOperator(from, hold.module, hold.token);
        vm.prank(hold.module);
        escrow.fund(hold.id, hold.token, from, amount);
        if (!approved && amount != 0) debitedWithoutApproval = true;
        expected[hold.module][hold.token][hold.id] += amount;
    }

    /// @dev Any open hold can be released from, whether its module is authorised or retired.
    function release(uint256 seed, uint256 to, uint256 amount) external {
        Hold memory hold = _pick(seed);
        amount = bound(amount, 0, _expected(hold));
        vm.prank(hold.module);
        try escrow.release(hold.id, hold.token, accountAt(to), amount) {
            expected[hold.module][hold.token][hold.id] -= amount;
        } catch {
            holdStranded = true;
        }
    }

    function releaseTooMuch(uint256 seed, uint256 to, uint128 excess) external {
        Hold memory hold = _pick(seed);
        uint256 amount = _expected(hold) + bound(excess, 1, type(uint128).max);
        vm.prank(hold.module);
        escrow.release(hold.id, hold.token, accountAt(to), amount);
    }

    function releaseEach(uint256 seed, uint96[3] calldata amounts) external {
        Hold memory hold = _pick(seed);
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](amounts.length);
        uint256 left = _expected(hold);
        for (uint256 i = 0; i < amounts.length; ++i) {
            payments[i] = IEscrow.Payment(accountAt(amounts[i]), bound(amounts[i], 0, left));
            left -= payments[i].amount;
        }
        vm.prank(hold.module);
        escrow.releaseEach(hold.id, hold.token, payments);
        expected[hold.module][hold.token][hold.id] = left;
    }

    /// @dev Into a hold of the same token, open or not.
    function moveHold(uint256 seed, uint256 toModule, uint256 toId, uint256 amount) external {
        Hold memory hold = _pick(seed);
        amount = bound(amount, 0, _expected(hold));
        vm.prank(hold.module);
        escrow.moveHold(hold.id, hold.token, moduleAt(toModule), idAt(toId), amount);
        expected[hold.module][hold.token][hold.id] -= amount;
        expected[moduleAt(toModule)][hold.token][idAt(toId)] += amount;
    }

    function burn(uint256 seed, uint256 amount) external {
        Hold memory hold = _pick(seed);
        amount = bound(amount, 0, _expected(hold));
        vm.prank(hold.module);
        escrow.burn(hold.id, hold.token, amount);
        expected[hold.module][hold.token][hold.id] -= amount;
    }

    /// @dev An account that is no module reaches for a hold.
    function stealHold(uint256 seed, uint256 thief) external {
        Hold memory hold = _pick(seed);
        vm.prank(accountAt(thief));
        escrow.release(hold.id, hold.token, accountAt(thief), _expected(hold));
        stolen = true;
    }

    function _pick(uint256 seed) private view returns (Hold memory) {
        vm.assume(_opened.length != 0);
        return _opened[seed % _opened.length];
    }

    function _expected(Hold memory hold) private view returns (uint256) {
        return expected[hold.module][hold.token][hold.id];
    }

    /* SUMS */

    function sumOfBalances(address token) external view returns (uint256 sum) {
        sum = escrow.balanceOf(escrow.BURN_ADDRESS(), token) + escrow.balanceOf(tokens[3], token);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            sum += escrow.balanceOf(accountAt(i), token);
        }
    }

    function sumOfHolds(address token) external view returns (uint256 sum) {
        for (uint256 i = 0; i < MODULES * IDS; ++i) {
            sum += escrow.held(moduleAt(i / IDS), token, idAt(i));
        }
    }

    function tokensHeld(address token) external view returns (uint256) {
        return IERC20(token).balanceOf(address(escrow));
    }
}
