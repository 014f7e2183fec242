"""`market.commissions`: custom models, from the request to payment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.chain import Receipt
from assay.deal.deliveries import Deliveries
from assay.deal.keys import Keys
from assay.deal.rounds import Rounds
from assay.errors import ContractError, InvalidInput
from assay.escrow import Escrow
from assay.governance.policy import Policy
from assay.manifests import DatasetManifest
from assay.manifests.node_report import DatasetReport
from assay.markets.checks import check_data, refuse
from assay.markets.commission_reader import CommissionReader
from assay.markets.draft import Draft, fee_named, request_of
from assay.markets.local_node import LocalNode
from assay.markets.order import Order
from assay.markets.quote import Quote, break_down
from assay.markets.versions import Versions
from assay.session import Session
from assay.structs import (
    ZERO_ADDRESS,
    ZERO_DIGEST,
    Commission,
    Request,
    State,
    views,
)

if TYPE_CHECKING:
    pass

_NAME, _LENS = "CommissionMarket", "CommissionLens"
_ANY_DIGEST = b"\x01" * 32
"""Stands for the digest of a manifest that is not published yet."""
_PLACE = 0
"""Position of the data in the request to a panel."""


@dataclass(frozen=True)
class Opened:
    """A commission that was opened, and the transactions this took."""

    commission_id: int
    total: int
    receipt: Receipt
    deposit: Receipt | None


def _is_to_be_paid(deal: Commission, now: int) -> bool:
    """Whether the challenge window is over and only the payment remains."""
    return deal.state == State.CHALLENGE and not deal.cause and now >= deal.deadline


class Commissions(CommissionReader):
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
        super().__init__(session)
        self._policy, self._escrow = policy, escrow
        self._keys, self._rounds, self._deliveries = keys, rounds, Deliveries(session)
        self._unchecked = unchecked

    def check(self, order: Order, data: Path, node: LocalNode | None = None) -> DatasetReport:
        """What a panel would say of the validation data; its code runs in a local jail, and nothing is sent.

        Raises:
            CheckUnavailable: the check cannot be run on this machine.
            StoreError: the order's reference model cannot be fetched.
        """
        return check_data(order, data, node or LocalNode(), self._session.store)

    def quote(self, order: Order, *, arbitrator: str | None = None) -> Quote:
        """What opening would cost, part by part. Uploads and sends nothing.

        Raises:
            InvalidInput, ContractError: as for :meth:`draft`.
        """
        if arbitrator is not None and not self._policy.is_arbitrator(arbitrator):
            raise InvalidInput(
                f"The market does not allow the arbitrator {arbitrator}.",
                hint="Name one of its list, or none for the market's own court.",
            )
        if order.maintains is not None:
            Versions(self._session).require_maintainable(bytes.fromhex(order.maintains))
        request = self._request(order, spec=_ANY_DIGEST, dataset=_ANY_DIGEST)
        total = self._quote(request)
        customer = self._session.view(views.participant_registry.participant_of(self._session.address))
        return break_down(self._policy, request, total, customer.jurisdiction)

    def draft(
        self,
        order: Order,
        data: Path,
        *,
        arbitrator: str | None = None,
        agreement: bytes | None = None,
    ) -> Draft:
        """Check and seal the validation data, publish both manifests and get a quote. Sends no transaction.

        Data that a panel would refuse is refused here already, unless the market was connected ``unchecked``.
        The bidding times count from now, so a draft should be opened soon.

        Args:
            order: the order.
            data: the validation data, in the format that the order's evaluation names.
            arbitrator: an outside arbitrator (ERC-792) from the market's list, to rule on a dispute instead
                of the market's own court. Whoever contests or appeals pays it in the chain's currency.
            agreement: the digest of a text that developers must have signed in Agreements before they bid.

        Raises:
            InvalidInput: an invalid amount, domain or criterion, an arbitrator that the market does not
                allow, or data that a panel would refuse.
            CheckUnavailable: a panel's check cannot be run on this machine.
            ContractError: the market's rules do not allow it, or the account is not a customer.
            SealError, StoreError, ManifestError: the data or a manifest cannot be stored.
        """
        self.quote(order, arbitrator=arbitrator)  # finds what the rules forbid before anything is uploaded
        if not self._unchecked:
            refuse("data", self.check(order, data).reasons, order.evaluation.metric)
        artifact, _ = self._keys.seal(data)
        dataset = order.dataset_manifest(artifact)
        dataset_digest = self._session.publish(dataset)
        own_key = self._session.encryption_key().public_key().public_bytes_raw()
        spec = order.spec(dataset_digest, own_key, self._deliveries.next_key().point)
        request = self._request(order, spec=self._session.publish(spec), dataset=dataset_digest)
        total = self._quote(request)
        return Draft(
            spec, dataset, request.model_copy(update={"max_total": total}), total, arbitrator, agreement
        )

    def open(
        self,
        order: Order | Draft,
        data: Path | None = None,
        *,
        arbitrator: str | None = None,
        agreement: bytes | None = None,
    ) -> Opened:
        """Open a commission: draft the order (unless given a draft), deposit any shortfall, and open.

        Takes one transaction if the escrow balance suffices; otherwise a deposit goes first. *arbitrator* and
        *agreement* apply to an order; a draft has its own.

        Raises:
            InvalidInput, CheckUnavailable, ContractError, SealError, StoreError, ManifestError: as for
                :meth:`draft`.
        """
        if isinstance(order, Order):
            if data is None:
                raise InvalidInput("An order needs the file of its validation data.")
            order = self.draft(order, data, arbitrator=arbitrator, agreement=agreement)
        market, request = self._session.contract(_NAME), order.request.to_abi()
        call = (
            market.call("open", request)
            if order.arbitrator is None and order.agreement is None
            else market.call(
                "openUnder",
                request,
                order.arbitrator or ZERO_ADDRESS,
                order.agreement or ZERO_DIGEST,
            )
        )
        call = replace(call, purpose=order.purpose)
        receipt, deposit = self._escrow.send_funded(call, order.total, token=order.request.token)
        commission_id = receipt.event("CommissionOpened").arguments["id"]
        return Opened(commission_id, order.total, receipt, deposit)

    def grant_data(self, commission_id: int) -> Receipt:
        """As the customer, grant the data key to the panel (and any appeal panel), and start its work.

        The recipients' keys come from the panel's seating event, and the content key is derived from the
        wallet, so this works on any machine.

        Raises:
            SealError: this wallet did not seal the data.
            InvalidInput: the panel is not drawn yet.
            ContractError: not the customer, or not the right time.
        """
        commission = self.get(commission_id)
        key = self._keys.own(self._session.fetch(commission.request.dataset, DatasetManifest).artifact)
        if not commission.panel_id:
            raise InvalidInput(f"Commission {commission_id} has no panel yet.", hint="Advance it first.")
        return self._rounds.grant(commission.panel_id, _PLACE, key)

    def advance(self, commission_id: int) -> Receipt:
        """Take the next step that is due; anyone may call this. See :meth:`next_step`.

        Validators do so too, and are paid for it, so a refusal may mean that one of them was faster.

        Raises:
            ContractError: ``NothingDue``: the present state has time left, or somebody else has to act.
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
        """Pay everybody and mint the model after the challenge window; anyone may call this.

        Raises:
            InvalidInput: no model was submitted.
            ContractError: not the right time.
        """
        submission = self.submission(commission_id)
        return self._session.send(_NAME, "settle", commission_id, submission.to_abi())

    def _quote(self, request: Request) -> int:
        """What opening would cost; raises :class:`ContractError` if the rules do not allow it."""
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
