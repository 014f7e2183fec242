"""All that the contracts said about one commission, from the chain's logs alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assay.chain import Event
from assay.errors import InvalidInput
from assay.session import Session
from assay.structs import Outcome

_PANEL_EVENTS = {"PanelOpened", "PanelArmed", "PanelSeated", "SeatVacated", "PanelDissolved"}


@dataclass(frozen=True)
class History:
    """The events of one commission in chain order, and the numbers under which its parts run."""

    commission_id: int
    auction_id: int
    panel_ids: tuple[int, ...]
    request_ids: tuple[int, ...]
    audit_ids: tuple[int, ...]
    case_ids: tuple[int, ...]
    """Of its dispute in the market's own court."""
    events: tuple[Event, ...]

    def named(self, name: str) -> Iterator[Event]:
        """The events *name*."""
        return (event for event in self.events if event.name == name)


def read_history(session: Session, commission_id: int) -> History:
    """Collect the events of a commission, its auction, panels, requests, audits and dispute.

    Raises:
        InvalidInput: there is no such commission.
    """
    own = list(session.events.about("CommissionMarket", word(commission_id)))
    opened = next((event for event in own if event.name == "CommissionOpened"), None)
    if opened is None:
        raise InvalidInput(f"There is no commission {commission_id}.")
    start, auction_id = opened.block, opened.arguments["auctionId"]
    panel_ids = [event.arguments["panelId"] for event in own if event.name == "PanelAssigned"]
    audit_ids = [event.arguments["auditId"] for event in own if event.name == "AuditAssigned"]

    events = own + list(session.events.about("VickreyAuction", word(auction_id), from_block=start))
    for panel_id in tuple(panel_ids):
        asked = list(session.events.about("Rounds", word(panel_id), from_block=start))
        panel_ids += [event.arguments["appealPanelId"] for event in asked if event.name == "Appealed"]
        events += asked
    request_ids = []
    for panel_id in panel_ids:
        voted = session.events.find("ValidationOracle", "VotingBegan", from_block=start, panelId=panel_id)
        requests = [event.arguments["requestId"] for event in voted]
        request_ids += requests
        events += _of_oracle(session, panel_id, True, start)
        for request_id in requests:
            events += _of_oracle(session, request_id, False, start)
    events += _deliveries(session, commission_id, start)
    for audit_id in audit_ids:
        events += session.events.about("AuditRegistry", word(audit_id), from_block=start)
    case_ids = []
    for disputed in _disputes(session, commission_id, start):
        events += session.events.about("Disputes", word(disputed.arguments["id"]), from_block=start)
        if disputed.arguments["arbitrator"] == session.deployment.address("Court"):
            case_ids.append(disputed.arguments["arbitratorDisputeId"])
    for case_id in case_ids:
        events += session.events.about("Court", word(case_id), from_block=start)
    events.sort(key=lambda event: (event.block, event.log_index))
    return History(
        commission_id,
        auction_id,
        tuple(panel_ids),
        tuple(request_ids),
        tuple(audit_ids),
        tuple(case_ids),
        tuple(events),
    )


def unscored(events: Iterable[Event]) -> list[Event]:
    """The Evaluated events of attempts without a score: the 0 in them is none."""
    events = list(events)
    refused = {
        event.tx_hash
        for event in events
        if event.name == "Answered" and event.arguments["answer"]["outcome"] != Outcome.ANSWERED
    }
    return [event for event in events if event.name == "Evaluated" and event.tx_hash in refused]


def word(number: int) -> bytes:
    """An id as an indexed argument, and as the name of its hold."""
    return number.to_bytes(32, "big")


def _disputes(session: Session, commission_id: int, start: int) -> list[Event]:
    market = session.deployment.address("CommissionMarket")
    found = session.events.find(
        "Disputes", "DisputeOpened", from_block=start, market=market, dealId=commission_id
    )
    return list(found)


def _of_oracle(session: Session, number: int, panel: bool, start: int) -> Iterator[Event]:
    """What the oracle said about a panel, or about a request: their numbers are alike."""
    for event in session.events.about("ValidationOracle", word(number), from_block=start):
        if (event.name in _PANEL_EVENTS) == panel:
            yield event


def _deliveries(session: Session, commission_id: int, start: int) -> Iterator[Event]:
    market = session.deployment.address("CommissionMarket")
    for name in ("Delivered", "Refuted"):
        yield from session.events.find(
            "Deliveries", name, from_block=start, market=market, dealId=commission_id
        )
