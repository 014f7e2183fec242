// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The only contract that holds money.
/// @notice Internal balances per (account, token), and *holds*: amounts earmarked for one purpose, named by (module,
/// token, id) and controlled by that module alone.
/// Promises: balances + holds <= tokens held, always; a hold never releases more than it got; a module debits only
/// accounts that approved it for that token; no key and no vote moves money: governance only says which modules may open
/// new holds, and a retired module still controls the holds it has. Withdrawals cannot be paused.
/// Trust assumptions: an allowed token does not take balances away from this contract by itself (no rebasing downwards,
/// no seizure); a fee on transfer is fine, deposits credit what arrived.
interface IEscrow {
    struct Payment {
        address to;
        uint256 amount;
    }

    event ModuleAuthorised(address indexed module, uint8 indexed number);
    event ModuleRetired(address indexed module, uint8 indexed number);
    event Deposited(address indexed account, address indexed token, uint256 amount, address indexed from);
    event Withdrawn(address indexed account, address indexed token, uint256 amount, address indexed to);
    event OperatorSet(address indexed account, address indexed module, address indexed token, bool approved);
    event HoldOpened(
        address indexed module, address indexed token, bytes32 indexed id, address from, uint256 amount
    );
    event HoldFunded(
        address indexed module, address indexed token, bytes32 indexed id, address from, uint256 amount
    );
    event Released(
        address indexed module, address indexed token, bytes32 indexed id, address to, uint256 amount
    );
    /// @notice Several releases from one hold, by one call.
    event ReleasedEach(address indexed module, address indexed token, bytes32 indexed id, Payment[] payments);
    event HoldMoved(
        address indexed module,
        address indexed token,
        bytes32 indexed id,
        address toModule,
        bytes32 toId,
        uint256 amount
    );
    event Burnt(address indexed module, address indexed token, bytes32 indexed id, uint256 amount);

    error ModuleNotAuthorised(address module);
    error ModuleAlreadyAuthorised(address module);
    error TooManyModules();
    error OperatorNotApproved(address account, address module, address token);
    error InsufficientBalance(address account, address token, uint256 balance, uint256 needed);
    error InsufficientHold(address module, address token, bytes32 id, uint256 held, uint256 needed);
    error HoldAlreadyOpen(address module, address token, bytes32 id);
    error HoldNotOpen(address module, address token, bytes32 id);
    error NothingDeposited(address token);
    error ZeroAddress();
    error InvalidSignature(address signer);
    error SignatureExpired(uint256 deadline);

    /* GOVERNANCE */

    /// @notice Lets `module` open holds; governance only. Modules are numbered from 1 and numbers never reused.
    function authorise(address module) external;

    /// @notice Stops `module` from opening holds; the open ones stay under its control. Governance only.
    function retire(address module) external;

    /* ACCOUNTS */

    /// @notice Credits `to` with the measured increase of this contract's token balance.
    /// @return credited base units, less than `amount` for a token that takes a fee.
    function deposit(address token, uint256 amount, address to) external returns (uint256 credited);

    /// @notice `deposit` for the caller after an ERC-2612 permit; a permit somebody has already sent is no obstacle.
    function depositWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (uint256 credited);

    function withdraw(address token, uint256 amount) external;

    function withdrawTo(address token, uint256 amount, address to) external;

    /// @notice Lets or forbids `module` to debit the caller's balance of `token` (after ERC-6909 operators, per token).
    /// Only a module that has been authorised can be approved.
    function setOperator(address module, address token, bool approved) external;

    /// @notice The same by EIP-712 `SetOperator(address owner,address module,address token,bool approved,uint256 nonce,uint256 deadline)`.
    function setOperatorBySig(
        address owner,
        address module,
        address token,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /* HOLDS: the caller is the module */

    /// @notice Opens the caller's hold `id` with `amount` from `from`, who must have approved the caller unless the
    /// amount is zero. A hold opens once; the caller must be authorised.
    function openHold(bytes32 id, address token, address from, uint256 amount) external;

    /// @notice Adds `amount` from `from` to an open hold of the caller.
    function fund(bytes32 id, address token, address from, uint256 amount) external;

    /// @notice Credits `to` from a hold of the caller; `to` withdraws when it likes.
    function release(bytes32 id, address token, address to, uint256 amount) external;

    /// @notice Several releases from one hold.
    function releaseEach(bytes32 id, address token, Payment[] calldata payments) external;

    /// @notice Moves part of a hold into an open hold of another module (or another hold of the caller).
    function moveHold(bytes32 id, address token, address toModule, bytes32 toId, uint256 amount) external;

    /// @notice Credits the burn address, which nobody controls.
    function burn(bytes32 id, address token, uint256 amount) external;

    /* VIEWS */

    function BURN_ADDRESS() external view returns (address);
    function balanceOf(address account, address token) external view returns (uint256);
    function held(address module, address token, bytes32 id) external view returns (uint256);
    function isOpen(address module, address token, bytes32 id) external view returns (bool);
    function isOperator(address account, address module, address token) external view returns (bool);
    function isAuthorised(address module) external view returns (bool);
}
