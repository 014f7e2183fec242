"""The audits of a dossier: seats, refusals, verdicts, outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.chain import Event
from assay.deal.history import word
from assay.dossier.judgements import AuditRecord, Opinion, Refusal, Seat
from assay.dossier.reading import Reading
from assay.manifests import AuditReport
from assay.structs import AuditOutcome, AuditTerms, Conflict

_NAME = "AuditRegistry"


def audits_on(reading: Reading, manifest: str) -> set[int]:
    """Numbers of the audits, whoever requested them, in which a verdict on this version was posted."""
    found = reading.find(_NAME, "VerdictPosted", subject=bytes.fromhex(manifest))
    return {event.arguments["auditId"] for event in found}


def read_audit(reading: Reading, number: int) -> AuditRecord:
    """One audit, from its events."""
    events = reading.until(reading.session.events.about(_NAME, word(number)))
    requested = next(event for event in events if event.name == "AuditRequested")
    decided = next((event for event in events if event.name == "AuditDecided"), None)
    sealed = {event.arguments["auditor"]: event for event in _named(events, "VerdictSealed")}
    return AuditRecord(
        number=number,
        subject=requested.arguments["terms"]["subject"].hex(),
        opener=requested.arguments["opener"],
        deal=requested.arguments["dealId"],
        requested=reading.place(requested),
        terms=AuditTerms.model_validate(requested.arguments["terms"]),
        seats=tuple(_seat(reading, event, sealed) for event in _named(events, "AuditorSeated")),
        refused=tuple(_refusals(events)),
        silent=tuple(event.arguments["auditor"] for event in _named(events, "AuditorReplaced")),
        opinions=tuple(read_verdict(reading, event) for event in _named(events, "VerdictPosted")),
        outcome=AuditOutcome(decided.arguments["outcome"] if decided else 0).words,
        decided=None if decided is None else reading.place(decided),
    )


def _seat(reading: Reading, drawn: Event, sealed: Mapping[str, Event]) -> Seat:
    said, seal = drawn.arguments, sealed.get(drawn.arguments["auditor"])
    return Seat(
        number=said["seat"],
        auditor=said["auditor"],
        seated=reading.place(drawn),
        sealed=None if seal is None else reading.place(seal),
    )


def _refusals(events: list[Event]) -> Iterator[Refusal]:
    for event in events:
        said = event.arguments
        match event.name:
            case "CandidateRefused":
                why = Conflict(said["conflict"]).words
            case "CandidateOverShare":
                why = "share of its fees"
            case _:
                continue
        yield Refusal(candidate=said["candidate"], party=said["party"], conflict=why)


def read_verdict(reading: Reading, posted: Event) -> Opinion:
    """What an auditor posted, in an audit or as an opinion."""
    said = posted.arguments
    reading.enclose(said["report"], AuditReport)
    return Opinion(
        auditor=said["auditor"],
        approved=said["approved"],
        report=said["report"].hex(),
        expires=said["expires"],
        posted=reading.place(posted),
    )


def _named(events: list[Event], name: str) -> Iterator[Event]:
    return (event for event in events if event.name == name)
