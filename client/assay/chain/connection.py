"""One chain, read through its RPC endpoints. Answers are checked before they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from assay.chain.answers import (
    Answer,
    Fields,
    Header,
    Log,
    fields,
    header,
    number,
    octets,
    quantity,
    refusal,
    revert,
    word,
)
from assay.chain.deployment import Deployment
from assay.chain.known import KnownDeployments
from assay.chain.logs import LogRange, LogReader, Scanned, Topics
from assay.chain.provider import FailoverProvider, Tell, silent
from assay.chain.reverts import contract_error
from assay.errors import ChainError, DeploymentError, WrongChain

if TYPE_CHECKING:
    from web3 import Web3

T = TypeVar("T")


class Connection:
    """Reads from one chain; :class:`assay.chain.transactions.Transactor` writes through it.

    Args:
        urls: RPC endpoints in order of preference.
        timeout: seconds for one answer.
        rounds: how often all endpoints are tried.
        tell: called with a sentence for whatever is sent or waited for.
    """

    def __init__(
        self, urls: Sequence[str], *, timeout: float = 20.0, rounds: int = 3, tell: Tell = silent
    ) -> None:
        self.tell = tell
        self._provider = FailoverProvider(urls, timeout=timeout, rounds=rounds, tell=tell)
        self._logs = LogReader(self._provider)

    @property
    def scanned(self) -> Scanned:
        """Called with the progress of event queries."""
        return self._logs.scanned

    @scanned.setter
    def scanned(self, told: Scanned) -> None:
        self._logs.scanned = told

    @cached_property
    def web3(self) -> Web3:
        """A web3.py client over the same endpoints. It is used for sending, but not for reading."""
        from assay.chain.web3_provider import web3_over

        return web3_over(self._provider)

    def close(self) -> None:
        """Close the connections to the endpoints."""
        self._provider.close()

    def together(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """What each of *works* returns. They run concurrently, and their reads are batched into few requests.

        Raises:
            Exception: whatever the first one that failed raised.
        """
        return self._provider.together(works)

    def chain_id(self) -> int:
        """EIP-155 id of the chain that the endpoint serves."""
        return self._read(quantity, "eth_chainId")

    def check(self, deployment: Deployment, known: KnownDeployments | None = None) -> None:
        """Check that the chain is the deployment's and has its contracts.

        Args:
            known: deployments whose contracts need not be checked again; a new one is added.

        Raises:
            WrongChain: the chain id differs.
            DeploymentError: an address has no code.
        """
        chain_id, first = self._identity(deployment.block if known else None)
        if chain_id != deployment.chain_id:
            raise WrongChain(
                f"The RPC endpoint serves chain {chain_id}, the deployment is on {deployment.chain_id}.",
                hint="Change ASSAY_RPC or ASSAY_DEPLOYMENT.",
            )
        if known and first and known.has(deployment, first.hash):
            return
        tokens = {"payment": deployment.tokens.payment, "staking": deployment.tokens.staking}
        named = {f"the {name} token": address for name, address in tokens.items()}
        named |= {
            name: address
            for name, address in deployment.contracts.items()
            if address not in tokens.values()  # already named above by their use in the market
        }
        codes = self.together([partial(self.code, address) for address in named.values()])
        for (name, address), code in zip(named.items(), codes, strict=True):
            if not code:
                raise DeploymentError(
                    f"There is no contract at {address}, where {name} should be.",
                    hint="The RPC endpoint serves another chain than the deployment file's, or its chain was "
                    "reset. Check ASSAY_RPC and ASSAY_DEPLOYMENT.",
                )
        if known and first:
            known.add(deployment, first.hash)

    def block_number(self) -> int:
        """Number of the newest block."""
        return self._read(number, "eth_blockNumber")

    def block_time(self, number: int | None = None) -> int:
        """Unix seconds of a block, the newest unless one is named."""
        return self._block(header, number).at

    def block(self, number: int) -> Header:
        """The block with this *number*; raises :class:`ChainError` if there is none."""
        return self._block(header, number)

    def blocks(self, numbers: Sequence[int]) -> list[Header]:
        """The blocks with these *numbers*, all from one endpoint; raises as :meth:`block` does."""
        asked = [(_at(number), False) for number in numbers]
        answers = self._provider.request_each("eth_getBlockByNumber", asked)
        return [_parsed(header, answer) for answer in answers]

    def transactions(self, number: int) -> tuple[Header, tuple[Fields, ...]]:
        """The block with this *number* and its transactions; raises :class:`ChainError` if there is none."""

        def parse(raw: Any) -> tuple[Header, tuple[Fields, ...]]:
            return header(raw), tuple(fields(one) for one in raw["transactions"])

        return self._block(parse, number, True)

    def base_fee(self) -> int:
        """Base fee of the newest block (wei per gas)."""
        return self._block(lambda raw: quantity(raw.get("baseFeePerGas", "0x0")))

    def priority_fee(self) -> int:
        """The tip that the node suggests (wei per gas)."""
        return self._read(quantity, "eth_maxPriorityFeePerGas")

    def code(self, address: str) -> bytes:
        """Contract code at *address*; empty if there is none."""
        return self._read(octets, "eth_getCode", address, "latest")

    def balance(self, address: str) -> int:
        """Wei held by *address*."""
        return self._read(quantity, "eth_getBalance", address, "latest")

    def nonce(self, address: str, *, pending: bool = False, block: int | None = None) -> int:
        """How many transactions *address* has sent, up to a block or including pending ones."""
        at = "pending" if pending else _at(block)
        return self._read(quantity, "eth_getTransactionCount", address, at)

    def call(self, transaction: Fields, *, contract: str = "", block: int | None = None) -> bytes:
        """Simulate on top of the newest block, or on *block*.

        Args:
            contract: the name of the contract called, whose ABI is tried first to decode a refusal.

        Raises:
            ContractError: it reverts.
        """
        # "pending" is the state that a transaction sent now would meet: the next block's number and time
        at = _at(block, "pending")
        return self._read(octets, "eth_call", _spelt(transaction), at, contract=contract)

    def estimate_gas(self, transaction: Fields, *, contract: str = "") -> int:
        """Gas that *transaction* would use now; raises like :meth:`call`."""
        return self._read(number, "eth_estimateGas", _spelt(transaction), "pending", contract=contract)

    def send_raw(self, signed: bytes) -> str:
        """Send a signed transaction; returns its hash. Raises :class:`ChainError` if the node refuses it."""
        from assay.chain.web3_provider import send_raw

        return send_raw(self.web3, signed)

    def receipt(self, tx_hash: str) -> Fields | None:
        """The receipt, or None while the transaction is not in a block."""

        def parse(raw: Any) -> Fields | None:
            return None if raw is None else fields(raw)

        return self._read(parse, "eth_getTransactionReceipt", tx_hash)

    def emitters(self, block_hash: str) -> set[str]:
        """Hashes of the transactions in one block that emitted logs."""

        def parse(raw: Any) -> set[str]:
            return {_hash(log["transactionHash"]) for log in raw}

        return self._read(parse, "eth_getLogs", {"blockHash": block_hash})

    def logs(
        self,
        address: str | Sequence[str],
        topics: Topics,
        *,
        from_block: int,
        to_block: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Log]:
        """Logs in chain order, fetched lazily, range by range; see :mod:`assay.chain.logs`.

        Args:
            newest_first: reverse the order, so that stopping early spares the node the rest.

        Raises:
            ChainUnavailable: no endpoint gives a usable answer.
        """
        found = self.log_ranges(
            address, topics, from_block=from_block, to_block=to_block, newest_first=newest_first
        )
        for one in found:
            yield from reversed(one.logs) if newest_first else one.logs

    def log_ranges(
        self,
        address: str | Sequence[str],
        topics: Topics,
        *,
        from_block: int,
        to_block: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[LogRange]:
        """The same logs, grouped by the block ranges in which they were fetched, with each range's end."""
        addresses = [address] if isinstance(address, str) else address
        yield from self._logs.ranges(
            addresses, topics, first=from_block, last=to_block, newest_first=newest_first
        )

    def head(self) -> Header:
        """The newest block."""
        return self._logs.head()

    def find_block(self, number: int) -> Header | None:
        """The block with this *number*, or None if the chain, or the endpoint queried, does not reach it."""
        return self._logs.block(number)

    def _identity(self, number: int | None) -> tuple[int, Header | None]:
        """The chain's id, and the block with this *number* if one is given."""
        works: list[Callable[[], Any]] = [self.chain_id]
        if number is not None:
            works.append(partial(self.find_block, number))
        chain_id, first = [*self.together(works), None][:2]
        return chain_id, first

    def _block(self, parse: Callable[[Any], T], number: int | None = None, whole: bool = False) -> T:
        """A block (the newest by default) as read by *parse*; with *whole*, including its transactions."""
        return self._read(parse, "eth_getBlockByNumber", _at(number), whole)

    def _read(self, parse: Callable[[Any], T], method: str, *params: Any, contract: str | None = None) -> T:
        """One request; any bad answer raises one of our own exceptions."""
        return _parsed(parse, self._provider.request(method, *params), contract)


def _parsed(parse: Callable[[Any], T], answer: Answer, contract: str | None = None) -> T:
    if "error" in answer:
        reverted = None if contract is None else revert(answer)
        if contract is not None and reverted is not None:
            raise contract_error(*reverted, contract)
        raise ChainError(f"The node refuses: {refusal(answer)}.")
    try:
        return parse(answer["result"])
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ChainError(
            "The RPC endpoint gave an answer that makes no sense.", hint="Use another endpoint."
        ) from error


def _at(block: int | None, otherwise: str = "latest") -> str:
    return otherwise if block is None else hex(block)


def _spelt(transaction: Fields) -> dict[str, str]:
    """A transaction as JSON-RPC spells it."""
    return {name: _value(value) for name, value in transaction.items()}


def _value(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return hex(value) if isinstance(value, int) else str(value)


def _hash(text: str) -> str:
    return "0x" + word(text).hex()
