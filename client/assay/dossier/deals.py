"""One commission in a dossier: order, rules, bids, attempts, reports, delivery, timeline, payments."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from assay.chain import Event
from assay.deal.history import History, read_history, unscored
from assay.deal.payments import Entry, payments
from assay.deal.timeline import timeline
from assay.dossier.parts import (
    Attempt,
    Bids,
    Deal,
    Handover,
    Payment,
    Place,
    Round,
    Rules,
    Said,
    Step,
)
from assay.dossier.reading import Reading
from assay.errors import InvalidInput
from assay.governance.policy import Policy
from assay.manifests import CommissionSpec, DatasetManifest, ModelManifest, ValidationReport
from assay.manifests.evaluation import Metric, ReportStatus
from assay.structs import Kind, Outcome, PanelTerms, Request, RiskClass, Submission, views

_SLASHED = "slashed stake"  # what assay.deal.payments calls a validator's loss
_KINDS: dict[Kind, Literal["attestation", "evaluation"]] = {
    Kind.VERDICT: "attestation",
    Kind.SCORE: "evaluation",
}
_STATUS: dict[ReportStatus, Literal["silent", "answered", "cannot open", "unstable", "rejected"]] = {
    ReportStatus.NONE: "silent",
    ReportStatus.ANSWERED: "answered",
    ReportStatus.CANNOT_OPEN: "cannot open",
    ReportStatus.UNSTABLE: "unstable",
    ReportStatus.REJECTED: "rejected",
}


def history_of(reading: Reading, number: int) -> History:
    """Everything that the contracts had recorded about a commission by the dossier's block."""
    history = read_history(reading.session, number)
    return dataclasses.replace(history, events=tuple(reading.until(history.events)))


def read_deal(reading: Reading, history: History) -> Deal:
    """The deal, which has been settled.

    Raises:
        InvalidInput: it had not been settled by the dossier's block.
    """
    opened, awarded, settled = (_the(history, name) for name in ("CommissionOpened", "Awarded", "Settled"))
    request = Request.model_validate(opened.arguments["request"])
    submission = Submission.model_validate(_last(history, "ModelSubmitted").arguments["submission"])
    spec = reading.enclose(request.spec, CommissionSpec)
    metric = spec.evaluation.metric if isinstance(spec, CommissionSpec) else None
    reading.enclose(request.dataset, DatasetManifest)
    entries = [
        entry for entry in payments(reading.session, history).entries if entry.block <= reading.block.number
    ]
    return Deal(
        number=history.commission_id,
        opened=reading.place(opened),
        settled=reading.place(settled),
        customer=opened.arguments["customer"],
        developer=awarded.arguments["developer"],
        payees=submission.payees,
        domain=Policy(reading.session).domain_name(request.domain),
        request=request,
        rules=_rules(reading, history, request),
        bids=Bids(
            bidders=tuple(event.arguments["bidder"] for event in history.named("BidCommitted")),
            revealed=sum(1 for _ in history.named("BidRevealed")),
            price=awarded.arguments["price"],
        ),
        fee=settled.arguments["fee"],
        returned=settled.arguments["returned"],
        delivery=_handover(reading, _last(history, "Delivered")),
        attempts=tuple(_attempts(reading, history)),
        rounds=tuple(_rounds(reading, history, entries)),
        timeline=tuple(_timeline(reading, history, metric)),
        payments=tuple(_payment(reading, entry) for entry in entries),
    )


def _rules(reading: Reading, history: History, request: Request) -> Rules:
    """The Policy rules that the deal keeps, and the risk class as it was when the deal opened."""
    kept = reading.session.view(views.commission_lens.commission(history.commission_id))
    opened = _the(history, "CommissionOpened")
    rule = reading.last("Policy", "RiskClassSet", before=opened, riskClass=request.risk_class)
    if rule is None:
        raise InvalidInput(
            f"Risk class {request.risk_class} was never set: these are not one market's contracts."
        )
    risk_class = RiskClass.model_validate(rule.arguments["rule"])
    named = reading.last("Policy", "ConformitySetSet", before=opened, domain=request.domain)
    return Rules(
        fee_ppm=kept.fee_ppm,
        panel_size=kept.panel_size,
        audits=kept.audits,
        timeouts=kept.timeouts,
        panel=PanelTerms.model_validate(next(history.named("PanelOpened")).arguments["terms"]),
        risk_class=risk_class,
        conformity_set=named.arguments["setId"] if named and risk_class.third_party else 0,
    )


def _attempts(reading: Reading, history: History) -> Iterator[Attempt]:
    evaluated = {event.arguments["attempt"]: event.arguments for event in history.named("Evaluated")}
    without_score = {event.arguments["attempt"] for event in unscored(history.events)}
    for event in history.named("ModelSubmitted"):
        number, submission = event.arguments["attempt"], event.arguments["submission"]
        reading.enclose(submission["manifest"], ModelManifest)
        result = evaluated.get(number, {"score": None, "criteria": 0, "passed": False})
        yield Attempt(
            number=number,
            manifest=submission["manifest"].hex(),
            submitted=reading.place(event),
            score=None if number in without_score else result["score"],
            criteria=result["criteria"],
            passed=result["passed"],
        )


def _handover(reading: Reading, delivered: Event) -> Handover:
    return Handover(
        key_hash=delivered.arguments["keyHash"].hex(),
        ciphertext=delivered.arguments["ciphertext"].hex(),
        delivered=reading.place(delivered),
    )


def _rounds(reading: Reading, history: History, entries: list[Entry]) -> Iterator[Round]:
    """Requests to panels, each with the members at the time of the request."""
    seated: dict[int, list[str]] = {}
    asked: dict[int, tuple[list[str], list[bytes]]] = {}
    artifacts: list[bytes] = []
    for event in history.events:
        panel = event.arguments.get("panelId", 0)
        if event.name == "PanelSeated":
            seated[panel] = list(event.arguments["members"])
        elif event.name == "SeatVacated":
            seated[panel] = [one for one in seated[panel] if one != event.arguments["member"]]
        elif event.name == "Asked":
            artifacts = list(event.arguments["question"]["artifacts"])
        elif event.name == "VotingBegan":
            asked[event.arguments["requestId"]] = (seated[panel], artifacts)
    for event in history.named("VotingBegan"):
        request = event.arguments["requestId"]
        about = [one for one in history.events if one.arguments.get("requestId") == request]
        yield _round(reading, event, about, *asked[request], entries)


def _round(
    reading: Reading,
    asked: Event,
    about: list[Event],
    members: list[str],
    artifacts: list[bytes],
    entries: list[Entry],
) -> Round:
    """The result is the one by which the panel was judged: that of its appeal, if there was one."""
    judged = [event for event in about if event.name == "Judged"]
    result: Mapping[str, Any] = (
        judged[-1].arguments["result"] if judged else {"outcome": 0, "scores": (), "criteria": 0}
    )
    reports = {
        event.arguments["validator"]: event.arguments["report"]
        for event in about
        if event.name == "ReportRevealed"
    }
    kind = Kind(asked.arguments["terms"]["kind"])
    for member in members:
        reading.enclose(reports.get(member, {"manifest": bytes(32)})["manifest"], ValidationReport)
    final = {event.tx_hash for event in judged}
    return Round(
        request=asked.arguments["requestId"],
        panel=asked.arguments["panelId"],
        kind=_KINDS[kind],
        artifacts=tuple(bytes(one).hex() for one in artifacts),
        asked=reading.place(asked),
        outcome=Outcome(result["outcome"]).words,
        score=_only(result["scores"]),
        criteria=result["criteria"],
        said=tuple(
            _said(
                member,
                reports.get(member),
                sum(
                    -entry.amount
                    for entry in entries
                    if (entry.account, entry.purpose) == (member, _SLASHED) and entry.tx_hash in final
                ),
            )
            for member in members
        ),
    )


def _said(member: str, report: Mapping[str, Any] | None, slashed: int) -> Said:
    said = report or {"status": ReportStatus.NONE, "scores": (), "criteria": 0, "manifest": bytes(32)}
    return Said(
        validator=member,
        status=_STATUS[ReportStatus(said["status"])],
        score=_only(said["scores"]),
        criteria=said["criteria"],
        manifest=bytes(said["manifest"]).hex(),
        slashed=slashed,
    )


def _only(scores: Sequence[int]) -> int:
    """The single score that a commission's panel is asked for; 0 if none was given."""
    return scores[0] if scores else 0


def _timeline(reading: Reading, history: History, metric: Metric | None) -> Iterator[Step]:
    for step in timeline(reading.session, history, metric):
        yield Step(
            place=Place(block=step.block, at=step.at, transaction=step.tx_hash),
            what=step.step,
            actor=step.actor,
            state=None if step.state is None else step.state.words,
        )


def _payment(reading: Reading, entry: Entry) -> Payment:
    return Payment(
        place=Place(block=entry.block, at=reading.time(entry.block), transaction=entry.tx_hash),
        account=entry.account,
        part=entry.role,
        purpose=entry.purpose,
        token=entry.token,
        amount=entry.amount,
    )


def _the(history: History, name: str) -> Event:
    event = next(history.named(name), None)
    if event is None:
        raise InvalidInput(f"Commission {history.commission_id} was not settled by this block.")
    return event


def _last(history: History, name: str) -> Event:
    *_, event = history.named(name)
    return event
