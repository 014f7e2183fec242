"""`Market`: the one door to a market, as one account or as a reader."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from assay.chain import Connection, Deployment
from assay.chain.journal import state_folder
from assay.chain.known import KnownDeployments
from assay.chain.provider import Tell, silent
from assay.deal.keys import Keys
from assay.deal.rounds import Rounds
from assay.dossier.dossiers import Dossiers
from assay.errors import ContractError, JournalError
from assay.escrow import Escrow
from assay.governance.policy import Policy
from assay.governance.proposals import Governance
from assay.judges.audits import Audits
from assay.judges.conformity import Conformity
from assay.judges.court import Court
from assay.judges.disputes import Disputes
from assay.judges.opinions import Opinions
from assay.judges.panels import Panels
from assay.judges.reputation import Reputation
from assay.markets.bids import Bids
from assay.markets.commissions import Commissions
from assay.markets.models import Models
from assay.participants import Participants
from assay.session import Session
from assay.staking import Staking
from assay.store import ArtifactStore, BlockStore, KuboStore, store_at
from assay.wallet.keystore import Wallet


class Market:
    """A market on one chain; two of them in a process share nothing. Close it, or use it in a ``with``.

    Every write is simulated first, so that a doomed one costs no gas and raises
    :class:`assay.errors.ContractError` with a plain sentence; it then waits for its receipt and returns it.

    Attributes:
        participants: joining, accreditation, ties.
        escrow: deposits, withdrawals, which contracts may use a balance.
        commissions: custom models, from the request to payment.
        bids: sealed bids on commissions.
        models: submitting, delivering, opening and refuting models.
        audits: auditors, their material, their verdicts.
        opinions: what auditors of one's own choice say.
        disputes: contested deals, evidence, appeals.
        court: the jurors' pool, seats and votes.
        conformity: third-party test sets, and how models stand on them.
        reputation: what participants have done, scores, ratings.
        dossiers: the documents of a model for regulators, and the check of one.
        policy: the market's rules.
        governance: seats, proposals and votes by which the rules change.
        staking: validators' stakes.
        oracle: panels, requests, reports.
        rounds: what panels are asked, grants to them, appeals.
        keys: the content keys of one's own artifacts, and those granted.
        session: connection, contracts and wallet, for what the areas do not offer.
    """

    def __init__(
        self,
        session: Session,
        *,
        owned_store: KuboStore | BlockStore | None = None,
        unchecked: bool = False,
    ) -> None:
        self.session = session
        self._owned_store = owned_store
        self.policy = Policy(session)
        self.participants = Participants(session, self.policy)
        self.escrow = Escrow(session)
        self.keys = Keys(session)
        self.rounds = Rounds(session, self.escrow, self.keys)
        self.bids = Bids(session, self.escrow)
        self.commissions = Commissions(
            session, self.policy, self.escrow, self.keys, self.rounds, unchecked=unchecked
        )
        self.models = Models(session, self.keys, self.rounds, unchecked=unchecked)
        self.audits = Audits(session, self.policy, self.escrow, self.keys, self.rounds)
        self.opinions = Opinions(session, self.escrow, self.keys, self.models)
        self.court = Court(session, self.escrow)
        self.disputes = Disputes(session, self.escrow, self.court)
        self.conformity = Conformity(session, self.policy, self.escrow, self.keys, self.models, self.rounds)
        self.reputation = Reputation(session, self.policy)
        self.dossiers = Dossiers(session)
        self.staking = Staking(session, self.escrow)
        self.oracle = Panels(session)
        self.governance = Governance(session, self.policy, self.escrow)
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
            rpc: one or several RPC endpoints; the next is asked when one does not answer.
            deployment: the contracts' addresses, or the file that names them.
            wallet: whose account acts; without one the market can only be read.
            store: where manifests and artifacts are, or the name of a place (:func:`assay.store.store_at`);
                without one, only what is on-chain can be read.
            timeout: seconds for one answer of an endpoint.
            rounds: how often all endpoints are tried before giving up.
            tell: told in a sentence what is sent, and what is waited for.
            state: folder of the journal of what is sent, and of what was seen of the chain; by default
                ``ASSAY_STATE``, or one in the user's home. All programs of an account on one machine should
                share it.
            unchecked: do not find out beforehand, on this machine, whether a panel would refuse an order's
                data or a model. Otherwise ``commissions.draft`` and ``open`` and ``models.submit`` do, which
                takes the validation node (``pip install 'assay[node]'``, Linux only).

        Raises:
            ChainUnavailable: no endpoint answers.
            WrongChain: they serve another chain than the deployment's.
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
        """The account; raises :class:`assay.errors.WalletError` when there is none."""
        return self.session.address

    def close(self) -> None:
        """Close the connections; a store that the caller made stays open."""
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
