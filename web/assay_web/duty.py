"""One thing that somebody has to do, and how pages name the deals of each market."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from assay_web.acts import Act
from assay_web.sentences import say

_PLACES = {
    "CommissionMarket": "deals",
    "JobEvaluator": "jobs",
    "LineageClaims": "lineage-claims",
    "Trials": "trials",
    "Sales": "auctions",
    "Pledges": "pledges",
}
_TITLES = {
    "CommissionMarket": "deal.title",
    "JobEvaluator": "job.title",
    "Trials": "trial.title",
    "Sales": "auction.title",
    "Pledges": "pledge.title",
    "LineageClaims": "lineage.claim_title",
}


@dataclass(frozen=True)
class Duty:
    """One thing to do.

    Attributes:
        title: what it is about.
        link: to its page.
        who: "buyer", "seller", "anyone" and the like; "nobody" where all is done.
        accounts: who that is; empty for anyone.
        what: in words, with commands in backticks.
        by: Unix seconds; 0 for no time.
        cost: what happens otherwise; none where nothing does.
        act: to do it here; by command or on its page where there is none.
        also: what can be done here before.
    """

    title: Markup
    link: str
    who: str
    accounts: tuple[str, ...]
    what: str
    by: int
    cost: Markup | None
    act: Act | None = None
    also: tuple[Act, ...] = ()


def place_of(market: str, number: int) -> str:
    """The address of a deal's page."""
    return f"/{_PLACES.get(market, 'deals')}/{number}"


def title_of(market: str, number: int) -> Markup:
    """What a deal is called."""
    return say(_TITLES.get(market, "deal.title"), number=number)
