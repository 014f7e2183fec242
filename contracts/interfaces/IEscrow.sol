// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A module that can be paid in the transaction that brings the tokens into escrow.
interface IPaymentClient {
    /// @notice `from` pays `amount` base units of `token`, which have arrived in escrow, for what `order` says. `from`
    /// has signed amount and order, or sent them itself. Only Escrow may call. A module that does not want the money
    /// reverts.
    /// @return holdId the module's open hold of that token that receives the money.
    function onPayment(address from, address token, uint256 amount, bytes calldata order)
        external
        returns (bytes32 holdId);
}

/// @title The only contract that holds money.
/// @notice Keeps an internal balance for each account and token, and *holds*: amounts set aside for one purpose. A
/// hold is named by (module, token, id) and controlled by that module alone. All amounts are base units of the token;
/// deadlines are Unix seconds.
/// Promises: balances and holds together never exceed the tokens held. A hold never releases more than it received. A
/// module debits only accounts that approved it for that token. No key and no vote moves money: governance only says
/// which modules may open new holds, and a retired module still controls the holds it has. Withdrawals cannot be
/// paused.
/// Trust assumptions: an allowed token does not take balances away from this contract by itself (no rebasing
/// downwards, no seizure). A fee on transfer is fine: deposits credit what arrived.
interface IEscrow {
    /// @dev One credit out of a hold; `amount` is base units of the hold's token.
    struct Payment {
        address to;
        uint256 amount;
    }

    /// @dev An ERC-2612 signature that lets this contract take an amount.
    struct Permit {
        uint256 deadline; // Unix seconds
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @dev An EIP-3009 signature. Its nonce is `orderNonce`, so it pays for one order of one module.
    struct Authorization {
        uint256 validAfter; // Unix seconds
        uint256 validBefore;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice Governance has let `module` open holds; it is the escrow's module of that `number`, counted from 1.
    event ModuleAuthorised(address indexed module, uint8 indexed number);
    /// @notice Governance no longer lets `module` open holds. Those it has opened stay under its control.
    event ModuleRetired(address indexed module, uint8 indexed number);
    /// @notice `from` has paid in tokens, and `account` was credited with the `amount` that arrived.
    event Deposited(address indexed account, address indexed token, uint256 amount, address indexed from);
    /// @notice `account` has taken `amount` out of its balance; the tokens went to `to`.
    event Withdrawn(address indexed account, address indexed token, uint256 amount, address indexed to);
    /// @notice `account` has allowed `module` to debit its balance of `token`, or forbidden it.
    event OperatorSet(address indexed account, address indexed module, address indexed token, bool approved);
    /// @notice `module` has opened hold `id` with `amount`, debited from the balance of `from`.
    event HoldOpened(
        address indexed module, address indexed token, bytes32 indexed id, address from, uint256 amount
    );
    /// @notice `module` has added `amount`, debited from the balance of `from`, to its open hold `id`.
    event HoldFunded(
        address indexed module, address indexed token, bytes32 indexed id, address from, uint256 amount
    );
    /// @notice `module` has credited `to` with `amount` from its hold `id`.
    event Released(
        address indexed module, address indexed token, bytes32 indexed id, address to, uint256 amount
    );
    /// @notice `module` has credited several accounts from its hold `id` in one call.
    event ReleasedEach(address indexed module, address indexed token, bytes32 indexed id, Payment[] payments);
    /// @notice `module` has moved `amount` from its hold `id` into the open hold `toId` of `toModule`.
    event HoldMoved(
        address indexed module,
        address indexed token,
        bytes32 indexed id,
        address toModule,
        bytes32 toId,
        uint256 amount
    );
    /// @notice `module` has burnt `amount` from its hold `id`: it went to an address that nobody controls.
    event Burnt(address indexed module, address indexed token, bytes32 indexed id, uint256 amount);

    /// @notice {module} is not a contract that may hold money in this escrow.
    /// @custom:hint Check the deployment file.
    error ModuleNotAuthorised(address module);
    /// @notice {module} may already hold money in this escrow.
    /// @custom:hint There is nothing left to do.
    error ModuleAlreadyAuthorised(address module);
    /// @notice The escrow's list of modules is full.
    /// @custom:hint Deploy a new escrow for further modules.
    error TooManyModules();
    /// @notice {account} has not allowed {module} to use its escrow balance of the token {token}.
    /// @custom:hint Deposit with `assay escrow deposit`, which approves the market's contracts.
    error OperatorNotApproved(address account, address module, address token);
    /// @notice The escrow balance of {account} is {balance} base units of the token {token}, but {needed} are needed.
    /// @custom:hint Deposit the difference with `assay escrow deposit`.
    error InsufficientBalance(address account, address token, uint256 balance, uint256 needed);
    /// @notice The money set aside for a deal, {held} base units, does not cover a payment of {needed}.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error InsufficientHold(address module, address token, bytes32 id, uint256 held, uint256 needed);
    /// @notice Money has been set aside for this purpose before.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error HoldAlreadyOpen(address module, address token, bytes32 id);
    /// @notice No money is set aside for this purpose.
    /// @custom:hint This is a defect in Assay or its deployment; please report it.
    error HoldNotOpen(address module, address token, bytes32 id);
    /// @notice No tokens arrived in escrow.
    /// @custom:hint Check the amount, and that {token} is a token that transfers what it is told to.
    error NothingDeposited(address token);
    /// @notice An address is missing (zero).
    /// @custom:hint Name the account.
    error ZeroAddress();
    /// @notice The signature is not {signer}'s, or was made for something else.
    /// @custom:hint Sign again, for this chain and this contract.
    error InvalidSignature(address signer);
    /// @notice The signature expired at {deadline}.
    /// @custom:hint Sign again.
    error SignatureExpired(uint256 deadline);

    /* GOVERNANCE */

    /// @notice Lets `module` open holds; governance only. Modules are numbered from 1, and a number is never reused;
    /// a retired module gets its own again. Reverts `ModuleAlreadyAuthorised` for a module that is authorised, and
    /// `TooManyModules` when the list is full.
    function authorise(address module) external;

    /// @notice Stops `module` from opening holds; governance only. The open ones stay under its control.
    function retire(address module) external;

    /* ACCOUNTS */

    /// @notice Takes `amount` from the caller, who has approved this contract in the token, and credits `to` with
    /// what arrived. Anyone may call. Reverts `NothingDeposited` when nothing arrived.
    /// @return credited base units, less than `amount` for a token that takes a fee.
    function deposit(address token, uint256 amount, address to) external returns (uint256 credited);

    /// @notice Like `deposit` to the caller's own balance, with an ERC-2612 permit in place of an approval. A permit
    /// that somebody else has already sent is no obstacle.
    /// @return credited base units, less than `amount` for a token that takes a fee.
    function depositWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (uint256 credited);

    /// @notice Takes `amount` from the caller by an ERC-2612 permit, or an approval that is there already, and pays it
    /// to `module` for `order`, in one transaction. The module needs no approval of the caller's: it gets this amount
    /// and no other. Events are those of a deposit and of a hold that is funded.
    /// @param module one that has been authorised (`IPaymentClient`), as `HoldNotOpen` says of any other; its interface
    /// says what it takes as an order.
    function pay(address module, address token, uint256 amount, Permit calldata permit, bytes calldata order)
        external;

    /// @notice Like `pay` for `from`, whose EIP-3009 authorisation to this contract anyone may present: whoever brings
    /// it pays the gas, and can change nothing of amount, module or order.
    function payWithAuthorization(
        address module,
        address token,
        address from,
        uint256 amount,
        Authorization calldata authorization,
        bytes calldata order
    ) external;

    /// @notice Pays `amount` of the caller's balance out to the caller, at any time.
    function withdraw(address token, uint256 amount) external;

    /// @notice Pays `amount` of the caller's balance out to `to`, at any time.
    function withdrawTo(address token, uint256 amount, address to) external;

    /// @notice Lets `module` debit the caller's balance of `token`, or forbids it (like ERC-6909 operators, but per
    /// token). Only a module that has been authorised can be approved.
    function setOperator(address module, address token, bool approved) external;

    /// @notice Like `setOperator` for `owner`, whose EIP-712 signature anyone may present until `deadline`:
    /// `SetOperator(address owner,address module,address token,bool approved,uint256 nonce,uint256 deadline)`. Smart
    /// accounts (ERC-1271) can sign too.
    function setOperatorBySig(
        address owner,
        address module,
        address token,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /* HOLDS: the caller is the module */

    /// @notice Opens the caller's hold `id` with `amount` from the balance of `from`, who must have approved the
    /// caller unless the amount is zero. Authorised modules only; a hold opens once.
    function openHold(bytes32 id, address token, address from, uint256 amount) external;

    /// @notice Adds `amount` from the balance of `from`, who must have approved the caller, to an open hold of the
    /// caller.
    function fund(bytes32 id, address token, address from, uint256 amount) external;

    /// @notice Credits `to` with `amount` from an open hold of the caller; `to` withdraws when it likes.
    function release(bytes32 id, address token, address to, uint256 amount) external;

    /// @notice Credits several accounts from one open hold of the caller.
    function releaseEach(bytes32 id, address token, Payment[] calldata payments) external;

    /// @notice Moves `amount` from an open hold of the caller into an open hold of `toModule`, which may be the
    /// caller itself.
    function moveHold(bytes32 id, address token, address toModule, bytes32 toId, uint256 amount) external;

    /// @notice Burns `amount` from an open hold of the caller: credits the burn address, which nobody controls.
    function burn(bytes32 id, address token, uint256 amount) external;

    /* VIEWS */

    /// @notice The nonce of an EIP-3009 authorisation that pays for `order` of `module`:
    /// `keccak256(abi.encode(module, order))`.
    function orderNonce(address module, bytes calldata order) external pure returns (bytes32);

    /// @notice The account to which burnt money is credited. Nobody has its key.
    function BURN_ADDRESS() external view returns (address);
    /// @notice What `account` can withdraw of `token` now.
    function balanceOf(address account, address token) external view returns (uint256);
    /// @notice What is in a hold now; 0 also where it was never opened.
    function held(address module, address token, bytes32 id) external view returns (uint256);
    /// @notice Whether the hold has been opened. It stays open when it is empty.
    function isOpen(address module, address token, bytes32 id) external view returns (bool);
    /// @notice Whether `account` lets `module` debit its balance of `token`.
    function isOperator(address account, address module, address token) external view returns (bool);
    /// @notice Whether `module` may open holds now.
    function isAuthorised(address module) external view returns (bool);
}
