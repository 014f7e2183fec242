"""What all areas of a market share: the chain, the contracts, the wallet and the store of one connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial, wraps
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from assay.chain import Call, Connection, Contract, Deployment, EventReader, Receipt
from assay.errors import ContractError, InvalidInput, StoreError, WalletError
from assay.manifests import Manifest, parse, parse_any
from assay.store import ArtifactStore
from assay.store.cid import cid_of_block, digest_of
from assay.structs.view import View

if TYPE_CHECKING:
    from assay.chain.transactions import Transactor
    from assay.wallet.keystore import Wallet

M = TypeVar("M", bound=Manifest)
P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")
_PAGE = 100


def _in_words(ask: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """Decorator: a contract's refusal is rephrased by ``Session.retell``."""

    @wraps(ask)
    def asked(session: Session, /, *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return ask(session, *arguments, **named)
        except ContractError as error:
            raise session.retell(error) from error

    return asked


class Session:
    """One account (or none) on one market. Nothing here is shared with another session.

    Attributes:
        connection: reads from the chain.
        deployment: where the contracts are.
        events: finds and decodes the events that they emitted.
        retell: rephrases a contract's refusal using the market's own names.
        state: folder for what programs on this machine store; None for the user's own.
    """

    retell: Callable[[ContractError], ContractError] = staticmethod(lambda error: error)

    def __init__(
        self,
        connection: Connection,
        deployment: Deployment,
        wallet: Wallet | None,
        store: ArtifactStore | None,
        *,
        state: Path | None = None,
    ) -> None:
        self.connection, self.deployment = connection, deployment
        self.events = EventReader(connection, deployment)
        self.state = state
        self._wallet, self._store = wallet, store
        self._contracts: dict[tuple[str, str], Contract] = {}
        self._transactor: Transactor | None = None
        if wallet is not None:
            from assay.chain.transactions import Transactor

            self._transactor = Transactor(
                connection, wallet, self.events, chain_id=deployment.chain_id, folder=state
            )

    @property
    def wallet(self) -> Wallet:
        """The wallet; raises :class:`WalletError` if the market was opened without one."""
        if self._wallet is None:
            raise _no_wallet()
        return self._wallet

    @property
    def has_wallet(self) -> bool:
        """Whether the market was opened with a wallet."""
        return self._wallet is not None

    @property
    def address(self) -> str:
        """The wallet's address."""
        return self.wallet.address

    @property
    def store(self) -> ArtifactStore:
        """Artifact storage; raises :class:`StoreError` if the market was opened without one."""
        if self._store is None:
            raise StoreError("This needs artifact storage.", hint="Name an IPFS endpoint (ASSAY_IPFS).")
        return self._store

    def contract(self, name: str) -> Contract:
        """The market's contract *name*."""
        return self.contract_at(name, self.deployment.address(name))

    def contract_at(self, name: str, address: str) -> Contract:
        """A contract of kind *name* at *address*, such as a token."""
        key = (name, address)
        if key not in self._contracts:
            self._contracts[key] = Contract(self.connection, name, address)
        return self._contracts[key]

    @_in_words
    def view(self, view: View[T], *, at: str | None = None) -> T:
        """The answer of a contract's view, as the view's type.

        Args:
            view: one of :mod:`assay.structs.views`, with its arguments.
            at: the contract's address, if it is not one of the market's, such as a token.

        Raises:
            ContractError: the call reverts.
            ChainError: the answer is not of that type.
        """
        return view.typed(self._asked(view, at).read(view.function, *view.arguments))

    def view_settled(self, view: View[T]) -> T:
        """Like :meth:`view`, in a state that includes all of the wallet's transactions.

        Raises:
            WalletError: there is no wallet.
            ContractError, ChainError, TransactionPending: as :meth:`view` and :meth:`Transactor.read` do.
        """
        read = self.transactor.read(self._asked(view), view.function, *view.arguments)
        return view.typed(read)

    def _asked(self, view: View[T], at: str | None = None) -> Contract:
        return self.contract_at(view.contract, at) if at else self.contract(view.contract)

    def together(self, *works: Callable[[], Any]) -> list[Any]:
        """What each of *works* returns. They run concurrently and share their requests.

        Raises:
            Exception: whatever the first one that failed raised.
        """
        return self.connection.together(works)

    def each(self, work: Callable[[A], T], items: Iterable[A]) -> Iterator[T]:
        """What *work* returns for each item, in order; each page of items is processed concurrently."""
        remaining = iter(items)
        while page := list(islice(remaining, _PAGE)):
            yield from self.connection.together([partial(work, item) for item in page])

    def send(self, contract: str, function: str, *arguments: Any, purpose: str = "") -> Receipt:
        """Send one transaction to the market's contract *contract*; see :meth:`Transactor.send`.

        Args:
            purpose: what it is for, if its arguments differ from one attempt to the next.
        """
        call = self.contract(contract).call(function, *arguments)
        return self.send_call(replace(call, purpose=purpose))

    def resume(self, contract: str, function: str, purpose: str) -> Receipt | None:
        """The outcome of this transaction if an unfinished command sent it; see :meth:`Transactor.resume`.

        For actions that first check whether they are due, which they no longer are once they have been done.
        """
        called = Call(contract, function, self.deployment.address(contract), b"", purpose=purpose)
        return self.transactor.resume(called)

    @property
    def transactor(self) -> Transactor:
        """Sends from the wallet; raises :class:`WalletError` if there is none."""
        if self._transactor is None:
            raise _no_wallet()
        return self._transactor

    @_in_words
    def simulate(self, call: Call) -> None:
        """Raise :class:`ContractError` if *call*, sent now, would revert. Costs nothing."""
        self.transactor.simulate(call)

    @_in_words
    def send_call(self, call: Call) -> Receipt:
        """Send *call* from the wallet."""
        return self.transactor.send(call)

    def now(self) -> int:
        """The chain's time: Unix seconds of the newest block."""
        return self.connection.block_time()

    def publish(self, manifest: Manifest) -> bytes:
        """Store and pin *manifest*; returns its digest, for the chain.

        Raises:
            ManifestError: it is 1 MiB or larger.
            StoreError: it cannot be stored.
        """
        return digest_of(self.store.put_block(manifest.to_bytes()))

    def fetch(self, digest: bytes, kind: type[M]) -> M:
        """The manifest with this *digest*, verified.

        Raises:
            InvalidInput: the digest is zero, which means that there is no manifest.
            StoreError: it cannot be fetched.
            ManifestError: it is malformed or of the wrong kind.
        """
        if digest == bytes(32):
            raise InvalidInput(f"There is no {kind.__name__} yet.")
        return parse(self.store.get_block(cid_of_block(digest)), kind)

    def fetch_any(self, digest: bytes) -> Manifest:
        """The manifest with this *digest*, verified, of any kind; raises as :meth:`fetch` does."""
        if digest == bytes(32):
            raise InvalidInput("There is no manifest yet.")
        return parse_any(self.store.get_block(cid_of_block(digest)))

    def encryption_key(self, wallet: Wallet | None = None) -> X25519PrivateKey:
        """The key that opens what others seal in this market to the session's wallet, or to another one."""
        registry = self.deployment.address("ParticipantRegistry")
        return (wallet or self.wallet).encryption_key(self.deployment.chain_id, registry)


def _no_wallet() -> WalletError:
    return WalletError(
        "This needs a wallet.", hint="Name a keystore (ASSAY_KEYSTORE) or a signer (ASSAY_SIGNER)."
    )
