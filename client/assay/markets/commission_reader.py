"""What anyone can read about commissions, from the chain and from storage."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assay.deal.history import History, read_history
from assay.deal.metric import metric_of
from assay.deal.next_step import NextStep, next_step
from assay.deal.payments import Payments, payments
from assay.deal.refusals import Refusal, refusals
from assay.deal.timeline import Step, timeline
from assay.errors import InvalidInput
from assay.manifests import CommissionSpec, DatasetManifest
from assay.manifests.evaluation import Metric
from assay.manifests.reason import Reason
from assay.session import Session
from assay.structs import ZERO_ADDRESS, Commission, Listing, Submission, views
from assay.words.reasons import sentences

if TYPE_CHECKING:
    from assay.wallet.keystore import Wallet

_NAME = "CommissionMarket"
_PAGE = 250
"""Commissions fetched by one request: about 8 million gas, while nodes allow 50 million."""


class CommissionReader:
    """Commissions as they stand, and what has happened in them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, commission_id: int) -> Commission:
        """The commission as it stands; raises :class:`ContractError` if there is none."""
        return self._session.view(views.commission_lens.commission(commission_id))

    def arbitrator(self, commission_id: int) -> str | None:
        """The outside arbitrator that the commission named when it opened; None means the market's court."""
        named = self._session.view(views.commission_market.deal_of(commission_id)).arbitrator
        return None if named == ZERO_ADDRESS else named

    def count(self) -> int:
        """The number of commissions so far; they are numbered from 1."""
        return self._session.view(views.commission_market.commission_count())

    def list(self, *, customer: str | None = None) -> Iterator[Listing]:
        """All commissions, or one customer's, newest first.

        They are read lazily, a few hundred per request, so stopping early leaves the older ones unread.
        ``itertools.islice(commissions.list(), 50)`` gives one page.
        """
        newest = self.count()
        for last in range(newest, 0, -_PAGE):
            first = max(1, last - _PAGE + 1)
            page = self._session.view(views.commission_lens.listings(first, last - first + 1))
            yield from (one for one in reversed(page) if customer in (None, one.customer))

    def spec(self, commission_id: int) -> CommissionSpec:
        """The order as it was published."""
        return self._session.fetch(self.get(commission_id).request.spec, CommissionSpec)

    def metric(self, commission_id: int) -> Metric | None:
        """What its scores measure, from storage, or None if the spec cannot be fetched."""
        return metric_of(self._session, self.get(commission_id).request.spec, CommissionSpec)

    def dataset(self, commission_id: int) -> DatasetManifest:
        """The manifest of the hidden validation data."""
        return self._session.fetch(self.get(commission_id).request.dataset, DatasetManifest)

    def submission(self, commission_id: int) -> Submission:
        """The latest submission, from its event; raises :class:`InvalidInput` if there is none."""
        events = list(self._session.events.find(_NAME, "ModelSubmitted", id=commission_id))
        if not events:
            raise InvalidInput(f"Nothing has been submitted to commission {commission_id}.")
        return Submission.model_validate(events[-1].arguments["submission"])

    def next_step(self, commission_id: int) -> NextStep:
        """Who has to do what by when, in words, from the chain alone."""
        return next_step(self._session, commission_id, self.get(commission_id))

    def history(self, commission_id: int) -> History:
        """Everything that the contracts have recorded about the commission."""
        return read_history(self._session, commission_id)

    def timeline(
        self, commission_id: int, refused: Sequence[Refusal] = (), *, history: History | None = None
    ) -> builtins.list[Step]:
        """Its transactions with times, actors and gas, from logs and receipts alone.

        What :meth:`refusals` found is shown beside the panel's answers. A given *history* is not read again.
        """
        metric, found = self._session.together(
            lambda: self.metric(commission_id), lambda: history or self.history(commission_id)
        )
        said: dict[int, builtins.list[Reason]] = {}
        for one in refused:
            said.setdefault(one.request_id, []).extend(one.reasons or ())
        why = {request_id: sentences(reasons, metric) for request_id, reasons in said.items()}
        return timeline(self._session, found, metric, why)

    def refusals(
        self, commission_id: int, *, wallet: Wallet | None = None, history: History | None = None
    ) -> builtins.list[Refusal]:
        """Why the panel gave no answer, as far as a *wallet* may read it (the session's by default).

        The customer can read what is wrong with its data, the developer what is wrong with its model, and
        each sees an outline of the other's. Without a wallet, only the statuses are available. A given
        *history* is not read again.
        """
        key = None
        if wallet is not None or self._session.has_wallet:
            key = self._session.encryption_key(wallet)
        return list(refusals(self._session, history or self.history(commission_id), key))

    def payments(self, commission_id: int) -> Payments:
        """Who paid and received what, from Escrow's events alone; sums to zero for each token."""
        return payments(self._session, self.history(commission_id))
