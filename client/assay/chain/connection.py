"""One chain, read through its RPC endpoints. Answers are checked before anybody uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

from eth_typing import BlockNumber, ChecksumAddress, HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import (
    BlockNotFound,
    ContractLogicError,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.types import BlockIdentifier, LogReceipt, TxData, TxParams, TxReceipt

from assay.chain.deployment import Deployment
from assay.chain.known import KnownDeployments
from assay.chain.logs import Header, LogRange, LogReader, Topics
from assay.chain.provider import FailoverProvider, Tell, silent
from assay.chain.reverts import contract_error
from assay.errors import ChainError, DeploymentError, WrongChain
from assay.words.printable import printable

T = TypeVar("T")


class Connection:
    """Reads from one chain; :class:`assay.chain.transactions.Transactor` writes through it.

    Args:
        urls: RPC endpoints in order of preference.
        timeout: seconds for one answer.
        rounds: how often all endpoints are tried.
        tell: told in a sentence what is sent, and what is waited for.
    """

    def __init__(
        self, urls: Sequence[str], *, timeout: float = 20.0, rounds: int = 3, tell: Tell = silent
    ) -> None:
        self.tell = tell
        self._provider = FailoverProvider(urls, timeout=timeout, rounds=rounds, tell=tell)
        self.web3 = Web3(self._provider, middleware=[])
        self.eth = self.web3.eth
        self._logs = LogReader(self._provider)

    def close(self) -> None:
        """Close the connections to the endpoints."""
        self._provider.close()

    def chain_id(self) -> int:
        """EIP-155 id of the chain that the endpoint serves."""
        return _checked(lambda: int(self.eth.chain_id))

    def check(self, deployment: Deployment, known: KnownDeployments | None = None) -> None:
        """See that the chain is the deployment's and has its contracts.

        Args:
            known: deployments whose contracts need not be looked at again; a new one is added.

        Raises:
            WrongChain: another chain id.
            DeploymentError: an address without code.
        """
        chain_id = self.chain_id()
        if chain_id != deployment.chain_id:
            raise WrongChain(
                f"The RPC endpoint serves chain {chain_id}, the deployment is on {deployment.chain_id}.",
                hint="Change ASSAY_RPC or ASSAY_DEPLOYMENT.",
            )
        first = self.find_block(deployment.block) if known else None
        if known and first and known.has(deployment, first.hash):
            return
        tokens = {"payment token": deployment.tokens.payment, "staking token": deployment.tokens.staking}
        for name, address in (deployment.contracts | tokens).items():
            if not self.code(address):
                raise DeploymentError(
                    f"There is no contract at {address}, where {name} should be.",
                    hint="The chain was restarted or reset; deploy again.",
                )
        if known and first:
            known.add(deployment, first.hash)

    def block_number(self) -> int:
        """Number of the newest block."""
        return _checked(lambda: int(self.eth.block_number))

    def block_time(self, number: int | None = None) -> int:
        """Unix seconds of a block, the newest unless one is named."""
        return _checked(lambda: int(self.eth.get_block("latest" if number is None else number)["timestamp"]))

    def block(self, number: int) -> Header:
        """The block with this *number*; raises :class:`ChainError` when there is none."""
        found = _checked(lambda: self.eth.get_block(BlockNumber(number)))
        return _checked(lambda: Header(number, found["hash"].to_0x_hex(), int(found["timestamp"])))

    def transactions(self, number: int) -> tuple[Header, tuple[TxData, ...]]:
        """The block with this *number*, and what is in it; raises :class:`ChainError` when there is none."""
        found = _checked(lambda: self.eth.get_block(BlockNumber(number), full_transactions=True))
        return _checked(
            lambda: (
                Header(int(found["number"]), found["hash"].to_0x_hex(), int(found["timestamp"])),
                tuple(cast(Sequence[TxData], found["transactions"])),
            )
        )

    def base_fee(self) -> int:
        """Base fee of the newest block (wei a gas)."""
        return _checked(lambda: int(self.eth.get_block("latest").get("baseFeePerGas", 0)))

    def priority_fee(self) -> int:
        """What the node suggests as a tip (wei a gas)."""
        return _checked(lambda: int(self.eth.max_priority_fee))

    def code(self, address: str) -> bytes:
        """Contract code at *address*, empty for none."""
        return _checked(lambda: bytes(self.eth.get_code(_address(address))))

    def balance(self, address: str) -> int:
        """Wei held by *address*."""
        return _checked(lambda: int(self.eth.get_balance(_address(address))))

    def nonce(self, address: str, *, pending: bool = False, block: int | None = None) -> int:
        """Transactions that *address* has sent, up to a block, or with those that wait for one."""
        at: BlockIdentifier = "pending" if pending else "latest" if block is None else BlockNumber(block)
        return _checked(lambda: int(self.eth.get_transaction_count(_address(address), at)))

    def call(self, transaction: TxParams, *, contract: str = "", block: int | None = None) -> bytes:
        """Simulate on top of the newest block, or on *block*.

        Args:
            contract: the name of the called one, by whose ABI a refusal is read first.

        Raises:
            ContractError: it reverts.
        """
        # "pending" is what a transaction sent now would meet: the next block's number and time
        at: BlockIdentifier = "pending" if block is None else BlockNumber(block)
        return _checked(lambda: bytes(self.eth.call(transaction, at, ccip_read_enabled=False)), contract)

    def estimate_gas(self, transaction: TxParams, *, contract: str = "") -> int:
        """Gas that *transaction* would use now; raises like :meth:`call`."""
        return _checked(lambda: int(self.eth.estimate_gas(transaction, "pending")), contract)

    def send_raw(self, signed: bytes) -> str:
        """Hand a signed transaction to the node; its hash. Raises :class:`ChainError` when it is refused."""
        return _checked(lambda: self.eth.send_raw_transaction(signed).to_0x_hex())

    def receipt(self, tx_hash: str) -> TxReceipt | None:
        """The receipt, or none while the transaction is in no block."""
        try:
            return _checked(lambda: self.eth.get_transaction_receipt(_hash(tx_hash)))
        except _MissingError:
            return None

    def emitters(self, block_hash: str) -> set[str]:
        """Hashes of the transactions in which a contract said something, in one block."""
        found = _checked(lambda: self.eth.get_logs({"blockHash": _hash(block_hash)}))
        return _checked(lambda: {log["transactionHash"].to_0x_hex() for log in found})

    def sender(self, tx_hash: str) -> str:
        """Who signed a transaction."""
        return _checked(lambda: _address(self.eth.get_transaction(_hash(tx_hash))["from"]))

    def logs(
        self,
        address: str | Sequence[str],
        topics: Topics,
        *,
        from_block: int,
        to_block: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[LogReceipt]:
        """Logs in chain order, fetched range by range as they are taken: see :mod:`assay.chain.logs`.

        Args:
            newest_first: the other way round, so that whoever stops early has spared the node the rest.

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
        """The same logs with the ranges of blocks that they were fetched by, and each range's last block."""
        addresses = [address] if isinstance(address, str) else address
        yield from self._logs.ranges(
            addresses, topics, first=from_block, last=to_block, newest_first=newest_first
        )

    def head(self) -> Header:
        """The newest block."""
        return self._logs.head()

    def find_block(self, number: int) -> Header | None:
        """The block with this *number*; none where the chain, or the endpoint that is asked, ends before."""
        return self._logs.block(number)


class _MissingError(ChainError):
    """The node does not know the block or transaction."""


class _RefusedError(ChainError):
    """The node understood and declined."""


def _checked(read: Callable[[], T], contract: str = "") -> T:
    """Run one request and turn whatever comes of a bad answer into our exceptions."""
    try:
        return read()
    except ContractLogicError as error:
        data = error.data if isinstance(error.data, str) else ""
        raise contract_error(data, str(error), contract) from None
    except (BlockNotFound, TransactionNotFound) as error:
        raise _MissingError("The node does not know this block or transaction.") from error
    except Web3RPCError as error:
        raise _RefusedError(f"The node refuses: {_said(error)}.") from error
    except ChainError:
        raise
    except (Web3Exception, LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ChainError(
            "The RPC endpoint gave an answer that makes no sense.", hint="Use another endpoint."
        ) from error


def _said(error: Web3RPCError) -> str:
    response = error.rpc_response or {}
    detail = response.get("error")
    message = detail.get("message") if isinstance(detail, dict) else detail
    return printable(str(message or error))[:200].rstrip(".")


def _address(address: str) -> ChecksumAddress:
    return Web3.to_checksum_address(address)


def _hash(tx_hash: str) -> HexBytes:
    return HexBytes(HexStr(tx_hash))
