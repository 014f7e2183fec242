"""What participants have done, side by side, and what the market as a whole has done."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Select, and_, func, select

from assay_indexer import tables as t
from assay_indexer.projections.commission_market import MARKET
from assay_indexer.queries import View

_MAX_ROWS = 10_000
AmountText = str
"""Base units of a token, as decimal text."""


class Record(BaseModel):
    """What a participant has done in the market, as the chain says."""

    account: str
    roles: list[str]
    jurisdiction: str | None
    domains: list[str]
    accredited_until: int | None
    """Until when it is accredited as an auditor or regulator (Unix seconds)."""

    orders: int
    """Orders as a customer."""
    bids: int
    """Bids as a developer; so are the figures down to the scores."""
    won: int
    delivered: int
    """Deals that were paid."""
    refunded: int
    passed: int
    """Submissions that passed a panel's test."""
    failed: int
    best_scores: dict[str, int]
    """The best score by metric among those that passed (ppm); each on its own hidden data."""
    asked: dict[str, list[AmountText]]
    """Lowest, median and highest price of revealed bids, by token."""

    panel_seats: int
    """Seats as a validator."""
    reports: int
    seats_lost: int
    stake: AmountText
    slashed: AmountText

    audits: int
    """Audits as an auditor."""
    approved: int
    rejected: int
    silent: int

    disputes: int
    """Disputes about its deals."""
    disputes_won: int
    disputes_lost: int
    reputation: dict[str, int]
    """How often each fact about it is recorded."""
    stars: float | None
    """The weighted mean of its ratings."""


class Figures(BaseModel):
    """The market in numbers."""

    orders: int
    open: int
    settled: int
    refunded: int
    auctions_over: int
    """Orders whose bidding period is over."""
    with_two_bids: int = Field(description="Of those, how many had two bids or more.")
    without_bids: int
    first_bid_seconds: int | None = Field(description="From the order to the first bid; the middle one.")
    models: int
    participants: dict[str, int] = Field(description="By role.")
    locked: dict[str, str] = Field(description="Base units that contracts hold, by token.")


def record(view: View, account: str) -> Record:
    """What *account* has done; all zeros if it is unknown."""
    one = view.get(t.Participant, account)
    names = {kind: view.names(kind) for kind in ("domain", "jurisdiction")}
    stake = view.get(t.Stake, account)
    return Record(
        account=account,
        roles=one.roles if one else [],
        jurisdiction=names["jurisdiction"].get(one.jurisdiction) if one else None,
        domains=[names["domain"].get(number, str(number)) for number in one.domains] if one else [],
        accredited_until=one.accredited_until if one else None,
        orders=_count(view, t.Deal, buyer=account, market=MARKET),
        stake=str(stake.amount if stake else 0),
        slashed=str(stake.slashed if stake else 0),
        **_developing(view, account),
        **_validating(view, account),
        **_auditing(view, account),
        **_standing(view, account),
    )


def compare(view: View, accounts: Sequence[str]) -> list[Record]:
    """The records of several accounts, in the same order."""
    return [record(view, account) for account in accounts]


def figures(view: View) -> Figures:
    """The market's own figures."""
    deals: Any = view.rows(t.Deal)
    auctions: Any = view.rows(t.Auction)
    states: dict[str, int] = dict(
        _pairs(view, select(deals.state, func.count()).where(deals.market == MARKET).group_by(deals.state))
    )
    over = view.session.execute(
        select(auctions.bids, auctions.opened_at, auctions.first_bid_at).where(
            auctions.market == MARKET, auctions.commit_ends <= view.at
        )
    ).all()
    waits = [first - opened for _, opened, first in over if first is not None]
    total, settled, refunded = sum(states.values()), states.get("settled", 0), states.get("refunded", 0)
    return Figures(
        orders=total,
        open=total - settled - refunded,
        settled=settled,
        refunded=refunded,
        auctions_over=len(over),
        with_two_bids=sum(bids >= 2 for bids, _, _ in over),
        without_bids=sum(bids == 0 for bids, _, _ in over),
        first_bid_seconds=int(median(waits)) if waits else None,
        models=_count(view, t.Model),
        participants=_roles(view),
        locked=_locked(view),
    )


def _developing(view: View, account: str) -> dict[str, Any]:
    bids = view.all(t.Bid, bidder=account, limit=_MAX_ROWS)
    attempts = view.all(t.Attempt, developer=account, limit=_MAX_ROWS)
    judged = [one for one in attempts if one.passed is not None]
    deals: Any = view.rows(t.Deal)
    ends = (
        select(deals.state, func.count())
        .where(deals.market == MARKET, deals.seller == account, deals.state.in_(("settled", "refunded")))
        .group_by(deals.state)
    )
    ended: dict[str, int] = dict(_pairs(view, ends))
    return {
        "bids": len(bids),
        "won": sum(one.won for one in bids),
        "delivered": ended.get("settled", 0),
        "refunded": ended.get("refunded", 0),
        "passed": sum(one.passed is True for one in judged),
        "failed": sum(one.passed is False for one in judged),
        "best_scores": _best_scores(view, account),
        "asked": _asked(view, bids),
    }


def _best_scores(view: View, account: str) -> dict[str, int]:
    listed = select(t.Listing.metric, func.max(t.Listing.score)).where(
        t.Listing.kind == "model",
        t.Listing.account == account,
        t.Listing.metric.is_not(None),
        t.Listing.block <= view.block,
    )
    best = view.session.execute(listed.group_by(t.Listing.metric))
    return {str(metric): score for metric, score in best if score is not None}


def _asked(view: View, bids: Sequence[t.Bid]) -> dict[str, list[str]]:
    auctions: Any = view.rows(t.Auction)
    tokens: dict[int, str] = dict(
        _pairs(
            view, select(auctions.id, auctions.token).where(auctions.id.in_({bid.auction_id for bid in bids}))
        )
    )
    prices: dict[str, list[int]] = {}
    for bid in bids:
        if bid.price is not None and bid.auction_id in tokens:
            prices.setdefault(tokens[bid.auction_id], []).append(bid.price)
    return {
        token: [str(min(found)), str(sorted(found)[len(found) // 2]), str(max(found))]
        for token, found in prices.items()
    }


def _validating(view: View, account: str) -> dict[str, Any]:
    seats = view.all(t.Seat, member=account, limit=_MAX_ROWS)
    reports: Any = view.rows(t.Report)
    revealed = view.session.scalar(
        select(func.count()).where(reports.validator == account, reports.revealed_at.is_not(None))
    )
    return {
        "panel_seats": len(seats),
        "reports": revealed or 0,
        "seats_lost": sum(one.vacated_at is not None for one in seats),
    }


def _auditing(view: View, account: str) -> dict[str, Any]:
    seats = view.all(t.AuditSeat, auditor=account, limit=_MAX_ROWS)
    opinions = view.all(t.Opinion, auditor=account, state="posted", limit=_MAX_ROWS)
    verdicts = [one.approved for one in seats if one.posted_at is not None]
    verdicts += [one.approved for one in opinions]
    return {
        "audits": len(verdicts),
        "approved": sum(one is True for one in verdicts),
        "rejected": sum(one is False for one in verdicts),
        "silent": sum(one.replaced for one in seats),
    }


def _standing(view: View, account: str) -> dict[str, Any]:
    disputes: Any = view.rows(t.Dispute)
    deals: Any = view.rows(t.Deal)
    rows = view.session.execute(
        select(disputes.side, deals.buyer == account)
        .join(deals, and_(deals.market == disputes.market, deals.id == disputes.deal_id))
        .where((deals.buyer == account) | (deals.seller == account))
    ).all()
    own = [(side, "customer" if bought else "developer") for side, bought in rows]
    facts: Any = view.rows(t.ReputationFact)
    kinds = view.session.execute(
        select(facts.kind, func.sum(facts.count)).where(facts.subject == account).group_by(facts.kind)
    )
    ratings = view.all(t.Rating, subject=account, limit=_MAX_ROWS)
    weight = sum(one.weight for one in ratings)
    return {
        "disputes": len(own),
        "disputes_won": sum(side == part for side, part in own),
        "disputes_lost": sum(side not in (None, "none", part) for side, part in own),
        "reputation": {kind: int(count) for kind, count in kinds},
        "stars": sum(one.stars * one.weight for one in ratings) / weight if weight else None,
    }


def _pairs(view: View, asked: Select[Any]) -> list[tuple[Any, Any]]:
    return [(row[0], row[1]) for row in view.session.execute(asked)]


def _roles(view: View) -> dict[str, int]:
    people: Any = view.rows(t.Participant)
    found: dict[str, int] = {}
    for roles in view.session.scalars(select(people.roles)):
        for role in roles:
            found[role] = found.get(role, 0) + 1
    return found


def _locked(view: View) -> dict[str, str]:
    holds: Any = view.rows(t.Hold)
    found: dict[str, int] = {}
    for token, amount in view.session.execute(select(holds.token, holds.amount)):
        found[token] = found.get(token, 0) + amount
    return {token: str(amount) for token, amount in found.items()}


def _count(view: View, kind: type[t.Base], **same: Any) -> int:
    rows: Any = view.rows(kind)
    asked = select(func.count()).select_from(rows)
    return (
        view.session.scalar(asked.where(*(getattr(rows, name) == value for name, value in same.items()))) or 0
    )
