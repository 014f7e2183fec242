"""`Market`: the one door to a market, as one account or as a reader."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from assay.chain import Connection, Deployment
from assay.chain.journal import state_folder
from assay.chain.known import KnownDeployments
from assay.chain.provider import Tell, silent
from assay.errors import ContractError, JournalError
from assay.session import Session
from assay.store import ArtifactStore, BlockStore, KuboStore, store_at

if TYPE_CHECKING:
    from assay.deal.keys import Keys
    from assay.deal.rounds import Rounds
    from assay.dossier.dossiers import Dossiers
    from assay.escrow import Escrow
    from assay.governance.policy import Policy
    from assay.governance.proposals import Governance
    from assay.judges.audits import Audits
    from assay.judges.claims import Claims
    from assay.judges.conformity import Conformity
    from assay.judges.court import Court
    from assay.judges.disputes import Disputes
    from assay.judges.lineage_claims import LineageClaims
    from assay.judges.opinions import Opinions
    from assay.judges.panels import Panels
    from assay.judges.reputation import Reputation
    from assay.markets.agreements import Agreements
    from assay.markets.auctions import Auctions
    from assay.markets.bids import Bids
    from assay.markets.commissions import Commissions
    from assay.markets.goods import Goods
    from assay.markets.licences import Licences
    from assay.markets.models import Models
    from assay.markets.offers import Offers
    from assay.markets.pledges import Pledges
    from assay.markets.trials import Trials
    from assay.markets.versions import Versions
    from assay.participants import Participants
    from assay.staking import Staking
    from assay.wallet.keystore import Wallet


class Market:
    """A market on one chain; two of them in a process share nothing. Close it, or use it in a ``with``.

    Every write is simulated first, so that a doomed one costs no gas and raises
    :class:`assay.errors.ContractError` with a plain sentence; it then waits for its receipt and returns it.

    Attributes:
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
        self._unchecked = unchecked
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

    # AREAS, each imported when it is first used

    @cached_property
    def policy(self) -> Policy:
        """The market's rules."""
        from assay.governance.policy import Policy

        return Policy(self.session)

    @cached_property
    def participants(self) -> Participants:
        """Joining, accreditation, ties."""
        from assay.participants import Participants

        return Participants(self.session, self.policy)

    @cached_property
    def escrow(self) -> Escrow:
        """Deposits, withdrawals, which contracts may use a balance."""
        from assay.escrow import Escrow

        return Escrow(self.session)

    @cached_property
    def keys(self) -> Keys:
        """The content keys of one's own artifacts, and those granted."""
        from assay.deal.keys import Keys

        return Keys(self.session)

    @cached_property
    def rounds(self) -> Rounds:
        """What panels are asked, grants to them, appeals."""
        from assay.deal.rounds import Rounds

        return Rounds(self.session, self.escrow, self.keys)

    @cached_property
    def agreements(self) -> Agreements:
        """Texts that parties sign, and who has signed which."""
        from assay.markets.agreements import Agreements

        return Agreements(self.session)

    @cached_property
    def bids(self) -> Bids:
        """Sealed bids on commissions."""
        from assay.markets.bids import Bids

        return Bids(self.session, self.escrow)

    @cached_property
    def commissions(self) -> Commissions:
        """Custom models, from the request to payment."""
        from assay.markets.commissions import Commissions

        return Commissions(
            self.session, self.policy, self.escrow, self.keys, self.rounds, unchecked=self._unchecked
        )

    @cached_property
    def models(self) -> Models:
        """Submitting, delivering, opening and refuting models."""
        from assay.markets.models import Models

        return Models(self.session, self.keys, self.rounds, unchecked=self._unchecked)

    @cached_property
    def claims(self) -> Claims:
        """Evidence, by watermarks, that a model was made from another."""
        from assay.judges.claims import Claims

        return Claims(self.session, self.keys)

    @cached_property
    def goods(self) -> Goods:
        """What may be sold, and what its sales owe."""
        from assay.markets.goods import Goods

        return Goods(self.session)

    @cached_property
    def licences(self) -> Licences:
        """Buying models, opening what was bought, delivering what was sold."""
        from assay.markets.licences import Licences

        return Licences(self.session, self.escrow, self.policy, self.models)

    @cached_property
    def offers(self) -> Offers:
        """Offering tested models."""
        from assay.markets.offers import Offers

        return Offers(self.session, self.escrow, self.policy, self.models, self.licences)

    @cached_property
    def auctions(self) -> Auctions:
        """Licences that are sold to the highest of sealed bids."""
        from assay.markets.auctions import Auctions

        return Auctions(self.session, self.escrow)

    @cached_property
    def versions(self) -> Versions:
        """Which version of a maintained model follows which, and what it changes."""
        from assay.markets.versions import Versions

        return Versions(self.session)

    @cached_property
    def trials(self) -> Trials:
        """Licences that are bought if the model passes on the buyer's own hidden data."""
        from assay.markets.trials import Trials

        return Trials(
            self.session,
            self.policy,
            self.escrow,
            self.keys,
            self.rounds,
            self.models,
            unchecked=self._unchecked,
        )

    @cached_property
    def pledges(self) -> Pledges:
        """Agreements with a bond behind them, which a breach costs."""
        from assay.markets.pledges import Pledges

        return Pledges(self.session, self.escrow)

    @cached_property
    def audits(self) -> Audits:
        """Auditors, their material, their verdicts."""
        from assay.judges.audits import Audits

        return Audits(self.session, self.policy, self.escrow, self.keys, self.rounds)

    @cached_property
    def opinions(self) -> Opinions:
        """What auditors of one's own choice say."""
        from assay.judges.opinions import Opinions

        return Opinions(self.session, self.escrow, self.keys, self.models)

    @cached_property
    def court(self) -> Court:
        """The jurors' pool, seats and votes."""
        from assay.judges.court import Court

        return Court(self.session, self.escrow)

    @cached_property
    def disputes(self) -> Disputes:
        """Contested deals, evidence, appeals."""
        from assay.judges.disputes import Disputes

        return Disputes(self.session, self.escrow, self.court)

    @cached_property
    def lineage_claims(self) -> LineageClaims:
        """Claims that a model was made from another one and does not say so."""
        from assay.judges.lineage_claims import LineageClaims

        return LineageClaims(self.session, self.escrow, self.disputes)

    @cached_property
    def conformity(self) -> Conformity:
        """Third-party test sets, and how models stand on them."""
        from assay.judges.conformity import Conformity

        return Conformity(
            self.session,
            self.policy,
            self.escrow,
            self.keys,
            self.models,
            self.rounds,
            unchecked=self._unchecked,
        )

    @cached_property
    def reputation(self) -> Reputation:
        """What participants have done, scores, ratings."""
        from assay.judges.reputation import Reputation

        return Reputation(self.session, self.policy)

    @cached_property
    def dossiers(self) -> Dossiers:
        """The documents of a model for regulators, and the check of one."""
        from assay.dossier.dossiers import Dossiers

        return Dossiers(self.session)

    @cached_property
    def staking(self) -> Staking:
        """Validators' stakes."""
        from assay.staking import Staking

        return Staking(self.session, self.escrow)

    @cached_property
    def oracle(self) -> Panels:
        """Panels, requests, reports."""
        from assay.judges.panels import Panels

        return Panels(self.session)

    @cached_property
    def governance(self) -> Governance:
        """Seats, proposals and votes by which the rules change."""
        from assay.governance.proposals import Governance

        return Governance(self.session, self.policy, self.escrow)


def _known(state: Path | None) -> KnownDeployments:
    try:
        return KnownDeployments((state or state_folder()) / "deployments")
    except JournalError:
        return KnownDeployments(None)
