"""The disputes in a dossier: claim, evidence, juries, appeals, ruling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from assay.chain import Event
from assay.deal.history import History
from assay.dossier.judgements import DisputeRecord, Exhibition, Juror, JuryRound
from assay.dossier.parts import Deal
from assay.dossier.reading import Reading
from assay.judges.disputes import Submitted
from assay.manifests import DisputeEvidence
from assay.structs import Ground, Side, views

_SIDES: dict[Side, Literal["none", "customer", "developer"]] = {
    Side.NONE: "none",
    Side.CUSTOMER: "customer",
    Side.DEVELOPER: "developer",
}
_PAID = "the announced payment stood"
"""The effect of every dispute here, because a deal that a ruling ends otherwise yields no model."""


def read_disputes(reading: Reading, deal: Deal, history: History) -> Iterator[DisputeRecord]:
    """The disputes of a deal, which has been settled."""
    for opened in history.named("DisputeOpened"):
        said = opened.arguments
        resolved = next(
            event for event in history.named("DisputeResolved") if event.arguments["id"] == said["id"]
        )
        outside = said["arbitrator"] != reading.session.deployment.address("Court")
        yield DisputeRecord(
            number=said["id"],
            deal=deal.number,
            opened=reading.place(opened),
            claimant=said["claimant"],
            side="customer" if said["claimant"] == deal.customer else "developer",
            question=Ground(said["ground"]).words,
            arbitrator=said["arbitrator"],
            arbitrator_dispute=said["arbitratorDisputeId"],
            outside=outside,
            deadline=said["deadline"],
            evidence=tuple(_evidence(reading, deal, said["id"])),
            rounds=() if outside else tuple(_rounds(reading, deal, history, said["arbitratorDisputeId"])),
            ruling=_SIDES[Side(resolved.arguments["side"])],
            by_silence=resolved.arguments["expired"],
            resolved=reading.place(resolved),
            effect=_PAID,
        )


def _evidence(reading: Reading, deal: Deal, number: int) -> Iterator[Exhibition]:
    for event in reading.find("Disputes", "Evidence", evidenceGroupID=number):
        said = event.arguments
        market = reading.session.deployment.address("CommissionMarket")
        digest = Submitted(said["party"], event.block, said["evidence"], market, deal.number).digest
        reading.enclose(digest, DisputeEvidence)
        yield Exhibition(party=said["party"], evidence=digest.hex(), published=reading.place(event))


def _rounds(reading: Reading, deal: Deal, history: History, case_id: int) -> Iterator[JuryRound]:
    """The juries; who paid for one, and its cost by the deal, are recorded only once."""
    events = [event for event in history.events if event.contract == "Court"]
    asked = [event for event in events if event.name in ("DisputeCreation", "AppealDecision")]
    court = reading.session.view(views.court.dispute(case_id))
    base = reading.session.view(views.commission_market.deal_of(deal.number)).fee
    for number, (event, jury) in enumerate(zip(asked, court.rounds, strict=False)):
        about = [one for one in events if one.arguments.get("round") == number]
        ended = next((one for one in about if one.name == "RoundEnded"), None)
        yield JuryRound(
            number=number + 1,
            asked=reading.place(event),
            payer=jury.payer,
            fee=reading.session.view(views.court.jury_fee(base, number)),
            jurors=tuple(_jurors(reading, about)),
            ruling=None if ended is None else _SIDES[Side(ended.arguments["ruling"])],
            ended=None if ended is None else reading.place(ended),
        )


def _jurors(reading: Reading, about: list[Event]) -> Iterator[Juror]:
    accepted = {event.arguments["juror"] for event in about if event.name == "JurorAccepted"}
    votes = {
        event.arguments["juror"]: _SIDES[Side(event.arguments["vote"])]
        for event in about
        if event.name == "VoteRevealed"
    }
    for event in about:
        if event.name == "JurorDrawn":
            juror = event.arguments["juror"]
            yield Juror(
                account=juror,
                drawn=reading.place(event),
                accepted=juror in accepted,
                vote=votes.get(juror),
            )
