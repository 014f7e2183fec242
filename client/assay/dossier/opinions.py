"""The opinions in a dossier: who ordered which from whom, for how much, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from assay.chain import Event
from assay.deal.history import word
from assay.dossier.audits import read_verdict
from assay.dossier.judgements import Acceptance, OpinionRecord
from assay.dossier.parts import ModelVersion
from assay.dossier.reading import Reading
from assay.structs import OpinionOffer

_NAME = "Opinions"
_STATES: dict[str, Literal["offered", "accepted", "posted", "withdrawn"]] = {
    "OpinionOffered": "offered",
    "AuditorNamed": "offered",
    "OpinionAccepted": "accepted",
    "OpinionPosted": "posted",
    "OpinionWithdrawn": "withdrawn",
}


def read_opinions(reading: Reading, versions: Iterable[ModelVersion]) -> Iterator[OpinionRecord]:
    """The opinions in the deals of *versions* that an auditor has accepted.

    Offers that nobody accepted are left out, because anyone can make any number of them.
    """
    deals = {(one.module, one.deal) for one in versions}
    taken = {event.arguments["opinionId"] for event in reading.find(_NAME, "OpinionAccepted")}
    for event in reading.find(_NAME, "OpinionOffered"):
        offer = OpinionOffer.model_validate(event.arguments["offer"])
        if event.arguments["opinionId"] in taken and (offer.market, offer.deal_id) in deals:
            yield _opinion(reading, event, offer)


def _opinion(reading: Reading, offered: Event, offer: OpinionOffer) -> OpinionRecord:
    number = offered.arguments["opinionId"]
    events = reading.until(reading.session.events.about(_NAME, word(number)))
    states = [_STATES[event.name] for event in events if event.name in _STATES]
    posted = next((event for event in events if event.name == "OpinionPosted"), None)
    return OpinionRecord(
        number=number,
        subject=offer.subject.hex(),
        market=offer.market,
        deal=offer.deal_id,
        asker=offered.arguments["asker"],
        asked=reading.place(offered),
        token=offer.token,
        fee=offer.fee,
        window=offer.window,
        auditors=tuple(
            Acceptance(auditor=event.arguments["auditor"], accepted=reading.place(event))
            for event in events
            if event.name == "OpinionAccepted"
        ),
        state=states[-1],
        posted=None if posted is None else read_verdict(reading, posted),
    )
