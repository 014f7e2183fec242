"""`market.commissions`: custom models, from the request to payment."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.chain import Receipt
from assay.deal.deliveries import Deliveries
from assay.deal.history import History, read_history
from assay.deal.keys import Keys
from assay.deal.metric import metric_of
from assay.deal.next_step import NextStep, next_step
from assay.deal.payments import Payments, payments
from assay.deal.refusals import Refusal, refusals
from assay.deal.rounds import Rounds
from assay.deal.timeline import Step, timeline
from assay.errors import ContractError, InvalidInput
from assay.escrow import Escrow
from assay.governance.policy import Policy
from assay.manifests import CommissionSpec, DatasetManifest
from assay.manifests.evaluation import Metric
from assay.manifests.node_report import DatasetReport
from assay.manifests.reason import Reason
from assay.markets.checks import check_data, refuse
from assay.markets.draft import Draft, fee_named, request_of
from assay.markets.local_node import LocalNode
from assay.markets.order import Order
from assay.markets.quote import Quote, break_down
from assay.session import Session
from assay.structs import (
    ZERO_ADDRESS,
    Commission,
    Listing,
    Request,
    State,
    Submission,
    views,
)
from assay.words.reasons import sentences

if TYPE_CHECKING:
    from assay.wallet.keystore import Wallet

_NAME, _LENS = "CommissionMarket", "CommissionLens"
_ANY_DIGEST = b"\x01" * 32
"""Of a manifest that is not published yet."""
_PAGE = 250
"""Commissions of a list that one request asks for: 8 million gas, where nodes allow 50."""
_PLACE = 0
"""Of the data in the question to a panel."""


@dataclass(frozen=True)
class Opened:
    """A commission that was opened, and the transactions that it took."""

    commission_id: int
    total: int
    receipt: Receipt
    deposit: Receipt | None


def _is_to_be_paid(deal: Commission, now: int) -> bool:
    """Whether the challenge window is over and nothing but the payment is left."""
    return deal.state == State.CHALLENGE and not deal.cause and now >= deal.deadline


class Commissions:
    """Opening, following and finishing commissions. Amounts are base units of the commission's token."""

    def __init__(
        self,
        session: Session,
        policy: Policy,
        escrow: Escrow,
        keys: Keys,
        rounds: Rounds,
        *,
        unchecked: bool = False,
    ) -> None:
        self._session, self._policy, self._escrow = session, policy, escrow
        self._keys, self._rounds, self._deliveries = keys, rounds, Deliveries(session)
        self._unchecked = unchecked

    def check(self, order: Order, data: Path, node: LocalNode | None = None) -> DatasetReport:
        """What a panel would say of the validation data; its code runs in a jail here, and nothing is sent.

        Raises:
            CheckUnavailable: that cannot be found out on this machine.
            StoreError: the order's reference model cannot be fetched.
        """
        return check_data(order, data, node or LocalNode(), self._session.store)

    def quote(self, order: Order, *, arbitrator: str | None = None) -> Quote:
        """What opening would take, and for what. Uploads and sends nothing.

        Raises:
            InvalidInput, ContractError: as for :meth:`draft`.
        """
        if arbitrator is not None and not self._policy.is_arbitrator(arbitrator):
            raise InvalidInput(
                f"The market does not allow the arbitrator {arbitrator}.",
                hint="Name one of its list, or none for the market's own court.",
            )
        request = self._request(order, spec=_ANY_DIGEST, dataset=_ANY_DIGEST)
        total = self._quote(request)
        customer = self._session.view(views.participant_registry.participant_of(self._session.address))
        return break_down(self._policy, request, total, customer.jurisdiction)

    def draft(self, order: Order, data: Path, *, arbitrator: str | None = None) -> Draft:
        """Check and seal the validation data, publish both manifests and ask for a quote. No transaction.

        Data that a panel would refuse is refused first, unless the market was connected ``unchecked``. The
        bidding times count from now; a draft is to be opened soon.

        Args:
            order: what is asked for.
            data: the validation data, in the format that the order's evaluation names.
            arbitrator: an outside arbitrator (ERC-792) from the market's list, to rule on a dispute in place
                of the market's own court. It is paid in the chain's currency by whoever contests or appeals.

        Raises:
            InvalidInput: an amount, domain or criterion that cannot be right, an arbitrator that the market
                does not allow, or data that a panel would refuse.
            CheckUnavailable: what a panel would say cannot be found out on this machine.
            ContractError: the market's rules do not allow it, or the account is no customer.
            SealError, StoreError, ManifestError: the data or a manifest cannot be stored.
        """
        self.quote(order, arbitrator=arbitrator)  # what the rules forbid is found before anything is uploaded
        if not self._unchecked:
            refuse("data", self.check(order, data).reasons, order.evaluation.metric)
        artifact, _ = self._keys.seal(data)
        dataset = order.dataset_manifest(artifact)
        dataset_digest = self._session.publish(dataset)
        own_key = self._session.encryption_key().public_key().public_bytes_raw()
        spec = order.spec(dataset_digest, own_key, self._deliveries.next_key().point)
        request = self._request(order, spec=self._session.publish(spec), dataset=dataset_digest)
        total = self._quote(request)
        return Draft(spec, dataset, request.model_copy(update={"max_total": total}), total, arbitrator)

    def open(
        self, order: Order | Draft, data: Path | None = None, *, arbitrator: str | None = None
    ) -> Opened:
        """Open a commission: draft it (unless it is one), deposit what the balance lacks, and open.

        One transaction where the escrow balance suffices, else a deposit goes first. An *arbitrator* is for
        an order; a draft has its own.

        Raises:
            InvalidInput, CheckUnavailable, ContractError, SealError, StoreError, ManifestError: as for
                :meth:`draft`.
        """
        if isinstance(order, Order):
            if data is None:
                raise InvalidInput("An order needs the file of its validation data.")
            order = self.draft(order, data, arbitrator=arbitrator)
        market, request = self._session.contract(_NAME), order.request.to_abi()
        call = (
            market.call("open", request)
            if order.arbitrator is None
            else market.call("openUnder", request, order.arbitrator)
        )
        call = replace(call, purpose=order.purpose)
        receipt, deposit = self._escrow.send_funded(call, order.total, token=order.request.token)
        commission_id = receipt.event("CommissionOpened").arguments["id"]
        return Opened(commission_id, order.total, receipt, deposit)

    def get(self, commission_id: int) -> Commission:
        """The commission as it stands; raises :class:`ContractError` when there is none."""
        return self._session.view(views.commission_lens.commission(commission_id))

    def arbitrator(self, commission_id: int) -> str | None:
        """The outside arbitrator that the commission named when it opened; none for the market's court."""
        named = self._session.view(views.commission_market.deal_of(commission_id)).arbitrator
        return None if named == ZERO_ADDRESS else named

    def count(self) -> int:
        """Commissions so far; they are numbered from 1."""
        return self._session.view(views.commission_market.commission_count())

    def list(self, *, customer: str | None = None) -> Iterator[Listing]:
        """All commissions, or one customer's, the newest first.

        They are read as they are taken, some hundred a request: who stops early has the older ones not read.
        A page is ``itertools.islice(commissions.list(), 50)``.
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
        """What its scores measure, from storage; none where the spec cannot be had."""
        return metric_of(self._session, self.get(commission_id).request.spec, CommissionSpec)

    def dataset(self, commission_id: int) -> DatasetManifest:
        """The manifest of the hidden validation data."""
        return self._session.fetch(self.get(commission_id).request.dataset, DatasetManifest)

    def grant_data(self, commission_id: int) -> Receipt:
        """As the customer, grant the data key to the panel (and an appeal's panel), and start its work.

        Recipients' keys are those of the panel's seating event; the content key is derived from the wallet.
        So this works on any machine.

        Raises:
            SealError: this wallet has not sealed the data.
            InvalidInput: the panel is not drawn yet.
            ContractError: not the customer, or not the time for it.
        """
        commission = self.get(commission_id)
        key = self._keys.own(self._session.fetch(commission.request.dataset, DatasetManifest).artifact)
        if not commission.panel_id:
            raise InvalidInput(f"Commission {commission_id} has no panel yet.", hint="Advance it first.")
        return self._rounds.grant(commission.panel_id, _PLACE, key)

    def advance(self, commission_id: int) -> Receipt:
        """Take the next step that is due, whoever calls: see :meth:`next_step`.

        Validators do so as well, and are paid for it, so a refusal may mean that one of them was faster.

        Raises:
            ContractError: ``NothingDue``: the present state runs on, or somebody else has to act.
        """
        try:
            return self._session.send(_NAME, "advance", commission_id)
        except ContractError as error:
            if error.name != "NothingDue":
                raise
            commission = self.get(commission_id)
            if _is_to_be_paid(commission, self._session.now()):
                return self.settle(commission_id)
            case_id = self._court_case(commission_id)
            if case_id is not None:
                return self._session.send("Court", "advance", case_id)
            raise

    def settle(self, commission_id: int) -> Receipt:
        """Pay everybody and mint the model after the challenge window; anyone may.

        Raises:
            InvalidInput: nothing was submitted.
            ContractError: not the time for it.
        """
        submission = self.submission(commission_id)
        return self._session.send(_NAME, "settle", commission_id, submission.to_abi())

    def submission(self, commission_id: int) -> Submission:
        """What was last submitted, from its event; raises :class:`InvalidInput` when nothing was."""
        events = list(self._session.events.find(_NAME, "ModelSubmitted", id=commission_id))
        if not events:
            raise InvalidInput(f"Nothing has been submitted to commission {commission_id}.")
        return Submission.model_validate(events[-1].arguments["submission"])

    def next_step(self, commission_id: int) -> NextStep:
        """Who has to do what by when, in words, from the chain alone."""
        return next_step(self._session, commission_id, self.get(commission_id))

    def history(self, commission_id: int) -> History:
        """All that the contracts said about the commission."""
        return read_history(self._session, commission_id)

    def timeline(
        self, commission_id: int, refused: Sequence[Refusal] = (), *, history: History | None = None
    ) -> builtins.list[Step]:
        """Its transactions with times, actors and gas, from logs and receipts alone.

        What :meth:`refusals` found is told beside the panel's answers. A *history* at hand is not read again.
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

        The customer reads what is wrong with its data, the developer what is wrong with its model, and of the
        other's each reads an outline. Without a wallet only the statuses are there.
        A *history* at hand is not read again.
        """
        key = None
        if wallet is not None or self._session.has_wallet:
            key = self._session.encryption_key(wallet)
        return list(refusals(self._session, history or self.history(commission_id), key))

    def payments(self, commission_id: int) -> Payments:
        """Who paid and got what, from Escrow's events alone; sums to zero for each token."""
        return payments(self._session, self.history(commission_id))

    def _quote(self, request: Request) -> int:
        """What opening would take; raises :class:`ContractError` when the rules do not allow it."""
        try:
            return self._session.view(views.commission_lens.quote(request, self._session.address))
        except ContractError as error:
            raise fee_named(error, request, self._escrow.token(request.token)) from error

    def _request(self, order: Order, *, spec: bytes, dataset: bytes) -> Request:
        token, domain = self._escrow.token(order.token), self._policy.domain_id(order.domain)
        return request_of(order, spec, dataset, token=token, domain=domain, now=self._session.now())

    def _court_case(self, commission_id: int) -> int | None:
        """The number of a disputed deal's case in the market's own court."""
        if self.get(commission_id).state != State.DISPUTED:
            return None
        market = self._session.deployment.address(_NAME)
        disputes = self._session.events.find("Disputes", "DisputeOpened", market=market, dealId=commission_id)
        opened = next(disputes).arguments
        inside = opened["arbitrator"] == self._session.deployment.address("Court")
        return int(opened["arbitratorDisputeId"]) if inside else None
