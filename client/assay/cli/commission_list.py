"""`assay commission list`: finding commissions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Last, parse_address
from assay.cli.indexed import all_commissions
from assay.cli.ordered import summary, time_left
from assay.cli.output import money, show_rows
from assay.cli.settings import Json, open_market
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.market import Market
    from assay.structs import Listing, State
else:
    State = str  # as it is typed; importing the SDK for the type takes a third of a second


class Order(StrEnum):
    """Which come first."""

    NEWEST = "newest"
    RESERVE = "reserve"
    DEADLINE = "deadline"


def parse_state(text: str) -> State:
    """A state by its name, such as "bidding"."""
    from assay.structs import State

    name = text.upper()
    if name not in State.__members__ or name == "NONE":
        known = ", ".join(state.words for state in State if state)
        raise typer.BadParameter(f"{quoted(text)} is not one of {known}.")
    return State[name]


def list_commissions(
    context: typer.Context,
    state: Annotated[
        list[State] | None,
        typer.Option(parser=parse_state, help="Those in a state, such as bidding; may be repeated."),
    ] = None,
    domain: Annotated[str | None, typer.Option(help="Those of a domain.")] = None,
    customer: Annotated[str | None, typer.Option(parser=parse_address, help="One customer's.")] = None,
    developer: Annotated[
        str | None, typer.Option(parser=parse_address, help="Those that a developer has won.")
    ] = None,
    sort: Annotated[
        Order, typer.Option(help="Newest, highest reserve, or earliest deadline first.")
    ] = Order.NEWEST,
    last: Last = 100,
    details: Annotated[
        bool, typer.Option("--details", help="Title, task and score, from storage: a request for each.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List commissions, the newest first."""
    with open_market(context) as market:
        wanted = {
            "state": state or None,
            "domain": domain and [market.policy.domain_id(domain)],
            "customer": customer and [customer],
            "developer": developer and [developer],
        }
        found = (
            one
            for one in all_commissions(context, market)
            if all(values is None or getattr(one, name) in values for name, values in wanted.items())
        )
        rows = _rows(market, list(islice(_sorted(found, sort), last)), details)
        show_rows(rows, as_json, empty=_nothing(market, wanted))


def _sorted(found: Iterable[Listing], order: Order) -> Iterable[Listing]:
    match order:
        case Order.NEWEST:
            return found
        case Order.RESERVE:
            return sorted(found, key=lambda one: -one.reserve)
        case Order.DEADLINE:
            return sorted(found, key=lambda one: _deadline(one) or float("inf"))


def _deadline(one: Listing) -> int:
    """Until when the present state lasts, Unix seconds; 0 where nothing follows."""
    from assay.structs import State

    return 0 if one.state in (State.SETTLED, State.REFUNDED) else one.deadline


def _rows(market: Market, found: Sequence[Listing], details: bool) -> list[dict[str, Any]]:
    each, tokens, domains = market.session.each, {one.token for one in found}, {one.domain for one in found}
    now, token, domain, about = market.session.together(
        market.session.now,
        lambda: dict(zip(tokens, each(market.escrow.token, tokens), strict=True)),
        lambda: dict(zip(domains, each(market.policy.domain_name, domains), strict=True)),
        lambda: list(each(lambda one: summary(market, one.id) if details else {}, found)),
    )
    return [
        {
            "commission": one.id,
            "state": one.state.words,
            "domain": domain[one.domain],
            "risk_class": one.risk_class,
            **ordered,
            "customer": one.customer,
            "reserve": money(one.reserve, token[one.token]),
            "bond": money(one.bond, token[one.token]),
            "time_left": time_left(_deadline(one), now),
        }
        for one, ordered in zip(found, about, strict=True)
    ]


def _nothing(market: Market, wanted: dict[str, Any]) -> str:
    if any(wanted.values()) and market.commissions.count():
        return "No commission matches."
    return "No commission has been opened yet."
