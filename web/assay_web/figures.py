"""The market's own figures, from the index's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from sqlalchemy import func, select

from assay_indexer.projections.commission_market import MARKET
from assay_indexer.queries import View
from assay_indexer.tables import Auction, Deal, Hold, Model, Participant, Stake, Version

_WEEK = 7 * 86_400
_MARKETS = (
    "CommissionMarket", "VickreyAuction", "Rounds", "Conformity", "Opinions",
    "Licences", "Trials", "Sales", "Pledges", "JobEvaluator",
)  # fmt: skip
_MOST_WEEKS, _MOST_DEALS = 12, 20_000


@dataclass(frozen=True)
class Figures:
    """What a market has done so far.

    Attributes:
        states: deals by state, in words.
        causes: refunds by cause.
        weeks: orders by the week in which they were opened, oldest first.
        contested: auctions that are over, and those of them with two bids or more.
        first_bid: median seconds until the first bid; none without one.
        discounts: prices as shares of the reserve, in tenths from 0 on.
        locked: base units in deals, by token.
        people: participants by primary role.
    """

    deals: int
    models: int
    states: dict[str, int]
    causes: dict[str, int]
    weeks: list[tuple[str, int]]
    contested: tuple[int, int]
    first_bid: float | None
    discounts: list[int]
    locked: dict[str, int]
    staked: int
    people: dict[str, int]
    versions: int


def figures(view: View) -> Figures:
    """Count."""
    session = view.session
    shown = select(view.state_of().label("state")).where(Deal.market == MARKET).subquery()
    counted = session.execute(select(shown.c.state, func.count()).group_by(shown.c.state))
    states: dict[str, int] = dict(counted.tuples().all())
    causes = session.execute(
        select(Deal.cause, func.count())
        .where(Deal.market == MARKET, Deal.state == "refunded")
        .group_by(Deal.cause)
    )
    auctions = session.execute(
        select(Auction.bids, Auction.opened_at, Auction.first_bid_at, Auction.commit_ends)
        .where(Auction.market == MARKET)
        .order_by(Auction.opened_at.desc())
        .limit(_MOST_DEALS)
    ).all()
    over = [one for one in auctions if one.commit_ends <= view.at]
    waits = [one.first_bid_at - one.opened_at for one in auctions if one.first_bid_at is not None]
    prices = session.execute(
        select(Deal.price, Deal.reserve)
        .where(Deal.market == MARKET, Deal.price.is_not(None))
        .limit(_MOST_DEALS)
    )
    tenths = Counter(min(9, 10 * price // reserve) for price, reserve in prices if price and reserve)
    locked: Counter[str] = Counter()
    held = select(Hold.token, Hold.amount).where(Hold.module.in_(_MARKETS))
    for token, amount in session.execute(held):
        locked[token] += amount
    roles = session.execute(select(Participant.primary_role, func.count()).group_by(Participant.primary_role))
    return Figures(
        deals=sum(states.values()),
        models=_count(view, Model),
        states=states,
        causes={cause or "": number for cause, number in causes},
        weeks=_weeks([one.opened_at for one in auctions], view.at),
        contested=(len(over), sum(one.bids >= 2 for one in over)),
        first_bid=median(waits) if waits else None,
        discounts=[tenths[place] for place in range(10)],
        locked=dict(locked),
        staked=sum(session.scalars(select(Stake.amount))),
        people=dict(roles.tuples().all()),
        versions=_count(view, Version),
    )


def _count(view: View, table: type[Any]) -> int:
    return view.session.scalar(select(func.count()).select_from(table)) or 0


def _weeks(opened: Sequence[int], now: int) -> list[tuple[str, int]]:
    """How many of these times are in each week up to now, by the week's first day."""
    counted = Counter((now - at) // _WEEK for at in opened)
    most = min(_MOST_WEEKS, max(counted, default=0) + 1)
    starts = ((age, now - (age + 1) * _WEEK) for age in reversed(range(max(most, 4))))
    return [(f"{datetime.fromtimestamp(start, UTC):%d %b}", counted[age]) for age, start in starts]
