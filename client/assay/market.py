"""`Market`: the single entry point to a market, as one account or as a reader."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from assay.areas import Areas
from assay.chain import Connection, Deployment
from assay.chain.journal import state_folder
from assay.chain.known import KnownDeployments
from assay.chain.provider import Tell, silent
from assay.errors import ContractError, JournalError
from assay.session import Session
from assay.store import ArtifactStore, BlockStore, KuboStore, store_at

if TYPE_CHECKING:
    from assay.wallet.keystore import Wallet


class Market(Areas):
    """A market on one chain; two in one process share nothing. Close it, or use it in a ``with`` statement.

    Every write is simulated first, so that one that would fail costs no gas and raises
    :class:`assay.errors.ContractError` in plain words. The write then waits for its receipt and returns it.

    Attributes:
        session: connection, contracts and wallet, for anything the areas do not offer.
    """

    def __init__(
        self,
        session: Session,
        *,
        owned_store: KuboStore | BlockStore | None = None,
        unchecked: bool = False,
    ) -> None:
        super().__init__(session, unchecked=unchecked)
        self._owned_store = owned_store
        session.retell = self._retold

    @classmethod
    def connect(
        cls,
        rpc: str | Sequence[str],
        *,
        deployment: Deployment | Path,
        wallet: Wallet | None = None,
        store: ArtifactStore | str | None = None,
        timeout: float = 20.0,
        rounds: int = 3,
        tell: Tell = silent,
        state: Path | None = None,
        unchecked: bool = False,
    ) -> Market:
        """Open a market.

        Args:
            rpc: one or more RPC endpoints; if one does not answer, the next is tried.
            deployment: the contracts' addresses, or the file that names them.
            wallet: whose account acts; without one the market can only be read.
            store: where manifests and artifacts are, or the name of a place (:func:`assay.store.store_at`);
                without it, only what is on-chain can be read.
            timeout: seconds for one answer of an endpoint.
            rounds: how often all endpoints are tried before giving up.
            tell: called with a sentence for whatever is sent or waited for.
            state: folder for the journal of sent transactions and for what has been seen of the chain; by
                default ``ASSAY_STATE``, or a folder in the user's home. All programs of an account on one
                machine should share it.
            unchecked: skip the check on this machine of whether a panel would refuse an order's data or a
                model. Otherwise ``commissions.draft``, ``commissions.open`` and ``models.submit`` run it,
                which takes the validation node (``pip install 'assay[node]'``, Linux only).

        Raises:
            ChainUnavailable: no endpoint answers.
            WrongChain: they serve a different chain from the deployment's.
            DeploymentError: the deployment file is missing or malformed, or there is no code at an address.
        """
        if isinstance(deployment, Path):
            deployment = Deployment.load(deployment)
        urls = [rpc] if isinstance(rpc, str) else rpc
        connection = Connection(urls, timeout=timeout, rounds=rounds, tell=tell)
        try:
            connection.check(deployment, _known(state))
        except BaseException:
            connection.close()
            raise
        owned = store_at(store) if isinstance(store, str) else None
        shared = None if isinstance(store, str) else store
        session = Session(connection, deployment, wallet, owned or shared, state=state)
        return cls(session, owned_store=owned, unchecked=unchecked)

    def _retold(self, error: ContractError) -> ContractError:
        from assay.governance.errors_in_words import ErrorsInWords

        return ErrorsInWords(self.session, self.governance.words)(error)

    @property
    def deployment(self) -> Deployment:
        """Where the contracts are."""
        return self.session.deployment

    @property
    def address(self) -> str:
        """The account; raises :class:`assay.errors.WalletError` if there is none."""
        return self.session.address

    def close(self) -> None:
        """Close the connections; a store created by the caller stays open."""
        self.session.connection.close()
        if self._owned_store is not None:
            self._owned_store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _known(state: Path | None) -> KnownDeployments:
    try:
        return KnownDeployments((state or state_folder()) / "deployments")
    except JournalError:
        return KnownDeployments(None)
