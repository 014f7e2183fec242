"""Who did what when in a commission, and at what gas: one row per transaction, from logs and receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from assay.chain import Event
from assay.deal.history import History, unscored
from assay.errors import ChainError
from assay.manifests.evaluation import Metric
from assay.session import Session
from assay.structs import AuditOutcome, Cause, Outcome, Side, State
from assay.words import formatting

_WORDS = {
    "CommissionOpened": "commission opened",
    "BidCommitted": "bid committed",
    "BidRevealed": "bid revealed",
    "BondReclaimed": "bond reclaimed",
    "AuctionClosed": "auction closed",
    "Awarded": "awarded",
    "PanelOpened": "panel asked for",
    "PanelArmed": "panel's draw armed",
    "PanelSeated": "panel seated",
    "SeatVacated": "member unseated",
    "VotingBegan": "panel asked",
    "ReportRevealed": "report revealed",
    "Appealed": "appealed",
    "AuditRequested": "audit asked for",
    "AuditArmed": "audit's draw armed",
    "CandidateRefused": "conflicted auditor passed over",
    "CandidateOverShare": "auditor passed over for its share of fees from a party",
    "TestSetNotPassed": "third party's test not passed in time",
    "AuditorSeated": "auditor seated",
    "AuditorReplaced": "silent auditor unseated",
    "VerdictSealed": "verdict sealed",
    "OpeningStarted": "opening of verdicts began",
    "Delivered": "key delivered",
    "Refuted": "delivery refuted by proof",
    "ArbitratorNamed": "outside arbitrator named",
    "DisputeOpened": "disputed",
    "JuryArmed": "jury's draw armed",
    "JurorDrawn": "juror drawn",
    "JurorAccepted": "juror accepted",
    "VoteRevealed": "vote revealed",
    "AppealDecision": "ruling appealed",
    "RoundSettled": "jurors paid",
    "Settled": "settled",
}


@dataclass(frozen=True)
class Step:
    """One transaction of a commission.

    Attributes:
        at: time of its block, Unix seconds.
        step: what happened, in words.
        actor: who sent it.
        gas_used: gas of the whole transaction.
        state: the commission's state afterwards, if it changed.
    """

    at: int
    block: int
    step: str
    actor: str
    tx_hash: str
    gas_used: int
    state: State | None


def timeline(
    session: Session, history: History, metric: Metric | None, why: Mapping[int, str] | None = None
) -> list[Step]:
    """The commission's transactions in chain order.

    Args:
        session: whose chain is read.
        history: what happened.
        metric: the metric by which scores are shown.
        why: reasons, where known, of requests that ended without an answer.
    """
    by_transaction: dict[str, list[Event]] = {}
    for event in history.events:
        by_transaction.setdefault(event.tx_hash, []).append(event)

    def step(tx_hash: str) -> Step:
        events = by_transaction[tx_hash]
        receipt, at = session.together(
            lambda: session.connection.receipt(tx_hash),
            lambda: session.connection.block_time(events[0].block),
        )
        if receipt is None:
            raise ChainError(f"The chain has changed under us: {tx_hash} is gone.", hint="Try again.")
        return Step(
            at=at,
            block=events[0].block,
            step=", ".join(_phrases(events, metric, why or {})),
            actor=to_checksum_address(receipt["from"]),
            tx_hash=tx_hash,
            gas_used=receipt["gasUsed"],
            state=_last_state(events),
        )

    return list(session.each(step, by_transaction))


def _phrases(events: list[Event], metric: Metric | None, why: Mapping[int, str]) -> list[str]:
    phrases = [_phrase(event, metric) for event in events if event not in unscored(events)]
    for event in events:
        if event.name == "Answered" and why.get(event.arguments["requestId"]):
            phrases.append(f"reason: {why[event.arguments['requestId']]}")
    return list(dict.fromkeys(phrase for phrase in phrases if phrase)) or ["advanced"]


def _phrase(event: Event, metric: Metric | None) -> str:
    arguments = event.arguments
    match event.name:
        case "KeysGranted":
            return f"{'model' if arguments['artifact'] else 'data'} key granted"
        case "ModelSubmitted":
            return f"model submitted (attempt {arguments['attempt']})"
        case "Evaluated":
            verdict = "passed" if arguments["passed"] else "not passed"
            return f"evaluated: {formatting.score(arguments['score'], metric)}, {verdict}"
        case "Answered":
            return f"panel's answer: {Outcome(arguments['answer']['outcome']).words}"
        case "VerdictPosted":
            return f"audit verdict: {'approved' if arguments['approved'] else 'rejected'}"
        case "AuditDecided":
            return f"audit decided: {AuditOutcome(arguments['outcome']).words}"
        case "VoteCommitted":
            return "vote committed" if event.contract == "Court" else "report committed"
        case "RoundEnded":
            return f"jury's ruling: {_for(arguments['ruling'])}"
        case "DisputeResolved":
            silent = "arbitrator silent, " if arguments["expired"] else ""
            return f"dispute resolved: {silent}{_for(arguments['side'])}"
        case "RefundAnnounced":
            return f"refund announced: {Cause(arguments['cause']).words}"
        case "Refunded":
            return f"refunded: {Cause(arguments['cause']).words}"
    return _WORDS.get(event.name, "")


def _for(side: int) -> str:
    return f"for the {Side(side).words}" if side else "for nobody"


def _last_state(events: list[Event]) -> State | None:
    states = [
        State(event.arguments["state"])
        for event in events
        if (event.contract, event.name) == ("CommissionMarket", "StateChanged")
    ]
    return states[-1] if states else None
