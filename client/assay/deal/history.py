"""Everything that the contracts recorded about one commission, from the chain's logs alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from assay.chain import Event
from assay.errors import InvalidInput
from assay.session import Session
from assay.structs import Outcome

_PANEL_EVENTS = {"PanelOpened", "PanelArmed", "PanelSeated", "SeatVacated", "PanelDissolved"}


@dataclass(frozen=True)
class History:
    """The events of one commission in chain order, and the numbers of its panels, requests and disputes."""

    commission_id: int
    auction_id: int
    panel_ids: tuple[int, ...]
    request_ids: tuple[int, ...]
    audit_ids: tuple[int, ...]
    case_ids: tuple[int, ...]
    """Numbers of its disputes in the market's own court."""
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
    own_panels = [event.arguments["panelId"] for event in own if event.name == "PanelAssigned"]
    audit_ids = [event.arguments["auditId"] for event in own if event.name == "AuditAssigned"]

    auction, deliveries, audits, panels, disputes = session.together(
        lambda: _about(session, "VickreyAuction", auction_id, start),
        lambda: _deliveries(session, commission_id, start),
        lambda: list(session.each(lambda number: _about(session, "AuditRegistry", number, start), audit_ids)),
        lambda: list(session.each(lambda panel_id: _panels(session, panel_id, start), own_panels)),
        lambda: _disputes(session, commission_id, start),
    )
    events = [*own, *auction, *deliveries, *chain.from_iterable(audits)]
    panel_ids, request_ids, case_ids = list(own_panels), [], []
    for found, appeals, requests in panels:
        events += found
        panel_ids += appeals
        request_ids += requests
    for found, cases in disputes:
        events += found
        case_ids += cases
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
    """The Evaluated events of attempts without a score; the 0 in them is not a score."""
    events = list(events)
    refused = {
        event.tx_hash
        for event in events
        if event.name == "Answered" and event.arguments["answer"]["outcome"] != Outcome.ANSWERED
    }
    return [event for event in events if event.name == "Evaluated" and event.tx_hash in refused]


def word(number: int) -> bytes:
    """An id as an indexed argument, which is also the name of its hold."""
    return number.to_bytes(32, "big")


def _disputes(session: Session, commission_id: int, start: int) -> list[tuple[list[Event], list[int]]]:
    """The events of each dispute, and its number in the market's own court."""
    market = session.deployment.address("CommissionMarket")
    opened = session.events.find(
        "Disputes", "DisputeOpened", from_block=start, market=market, dealId=commission_id
    )

    def told(dispute: Event) -> tuple[list[Event], list[int]]:
        inside = dispute.arguments["arbitrator"] == session.deployment.address("Court")
        case_ids = [dispute.arguments["arbitratorDisputeId"]] if inside else []
        places = [("Disputes", dispute.arguments["id"]), *(("Court", case_id) for case_id in case_ids)]
        found = session.each(lambda place: _about(session, *place, start), places)
        return list(chain.from_iterable(found)), case_ids

    return list(session.each(told, opened))


def _panels(session: Session, panel_id: int, start: int) -> tuple[list[Event], list[int], list[int]]:
    """The events of a deal's panel and its appeal panels; these panels, and all their requests."""
    asked, (voted, requests) = session.together(
        lambda: _about(session, "Rounds", panel_id, start), lambda: _votes(session, panel_id, start)
    )
    appeals = [event.arguments["appealPanelId"] for event in asked if event.name == "Appealed"]
    events = asked + voted
    for found, more in session.each(lambda appeal: _votes(session, appeal, start), appeals):
        events += found
        requests = requests + more
    return events, appeals, requests


def _votes(session: Session, panel_id: int, start: int) -> tuple[list[Event], list[int]]:
    """The oracle's events about a panel and its requests, and the requests' numbers."""

    def requests() -> list[int]:
        voted = session.events.find("ValidationOracle", "VotingBegan", from_block=start, panelId=panel_id)
        return [event.arguments["requestId"] for event in voted]

    events, numbers = session.together(lambda: _of_oracle(session, panel_id, True, start), requests)
    found = session.each(lambda number: _of_oracle(session, number, False, start), numbers)
    return [*events, *chain.from_iterable(found)], numbers


def _of_oracle(session: Session, number: int, panel: bool, start: int) -> list[Event]:
    """The oracle's events about a panel or a request, whose numbers look alike."""
    found = _about(session, "ValidationOracle", number, start)
    return [event for event in found if (event.name in _PANEL_EVENTS) == panel]


def _deliveries(session: Session, commission_id: int, start: int) -> list[Event]:
    market = session.deployment.address("CommissionMarket")

    def named(name: str) -> list[Event]:
        found = session.events.find("Deliveries", name, from_block=start, market=market, dealId=commission_id)
        return list(found)

    return list(chain.from_iterable(session.each(named, ("Delivered", "Refuted"))))


def _about(session: Session, contract: str, number: int, start: int) -> list[Event]:
    return list(session.events.about(contract, word(number), from_block=start))
