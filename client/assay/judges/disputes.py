"""`market.disputes`: contesting the announced end of a deal, evidence, appeals, rulings."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from assay.chain import Receipt
from assay.errors import ChainError, ChainUnavailable, InvalidInput
from assay.escrow import Escrow
from assay.judges.court import Court, deal_of
from assay.manifests import DisputeEvidence, Exhibit, Part
from assay.manifests.fields import Line, Prose
from assay.manifests.files import load_document
from assay.session import Session
from assay.structs import (
    ZERO_ADDRESS,
    Case,
    CourtDispute,
    CourtState,
    DisputableDeal,
    DisputeStatus,
    Ground,
    Side,
    views,
)
from assay.structs.view import View
from assay.words.amounts import format_amount

_NAME, _MARKET = "Disputes", "CommissionMarket"
_URI = re.compile(r"ipfs://f01551220([0-9a-f]{64})", re.ASCII)  # a CID in base 16, as the contract writes it


class Claim(Part):
    """What a party writes; the published evidence adds what the chain knows. All of it becomes public."""

    claim: Line
    statement: Prose = ""
    exhibits: Annotated[tuple[Exhibit, ...], Field(max_length=50)] = ()

    @classmethod
    def load(cls, path: Path) -> Claim:
        """Read a claim from a JSON file; raises :class:`InvalidInput`."""
        return load_document(path, cls)


@dataclass(frozen=True)
class Opened:
    """A dispute that was opened."""

    dispute_id: int
    receipt: Receipt


@dataclass(frozen=True)
class Outside:
    """What an outside arbitrator says about a dispute; the market does not vouch for it.

    Attributes:
        ruling: the present ruling; of no effect until the arbitrator delivers it to the market.
        appeal_cost: wei; 0 if it cannot be appealed.
        appeal_until: Unix seconds, at most the dispute's deadline; 0 if it cannot be appealed.
    """

    status: DisputeStatus
    ruling: Side
    appeal_cost: int = 0
    appeal_until: int = 0


@dataclass(frozen=True)
class Dispute:
    """A dispute as it stands.

    Attributes:
        deal: what its market says about the deal.
        court: its state in the market's own court; None under an outside arbitrator.
        fee: cost of appealing the present ruling, base units of the deal's token; 0 under an outside
        arbitrator.
        outside: what an outside arbitrator says about it; None for the court, or if its answer cannot be
            read.
    """

    dispute_id: int
    case: Case
    deal: DisputableDeal
    court: CourtDispute | None
    fee: int
    outside: Outside | None = None


@dataclass(frozen=True)
class Submitted:
    """One piece of evidence: who published it, in which block, where it is, and on whose deal.

    Attributes:
        market: the contract whose deal it is.
    """

    party: str
    block: int
    uri: str
    market: str
    deal_id: int

    @property
    def digest(self) -> bytes:
        """The evidence's digest; raises :class:`InvalidInput` unless it is where this market keeps it."""
        found = _URI.fullmatch(self.uri)
        if found is None:
            raise InvalidInput("The evidence's IPFS address does not have this market's form.")
        return bytes.fromhex(found[1])


class Disputes:
    """Disputes of commissions and other deals with an announced end. Whoever contests pays for it.

    A jury of the market's own court is paid in the deal's token. An outside arbitrator charges as much of the
    chain's currency as it likes, so it is never paid more than the caller allows (*max_cost*).
    """

    def __init__(self, session: Session, escrow: Escrow, court: Court) -> None:
        self._session, self._escrow, self._court = session, escrow, court

    def open(
        self, deal_id: int, ground: Ground, claim: Claim, *, max_cost: int = 0, contract: str = _MARKET
    ) -> Opened:
        """Contest the announced end of a commission in time, as its customer or developer.

        The jury's fee is taken from the escrow balance, which is topped up if too small.

        Args:
            max_cost: the most that an outside arbitrator may be paid, wei.
            contract: name of the market's contract whose deal it is, if it is not a commission.

        Raises:
            ContractError: not a party, not the right time, too few jurors, or too little money.
            InvalidInput: the outside arbitrator charges more than *max_cost*.
            StoreError: the evidence cannot be published.
        """
        market = self._session.deployment.address(contract)
        terms = deal_of(self._session, market, deal_id)
        arbitrator = None if terms.arbitrator == ZERO_ADDRESS else terms.arbitrator
        cost = self._cost(arbitrator, max_cost, views.arbitrator.arbitration_cost(b"")) if arbitrator else 0
        digest = self._publish(market, deal_id, claim)
        call = self._session.contract(_NAME).call("open", market, deal_id, ground, digest)
        call = replace(call, purpose=_purpose(deal_id, market))
        if arbitrator:
            receipt = self._session.send_call(replace(call, value=cost))
        else:
            fee = self._court.jury_fee(terms.fee, 0)
            receipt, _ = self._escrow.send_funded(call, fee, token=terms.token)
        return _opened(receipt)

    def resume(self, deal_id: int, contract: str) -> Opened | None:
        """The dispute opened by a command that did not finish, or None if there is none."""
        purpose = _purpose(deal_id, self._session.deployment.address(contract))
        earlier = self._session.resume(_NAME, "open", purpose)
        return None if earlier is None else _opened(earlier)

    def submit(self, dispute_id: int, claim: Claim) -> Receipt:
        """Publish further evidence, as a party; raises :class:`ContractError` after the ruling."""
        case = self._case(dispute_id)
        digest = self._publish(case.market, case.deal_id, claim)
        return self._session.send(_NAME, "submitEvidence", dispute_id, digest)

    def appeal(self, dispute_id: int, *, max_cost: int = 0) -> Receipt:
        """Appeal the present ruling, as a party; the larger jury or arbitrator is paid as for :meth:`open`.

        Raises:
            ContractError: it cannot be appealed (now), or the account has too little money.
            InvalidInput: the outside arbitrator charges more than *max_cost* wei.
        """
        case, call = self._case(dispute_id), self._session.contract(_NAME).call("appeal", dispute_id)
        if not self._is_inside(case):
            asked = views.arbitrator.appeal_cost(case.arbitrator_dispute_id, b"")
            cost = self._cost(case.arbitrator, max_cost, asked)
            return self._session.send_call(replace(call, value=cost))
        terms = deal_of(self._session, case.market, case.deal_id)
        return self._escrow.send_funded(call, self.get(dispute_id).fee, token=terms.token)[0]

    def advance(self, dispute_id: int) -> Receipt:
        """Take the court's next step, or apply the default if an arbitrator stayed silent; anyone may.

        Raises:
            ContractError: nothing is due.
            InvalidInput: the dispute is over, or the outside arbitrator still has time.
        """
        case = self._case(dispute_id)
        if not case.resolved and self._session.now() >= case.deadline:
            return self._session.send(_NAME, "expire", dispute_id)
        if self._is_over(case):
            side = self.ruling(dispute_id)
            whom = f"the {side.words}" if side else "nobody"
            raise InvalidInput(f"Dispute {dispute_id} was resolved for {whom}; nothing is left to do.")
        if not self._is_inside(case):
            raise InvalidInput(f"Dispute {dispute_id} waits for its arbitrator, {case.arbitrator}.")
        return self._court.advance(case.arbitrator_dispute_id)

    def get(self, dispute_id: int) -> Dispute:
        """A dispute as it stands; raises :class:`ContractError` if there is none."""
        case = self._case(dispute_id)
        deal = deal_of(self._session, case.market, case.deal_id)
        if not self._is_inside(case):
            return Dispute(dispute_id, case, deal, None, 0, self._said_by(case))
        court = self._court.get(case.arbitrator_dispute_id)
        return Dispute(dispute_id, case, deal, court, self._court.jury_fee(deal.fee, court.round + 1))

    def ruling(self, dispute_id: int) -> Side | None:
        """For whom a dispute was resolved, by a ruling or by silence; None while it is not resolved."""
        resolved = next(self._session.events.find(_NAME, "DisputeResolved", id=dispute_id), None)
        return None if resolved is None else Side(resolved.arguments["side"])

    def list(self, *, commission_id: int | None = None) -> Iterator[Dispute]:
        """All disputes, or those of one commission."""
        market = None if commission_id is None else self._session.deployment.address(_MARKET)
        opened = self._session.events.find(_NAME, "DisputeOpened", market=market, dealId=commission_id)
        return self._session.each(lambda event: self.get(event.arguments["id"]), opened)

    def of_commission(self, commission_id: int) -> int:
        """The number of a commission's dispute; raises :class:`InvalidInput` if there is none."""
        found = next(self.list(commission_id=commission_id), None)
        if found is None:
            raise InvalidInput(f"Commission {commission_id} is not disputed.")
        return found.dispute_id

    def submitted(self, dispute_id: int) -> builtins.list[Submitted]:
        """Where the evidence is, in the order in which it was published."""
        events = self._session.events.find(_NAME, "Evidence", evidenceGroupID=dispute_id)
        case = self._case(dispute_id)
        return [
            Submitted(
                event.arguments["party"], event.block, event.arguments["evidence"], case.market, case.deal_id
            )
            for event in events
        ]

    def read(self, evidence: Submitted) -> DisputeEvidence:
        """Fetch and check one piece of evidence.

        Raises:
            InvalidInput: it is not where this market keeps evidence, or belongs to another party or deal.
            StoreError, ManifestError: it cannot be fetched, or is malformed.
        """
        found = self._session.fetch(evidence.digest, DisputeEvidence)
        about = (self._session.deployment.chain_id, evidence.market, evidence.deal_id, evidence.party)
        if (found.chain_id, found.market, found.deal_id, found.party) != about:
            raise InvalidInput("It is evidence of another party, or about another deal.")
        return found

    def _publish(self, market: str, deal_id: int, claim: Claim) -> bytes:
        return self._session.publish(
            DisputeEvidence(
                chain_id=self._session.deployment.chain_id,
                market=market,
                deal_id=deal_id,
                party=self._session.address,
                claim=claim.claim,
                statement=claim.statement,
                exhibits=claim.exhibits,
            )
        )

    def _case(self, dispute_id: int) -> Case:
        return self._session.view(views.disputes.dispute_of(dispute_id))

    def _said_by(self, case: Case) -> Outside | None:
        """What an arbitrator's contract says; being untrusted, it may answer anything or nothing."""
        arbitrator, number = case.arbitrator, case.arbitrator_dispute_id
        try:
            ruling = self._session.view(views.arbitrator.current_ruling(number), at=arbitrator)
            said = Outside(
                self._session.view(views.arbitrator.dispute_status(number), at=arbitrator),
                Side(ruling) if ruling in list(Side) else Side.NONE,  # as the contract reads it
            )
            if said.status != DisputeStatus.APPEALABLE:
                return said
            cost = self._session.view(views.arbitrator.appeal_cost(number, b""), at=arbitrator)
            period = self._session.view(views.arbitrator.appeal_period(number), at=arbitrator)
            return replace(said, appeal_cost=cost, appeal_until=min(period.end, case.deadline))
        except ChainUnavailable:
            raise
        except ChainError:
            return None

    def _cost(self, arbitrator: str, max_cost: int, asked: View[int]) -> int:
        """What an outside arbitrator charges, in wei."""
        cost = self._session.view(asked, at=arbitrator)
        if cost > max_cost:
            raise InvalidInput(
                f"The arbitrator {arbitrator} asks for {format_amount(cost, 18)} of the chain's currency; "
                f"{format_amount(max_cost, 18)} is allowed.",
                hint="Allow it with --max-cost, if it is worth that.",
            )
        return cost

    def _is_over(self, case: Case) -> bool:
        """Whether it is resolved and no jury awaits its pay, as may happen if silence resolved it first."""
        if not case.resolved or not self._is_inside(case):
            return case.resolved
        return self._court.get(case.arbitrator_dispute_id).state >= CourtState.RULING

    def _is_inside(self, case: Case) -> bool:
        return case.arbitrator == self._session.deployment.address("Court")


def _purpose(deal_id: int, market: str) -> str:
    return f"dispute of {deal_id} in {market}"


def _opened(receipt: Receipt) -> Opened:
    return Opened(receipt.event("DisputeOpened").arguments["id"], receipt)
