"""`market.escrow`: an account's money in the market."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assay import token_signatures
from assay.chain import Call, Contract, Receipt
from assay.errors import ContractError, InvalidInput
from assay.session import Session
from assay.structs import views
from assay.token_signatures import NO_PERMIT, Permit
from assay.words.amounts import check_amount, format_amount, parse_amount
from assay.words.printable import printable

_PERMIT_ATTEMPTS = 5  # other programs of the account may be signing permits too
_PAYMENT_MODULES = (
    "VickreyAuction",
    "Rounds",
    "CommissionMarket",
    "Court",
    "Conformity",
    "Opinions",
    "Licences",
    "Trials",
    "Sales",
    "Pledges",
    "LineageClaims",
    "JobEvaluator",
)
LACK_OF_MONEY = ("InsufficientBalance", "OperatorNotApproved")
"""Errors that only mean that the balance is too small or not yet usable."""
_STAKING_MODULES = ("ValidatorStaking", "AuditRegistry", "Court")


@dataclass(frozen=True)
class Token:
    """An ERC-20 token."""

    address: str
    symbol: str
    decimals: int

    def parse(self, text: str) -> int:
        """Base units of an amount in token units; raises :class:`InvalidInput`."""
        return parse_amount(text, self.decimals)

    def format(self, base_units: int) -> str:
        """Text such as ``"12.5 tUSD"``."""
        return f"{format_amount(base_units, self.decimals)} {self.symbol}"


class Escrow:
    """Deposits, withdrawals, and which contracts may use an account's balance. Amounts are base units."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def token(self, address: str | None = None) -> Token:
        """Symbol and decimals of a token (the payment token by default)."""
        token = self._token(address)
        symbol, decimals = self._session.together(
            lambda: self._session.view(views.erc20.symbol(), at=token),
            lambda: self._session.view(views.erc20.decimals(), at=token),
        )
        return Token(token, printable(symbol)[:16], decimals)

    def balance(self, account: str | None = None, *, token: str | None = None) -> int:
        """What *account* (the wallet's by default) has in escrow, not counting what is tied up in deals."""
        who = account or self._session.address
        return self._session.view(views.escrow.balance_of(who, self._token(token)))

    def wallet_balance(self, account: str | None = None, *, token: str | None = None) -> int:
        """What *account* holds outside escrow."""
        holder = account or self._session.address
        return self._session.view(views.erc20.balance_of(holder), at=self._token(token))

    def operators(self, account: str | None = None, *, token: str | None = None) -> dict[str, bool]:
        """Whether each of the market's contracts may use the balance of *account*, by contract name."""
        who, address = account or self._session.address, self._token(token)
        modules = self.modules(address)
        may = self._session.each(lambda name: self._is_operator(who, name, address), modules)
        return dict(zip(modules, may, strict=True))

    def modules(self, token: str) -> tuple[str, ...]:
        """The contracts of this market that may take *token* from escrow balances."""
        tokens = self._session.deployment.tokens
        payment = () if token == tokens.staking != tokens.payment else _PAYMENT_MODULES
        staking = _STAKING_MODULES if token == tokens.staking else ()
        there = self._session.deployment.contracts
        return tuple(name for name in dict.fromkeys(payment + staking) if name in there)

    def deposit(self, amount: int, *, token: str | None = None) -> Receipt:
        """Deposit, and let the market's contracts use the balance; each later deal is then one transaction.

        Takes one transaction if the token has ERC-2612 permits; otherwise an approval goes first. The
        contracts take what their rules require for the deals that the account enters, and nothing else.

        Raises:
            InvalidInput: the amount is zero, negative, or 2^96 or more.
            ContractError: the account holds too little of the token.
        """
        if check_amount(amount) == 0:
            raise InvalidInput("There is nothing to deposit.")
        address = self._token(token)
        for permit in self._permits(address, amount):
            permitted = self._escrow.call("depositWithPermit", address, amount, *permit)
            try:
                return self._send_deposit(permitted, amount, address)
            except ContractError as error:
                if error.name != "ERC20InsufficientAllowance":
                    raise
        self._approve(address, amount)
        deposit = self._escrow.call("deposit", address, amount, self._session.address)
        return self._send_deposit(deposit, amount, address)

    def pay(
        self, module: str, order: bytes, amount: int, *, purpose: str, token: str | None = None
    ) -> Receipt:
        """Pay *amount* from the account's tokens to *module* for *order*, without a prior deposit.

        Takes one transaction if the token has ERC-2612 permits or EIP-3009 authorisations; otherwise an
        approval goes first.

        Args:
            module: name of the contract that takes the order.
            order: as that contract encodes it.
            amount: base units.
            purpose: what the payment is for; it is made only once, whatever is signed for it.
            token: the payment token by default.

        Raises:
            ContractError: the module refuses the order, or the account holds too little of the token.
            InvalidInput: this very order has already been paid by an authorisation.
        """
        address = self._token(token)
        earlier = self._session.resume("Escrow", "pay", purpose)
        if earlier is not None:
            return earlier
        to = self._session.deployment.address(module)
        for permit in self._permits(address, check_amount(amount)):
            call = self._escrow.call("pay", to, address, amount, permit, order)
            try:
                return self._send_payment(call, address, purpose)
            except ContractError as error:
                if error.name != "ERC20InsufficientAllowance":
                    raise
        authorised = self._authorised(to, address, amount, order)
        if authorised is not None:
            return self._send_payment(authorised, address, purpose)
        self._approve(address, amount)
        approved = self._escrow.call("pay", to, address, amount, NO_PERMIT, order)
        return self._send_payment(approved, address, purpose)

    def _authorised(self, module: str, token: str, amount: int, order: bytes) -> Call | None:
        """The payment by an EIP-3009 authorisation, or None if the token takes none."""
        signed = token_signatures.authorization(
            self._session, token, self._escrow.address, amount, module, order
        )
        if signed is None:
            return None
        owner = self._session.address
        return self._escrow.call("payWithAuthorization", module, token, owner, amount, signed, order)

    def _send_payment(self, call: Call, token: str, purpose: str) -> Receipt:
        call = replace(call, function="pay", purpose=purpose)  # it is the same payment either way
        try:
            return self._session.send_call(call)
        except ContractError as error:
            raise self._too_little(error, token) from error

    def approve_modules(self, *, token: str | None = None) -> Receipt | None:
        """Let the market's contracts use the balance; returns None if they already may."""
        approvals = self._approvals(self._token(token))
        if not approvals:
            return None
        return self._session.send("Escrow", "multicall", [call.data for call in approvals])

    def set_operator(self, module: str, approved: bool, *, token: str | None = None) -> Receipt:
        """Allow or forbid one contract, by name. Forbidding does not affect open deals."""
        address = self._session.deployment.address(module)
        return self._session.send("Escrow", "setOperator", address, self._token(token), approved)

    def withdraw(
        self, amount: int | None = None, *, token: str | None = None, to: str | None = None
    ) -> Receipt:
        """Withdraw *amount* (all by default) from escrow, to the account or to *to*."""
        address = self._token(token)
        wanted = self.balance(token=address) if amount is None else check_amount(amount)
        if wanted == 0:
            raise InvalidInput("There is nothing to withdraw.")
        if to is None:
            return self._session.send("Escrow", "withdraw", address, wanted)
        return self._session.send("Escrow", "withdrawTo", address, wanted, to)

    def top_up(self, amount: int, *, token: str | None = None) -> Receipt | None:
        """Make sure that the balance is at least *amount* and usable; deposits whatever is missing."""
        # so that a lagging endpoint does not cause a second deposit of what was deposited a moment ago
        held = views.escrow.balance_of(self._session.address, self._token(token))
        missing = check_amount(amount) - self._session.view_settled(held)
        return self.deposit(missing, token=token) if missing > 0 else self.approve_modules(token=token)

    def send_funded(
        self, call: Call, amount: int, *, token: str | None = None
    ) -> tuple[Receipt, Receipt | None]:
        """Send *call*, which takes *amount* from the balance; any shortfall is deposited first.

        Nothing is deposited for a call that would be refused for any reason other than lack of money.

        Returns:
            The receipts of the call and of the deposit (or approval), the latter None if none was needed.

        Raises:
            ContractError: the call would revert; nothing was sent.
        """
        earlier = self._session.transactor.resume(call)
        if earlier is not None:
            return earlier, None
        deposit = None
        try:
            self._session.simulate(call)
        except ContractError as error:
            if error.name not in LACK_OF_MONEY:
                raise
            deposit = self.top_up(amount, token=token)
        return self._session.send_call(call), deposit

    def _send_deposit(self, deposit: Call, amount: int, token: str) -> Receipt:
        approvals = self._approvals(token)
        if approvals:
            deposit = self._escrow.call("multicall", [call.data for call in (deposit, *approvals)])
        # permits and approvals differ from one attempt to the next
        deposit = replace(deposit, function="deposit", purpose=f"{amount} of {token}")
        try:
            return self._session.send_call(deposit)
        except ContractError as error:
            raise self._too_little(error, token) from error

    def _too_little(self, error: ContractError, address: str) -> ContractError:
        """*error*; if it says that the account holds too little, with the token named."""
        if error.name != "ERC20InsufficientBalance":
            return error
        token, said = self.token(address), error.arguments
        held, needed = (token.format(int(str(said[name]))) for name in ("balance", "needed"))
        return ContractError(
            f"{said['sender']} holds {held}, but {needed} are needed.",
            name=error.name,
            arguments=said,
            hint=f"Get more {token.symbol}.",
        )

    @property
    def _escrow(self) -> Contract:
        return self._session.contract("Escrow")

    def _token(self, token: str | None) -> str:
        return token or self._session.deployment.tokens.payment

    def _is_operator(self, account: str, module: str, token: str) -> bool:
        address = self._session.deployment.address(module)
        return self._session.view(views.escrow.is_operator(account, address, token))

    def _approvals(self, token: str) -> list[Call]:
        lacking = [name for name, approved in self.operators(token=token).items() if not approved]
        addresses = map(self._session.deployment.address, lacking)
        return [self._escrow.call("setOperator", address, token, True) for address in addresses]

    def _permits(self, token: str, amount: int) -> Iterator[Permit]:
        """Permits, each with the present nonce, which another program of this account may use up first.

        Empty if the token has no permits of the usual form.
        """
        for _ in range(_PERMIT_ATTEMPTS):
            permit = token_signatures.permit(self._session, token, self._escrow.address, amount)
            if permit is None:
                return
            yield permit

    def _approve(self, token: str, amount: int) -> None:
        owner, spender = self._session.address, self._escrow.address
        if self._session.view(views.erc20.allowance(owner, spender), at=token) < amount:
            erc20 = self._session.contract_at("IERC20Metadata", token)
            self._session.send_call(erc20.call("approve", spender, amount))
