"""What happened in a commission, read back from the chain so that it can be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from assay.chain import Event
from assay.deal.history import History
from assay.deal.payments import Balance, Entry
from assay.deal.timeline import Step
from assay.escrow import Token
from assay.manifests.evaluation import Metric, ReportStatus
from assay.market import Market
from assay.structs import Commission, Kind, Outcome

_EXACT = 2**53

SLASHED = "slashed stake"
"""What `assay.deal.payments` calls a validator's loss."""


@dataclass(frozen=True)
class Bid:
    """One revealed bid, in base units."""

    bidder: str
    price: int


@dataclass(frozen=True)
class Said:
    """What one member of the panel did in one request.

    Attributes:
        status: what it reported; None if it revealed nothing.
        score: ppm.
        slashed: base units of the staking token lost when the request was final.
    """

    member: str
    status: ReportStatus | None
    score: int
    slashed: int


@dataclass(frozen=True)
class Round:
    """One request to the panel and its answer."""

    request_id: int
    kind: Kind
    outcome: Outcome
    score: int
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Record:
    """The record. Names stand for addresses; amounts are base units of `token` or of `staking`."""

    commission: Commission
    metric: Metric | None
    token: Token
    staking: Token
    bids: tuple[Bid, ...]
    rounds: tuple[Round, ...]
    steps: tuple[Step, ...]
    balances: tuple[Balance, ...]


def read_record(market: Market, commission_id: int, names: Mapping[str, str]) -> Record:
    """Rebuild the record from the chain; accounts without a name keep their address."""
    named = _Names(names)
    history = market.commissions.history(commission_id)
    payments = market.commissions.payments(commission_id)
    return Record(
        commission=market.commissions.get(commission_id),
        metric=market.commissions.metric(commission_id),
        token=market.escrow.token(),
        staking=market.escrow.token(market.deployment.tokens.staking),
        bids=tuple(
            Bid(named[event.arguments["bidder"]], event.arguments["price"])
            for event in history.named("BidRevealed")
        ),
        rounds=_rounds(history, payments.entries, named),
        steps=tuple(market.commissions.timeline(commission_id)),
        balances=tuple(payments.balances()),
    )


def as_json(record: Record) -> dict[str, Any]:
    """The record for programs; whole numbers that JSON readers might round become text."""
    content: dict[str, Any] = _exact(TypeAdapter(Record).dump_python(record, mode="json"))
    return content


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) >= _EXACT else value


class _Names(dict[str, str]):
    def __missing__(self, address: str) -> str:
        return address


def _rounds(history: History, entries: tuple[Entry, ...], named: _Names) -> tuple[Round, ...]:
    members: list[str] = []
    rounds: dict[int, list[Event]] = {}
    seats: dict[int, list[str]] = {}
    for event in history.events:
        if event.name == "PanelSeated":
            members = list(event.arguments["members"])
        elif event.name == "SeatVacated":
            members.remove(event.arguments["member"])
        request_id = event.arguments.get("requestId")
        if request_id is not None and event.contract == "ValidationOracle":
            rounds.setdefault(request_id, []).append(event)
            seats.setdefault(request_id, list(members))
    return tuple(
        _round(request_id, events, seats[request_id], entries, named) for request_id, events in rounds.items()
    )


def _round(
    request_id: int, events: list[Event], members: list[str], entries: tuple[Entry, ...], named: _Names
) -> Round:
    asked = next(event for event in events if event.name == "VotingBegan")
    final = next(event for event in events if event.name == "Judged")
    result = final.arguments["result"]
    reports = {
        event.arguments["validator"]: event.arguments["report"]
        for event in events
        if event.name == "ReportRevealed"
    }
    slashed = {
        entry.account: -entry.amount
        for entry in entries
        if entry.purpose == SLASHED and entry.amount < 0 and entry.tx_hash == final.tx_hash
    }
    return Round(
        request_id=request_id,
        kind=Kind(asked.arguments["terms"]["kind"]),
        outcome=Outcome(result["outcome"]),
        score=_only(result["scores"]),
        said=tuple(_said(member, reports.get(member), slashed.get(member, 0), named) for member in members),
    )


def _only(scores: Sequence[int]) -> int:
    """The single score that the panel is asked for; 0 if none was given."""
    return scores[0] if scores else 0


def _said(member: str, report: Mapping[str, Any] | None, slashed: int, named: _Names) -> Said:
    if report is None:
        return Said(named[member], None, 0, slashed)
    return Said(named[member], ReportStatus(report["status"]), _only(report["scores"]), slashed)
