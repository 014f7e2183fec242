// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IERC3009} from "../interfaces/IERC3009.sol";
import {IEscrow, IPaymentClient} from "../interfaces/IEscrow.sol";

/// @title Escrow
/// @dev The books of one token never touch another's, so a hostile token harms only those who hold it here. A deposit
/// is refused when the tokens held would exceed 128 bits; all balances and holds together are no more, so no credit
/// overflows.
contract Escrow is IEscrow, AccessControl, EIP712, Nonces, ReentrancyGuardTransient, Multicall {
    using SafeERC20 for IERC20;

    /// @dev One slot, so that a debit reads balance and permission at once.
    struct Account {
        uint128 balance; // base units
        uint128 operators; // bit n: module number n may debit
    }

    /// @dev One slot. A hold is open when it has a module number, and stays open.
    struct Hold {
        uint128 amount; // base units
        uint8 moduleNumber;
    }

    struct Module {
        uint8 number; // 1 to MAX_MODULES; 0 for one that was never authorised
        bool authorised;
    }

    /// @inheritdoc IEscrow
    address public constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    /// @notice How many modules can ever be authorised: the bits of `Account.operators`, except bit 0.
    uint8 public constant MAX_MODULES = 127;

    bytes32 private constant SET_OPERATOR_TYPEHASH = keccak256(
        "SetOperator(address owner,address module,address token,bool approved,uint256 nonce,uint256 deadline)"
    );

    // All three are written through storage references, which slither does not follow.
    // slither-disable-next-line uninitialized-state
    mapping(address account => mapping(address token => Account)) private _accounts;
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 key => Hold) private _holds;
    // slither-disable-next-line uninitialized-state
    mapping(address module => Module) private _modules;
    uint8 private _moduleCount;

    constructor(address governance) EIP712("Assay Escrow", "1") {
        if (governance == address(0)) revert ZeroAddress();
        _grantRole(DEFAULT_ADMIN_ROLE, governance);
    }

    /* GOVERNANCE */

    /// @inheritdoc IEscrow
    function authorise(address module) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Module storage entry = _modules[module];
        if (entry.authorised) revert ModuleAlreadyAuthorised(module);
        if (entry.number == 0) {
            if (_moduleCount == MAX_MODULES) revert TooManyModules();
            entry.number = ++_moduleCount;
        }
        entry.authorised = true;
        emit ModuleAuthorised(module, entry.number);
    }

    /// @inheritdoc IEscrow
    function retire(address module) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Module storage entry = _modules[module];
        if (!entry.authorised) revert ModuleNotAuthorised(module);
        entry.authorised = false;
        emit ModuleRetired(module, entry.number);
    }

    /* ACCOUNTS */

    /// @inheritdoc IEscrow
    function deposit(address token, uint256 amount, address to) external nonReentrant returns (uint256) {
        return _deposit(token, amount, to);
    }

    /// @inheritdoc IEscrow
    function depositWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
        returns (uint256)
    {
        // Somebody who saw the permit may have sent it first. Then the allowance is there; if not, the transfer fails.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _deposit(token, amount, msg.sender);
    }

    /// @inheritdoc IEscrow
    function pay(address module, address token, uint256 amount, Permit calldata permit, bytes calldata order)
        external
        nonReentrant
    {
        uint256 heldBefore = _tokensOf(token);
        // As above: a permit that was sent first, or an approval in its place, is as good.
        // solhint-disable no-empty-blocks
        try IERC20Permit(token)
            .permit(msg.sender, address(this), amount, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}
        // solhint-enable no-empty-blocks
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        _passOn(module, token, msg.sender, heldBefore, order);
    }

    /// @inheritdoc IEscrow
    function payWithAuthorization(
        address module,
        address token,
        address from,
        uint256 amount,
        Authorization calldata authorization,
        bytes calldata order
    ) external nonReentrant {
        uint256 heldBefore = _tokensOf(token);
        IERC3009(token)
            .receiveWithAuthorization(
                from,
                address(this),
                amount,
                authorization.validAfter,
                authorization.validBefore,
                orderNonce(module, order),
                authorization.v,
                authorization.r,
                authorization.s
            );
        _passOn(module, token, from, heldBefore, order);
    }

    /// @inheritdoc IEscrow
    function withdraw(address token, uint256 amount) external nonReentrant {
        _withdraw(token, amount, msg.sender);
    }

    /// @inheritdoc IEscrow
    function withdrawTo(address token, uint256 amount, address to) external nonReentrant {
        _withdraw(token, amount, to);
    }

    /// @inheritdoc IEscrow
    function setOperator(address module, address token, bool approved) external {
        _setOperator(msg.sender, module, token, approved);
    }

    /// @inheritdoc IEscrow
    function setOperatorBySig(
        address owner,
        address module,
        address token,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 structHash = keccak256(
            abi.encode(SET_OPERATOR_TYPEHASH, owner, module, token, approved, _useNonce(owner), deadline)
        );
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, _hashTypedDataV4(structHash), signature)) {
            revert InvalidSignature(owner);
        }
        _setOperator(owner, module, token, approved);
    }

    /* HOLDS */

    /// @inheritdoc IEscrow
    function openHold(bytes32 id, address token, address from, uint256 amount) external {
        Module memory module = _modules[msg.sender];
        if (!module.authorised) revert ModuleNotAuthorised(msg.sender);
        Hold storage hold = _holds[_key(msg.sender, token, id)];
        if (hold.moduleNumber != 0) revert HoldAlreadyOpen(msg.sender, token, id);

        _debit(from, token, amount, module.number);
        // forge-lint: disable-next-line(unsafe-typecast)
        (hold.amount, hold.moduleNumber) = (uint128(amount), module.number); // no more than a balance
        emit HoldOpened(msg.sender, token, id, from, amount);
    }

    /// @inheritdoc IEscrow
    function fund(bytes32 id, address token, address from, uint256 amount) external {
        (Hold storage hold, uint256 amountHeld, uint256 number) = _openHoldOf(msg.sender, token, id);
        _debit(from, token, amount, number);
        hold.amount = SafeCast.toUint128(amountHeld + amount);
        emit HoldFunded(msg.sender, token, id, from, amount);
    }

    /// @inheritdoc IEscrow
    function release(bytes32 id, address token, address to, uint256 amount) external {
        _take(id, token, amount);
        _credit(to, token, amount);
        emit Released(msg.sender, token, id, to, amount);
    }

    /// @inheritdoc IEscrow
    function releaseEach(bytes32 id, address token, Payment[] calldata payments) external {
        uint256 total = 0;
        for (uint256 i = 0; i < payments.length; ++i) {
            total += payments[i].amount;
        }
        _take(id, token, total);
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            _credit(payment.to, token, payment.amount);
        }
        emit ReleasedEach(msg.sender, token, id, payments);
    }

    /// @inheritdoc IEscrow
    function moveHold(bytes32 id, address token, address toModule, bytes32 toId, uint256 amount) external {
        _take(id, token, amount);
        (Hold storage to, uint256 amountHeld,) = _openHoldOf(toModule, token, toId);
        to.amount = SafeCast.toUint128(amountHeld + amount);
        emit HoldMoved(msg.sender, token, id, toModule, toId, amount);
    }

    /// @inheritdoc IEscrow
    function burn(bytes32 id, address token, uint256 amount) external {
        _take(id, token, amount);
        _credit(BURN_ADDRESS, token, amount);
        emit Burnt(msg.sender, token, id, amount);
    }

    /* VIEWS */

    /// @inheritdoc IEscrow
    function orderNonce(address module, bytes calldata order) public pure returns (bytes32) {
        return keccak256(abi.encode(module, order));
    }

    /// @inheritdoc IEscrow
    function balanceOf(address account, address token) external view returns (uint256) {
        return _accounts[account][token].balance;
    }

    /// @inheritdoc IEscrow
    function held(address module, address token, bytes32 id) external view returns (uint256) {
        return _holds[_key(module, token, id)].amount;
    }

    /// @inheritdoc IEscrow
    function isOpen(address module, address token, bytes32 id) external view returns (bool) {
        return _holds[_key(module, token, id)].moduleNumber != 0;
    }

    /// @inheritdoc IEscrow
    function isOperator(address account, address module, address token) external view returns (bool) {
        uint8 number = _modules[module].number;
        return number != 0 && _accounts[account][token].operators & _bit(number) != 0;
    }

    /// @inheritdoc IEscrow
    function isAuthorised(address module) external view returns (bool) {
        return _modules[module].authorised;
    }

    /* INTERNAL */

    /// @dev The credit comes after the transfer because it is measured. The guard keeps other deposits and withdrawals
    /// out of the measurement; nothing else moves tokens.
    function _deposit(address token, uint256 amount, address to) private returns (uint256 credited) {
        if (to == address(0)) revert ZeroAddress();
        uint256 heldBefore = _tokensOf(token);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        credited = _arrived(token, heldBefore);
        _credit(to, token, credited);
        emit Deposited(to, token, credited, msg.sender);
    }

    /// @dev What has arrived goes into a hold of the module's, once the module has said into which. Until then it is
    /// nobody's, so nothing that the module calls can spend it. Only what was once authorised has an open hold: a call
    /// of anything else has come to nothing.
    function _passOn(address module, address token, address from, uint256 heldBefore, bytes calldata order)
        private
    {
        uint256 amount = _arrived(token, heldBefore);
        emit Deposited(from, token, amount, from);
        bytes32 id = IPaymentClient(module).onPayment(from, token, amount, order);
        (Hold storage hold, uint256 amountHeld,) = _openHoldOf(module, token, id);
        unchecked {
            // No more than the tokens held, which `_arrived` has found to fit.
            // forge-lint: disable-next-line(unsafe-typecast)
            hold.amount = uint128(amountHeld + amount);
        }
        emit HoldFunded(module, token, id, from, amount);
    }

    /// @return amount base units that have come in since this contract held `heldBefore`.
    function _arrived(address token, uint256 heldBefore) private view returns (uint256 amount) {
        uint128 heldNow = SafeCast.toUint128(_tokensOf(token));
        if (heldNow <= heldBefore) revert NothingDeposited(token);
        unchecked {
            return heldNow - heldBefore; // above zero, as was just checked
        }
    }

    function _tokensOf(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function _withdraw(address token, uint256 amount, address to) private {
        if (to == address(0)) revert ZeroAddress();
        Account storage account = _accounts[msg.sender][token];
        account.balance = _without(msg.sender, token, account.balance, amount);
        emit Withdrawn(msg.sender, token, amount, to);
        IERC20(token).safeTransfer(to, amount);
    }

    function _setOperator(address owner, address module, address token, bool approved) private {
        uint8 number = _modules[module].number;
        if (number == 0) revert ModuleNotAuthorised(module);
        Account storage account = _accounts[owner][token];
        (uint256 operators, uint256 bit) = (account.operators, _bit(number));
        // forge-lint: disable-next-line(unsafe-typecast)
        account.operators = uint128(approved ? operators | bit : operators & ~bit); // bit 127 is the last
        emit OperatorSet(owner, module, token, approved);
    }

    /// @dev Takes `amount` from an account that approved module `number`; nothing is read for an amount of zero.
    function _debit(address from, address token, uint256 amount, uint256 number) private {
        if (amount == 0) return;
        Account storage account = _accounts[from][token];
        (uint256 balance, uint256 operators) = (account.balance, account.operators);
        if (operators & _bit(number) == 0) revert OperatorNotApproved(from, msg.sender, token);
        account.balance = _without(from, token, balance, amount);
    }

    /// @dev Money never goes to the zero address; paying nothing to nobody is allowed, and does nothing.
    function _credit(address to, address token, uint256 amount) private {
        if (amount == 0) return;
        if (to == address(0)) revert ZeroAddress();
        Account storage account = _accounts[to][token];
        account.balance = SafeCast.toUint128(account.balance + amount);
    }

    /// @dev Takes `amount` out of the caller's hold.
    function _take(bytes32 id, address token, uint256 amount) private {
        (Hold storage hold, uint256 amountHeld,) = _openHoldOf(msg.sender, token, id);
        if (amount > amountHeld) revert InsufficientHold(msg.sender, token, id, amountHeld, amount);
        // forge-lint: disable-next-line(unsafe-typecast)
        hold.amount = uint128(amountHeld - amount); // no more than it was
    }

    function _openHoldOf(address module, address token, bytes32 id)
        private
        view
        returns (Hold storage hold, uint256 amount, uint256 moduleNumber)
    {
        hold = _holds[_key(module, token, id)];
        (amount, moduleNumber) = (hold.amount, hold.moduleNumber);
        if (moduleNumber == 0) revert HoldNotOpen(module, token, id);
    }

    /// @return What is left of a balance, once it is known to cover `amount`.
    function _without(address account, address token, uint256 balance, uint256 amount)
        private
        pure
        returns (uint128)
    {
        if (amount > balance) revert InsufficientBalance(account, token, balance, amount);
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint128(balance - amount); // no more than it was
    }

    function _key(address module, address token, bytes32 id) private pure returns (bytes32) {
        return keccak256(abi.encode(module, token, id));
    }

    function _bit(uint256 number) private pure returns (uint256) {
        return uint256(1) << number; // at most MAX_MODULES
    }
}
