"""`assay reputation`: what participants have done, and ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Number, parse_address
from assay.cli.output import Cell, paid, ppm, show, show_rows
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.judges.reputation import ScorePart
    from assay.market import Market
    from assay.structs import Fact

_RECORD = "Facts of finished commissions are not recorded yet. Anyone can do it: `assay reputation record`."

app = typer.Typer(no_args_is_help=True)

Domain = Annotated[str | None, typer.Option(help="One domain only; all together by default.")]


@app.command("show")
def show_reputation(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(parser=parse_address, help="The account itself by default.")
    ] = None,
    domain: Domain = None,
    as_json: Json = False,
) -> None:
    """Show a score, every number that it is made of, and the commissions that these come from.

    Facts of finished commissions that nobody has recorded are counted beside it, and are not part of it.
    """
    with open_market(context, acting=address is None) as market:
        account = address or market.address
        standing, sources, waiting = market.session.together(
            lambda: market.reputation.of(account, domain),
            lambda: _sources(market, account, domain),
            lambda: market.reputation.waiting(account, domain),
        )
        rows = [_part(part, sources) for part in standing.parts]
        rows.append(_unfilled(rows[0]) | {"part": "score", "points": ppm(standing.score)})
        if waiting:
            rows.append(_unfilled(rows[0]) | _waiting(waiting))
        show_rows(rows, as_json, empty="")
        if waiting and not as_json:
            typer.echo(_RECORD)


@app.command("list")
def list_developers(
    context: typer.Context,
    domain: Annotated[str, typer.Argument(help="Such as healthcare.")],
    as_json: Json = False,
) -> None:
    """List the developers with recent facts in a domain, best first."""
    with open_market(context) as market:
        rows = [
            {"developer": standing.account, "score": ppm(standing.score), "numbers": len(standing.parts) - 1}
            for standing in market.reputation.list(domain)
        ]
        empty = f"Nothing is recorded of any developer in {domain}."
        if not rows and next(market.reputation.unrecorded(), None) is not None:
            empty += f" {_RECORD}"
        show_rows(rows, as_json, empty=empty)


@app.command()
def record(
    context: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(
            min=1, max=2**64 - 1, help="A commission; by default all finished ones of the newest 500."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Record what finished commissions say about their participants; anyone may."""
    with open_market(context, acting=True) as market:
        if number is None:
            recorded = market.reputation.record_all()
        else:
            recorded = iter([(number, market.reputation.record(number))])
        rows = [{"commission": found, **paid(receipt)} for found, receipt in recorded]
        show_rows(rows, as_json, empty="There is nothing to record.")


@app.command()
def rate(
    context: typer.Context,
    number: Number,
    stars: Annotated[int, typer.Argument(min=1, max=5, help="1 to 5.")],
    as_json: Json = False,
) -> None:
    """As the customer, rate the developer of a settled commission, once and for good."""
    with open_market(context, acting=True) as market:
        show(paid(market.reputation.rate(number, stars)), as_json)


def _sources(market: Market, account: str, domain: str | None) -> dict[str, list[int]]:
    """The commissions behind each part of a score."""
    number, facts, ratings = market.session.together(
        lambda: market.policy.domain_id(domain) if domain else None,
        lambda: list(market.reputation.facts(account)),
        lambda: list(market.reputation.ratings(account)),
    )
    found: dict[str, list[int]] = {}
    for recorded in facts:
        if number in (None, recorded.fact.domain):
            found.setdefault(recorded.fact.kind.words, []).append(recorded.commission_id)
    for rating in ratings:
        if number in (None, rating.domain):
            found.setdefault("ratings", []).append(rating.commission_id)
    return found


def _waiting(facts: list[tuple[int, Fact]]) -> dict[str, Any]:
    from assay.words import formatting

    amount = sum(fact.count for _, fact in facts)
    weight = sum(fact.count * fact.weight for _, fact in facts)
    return {
        "part": "not recorded",
        "amount": Cell(weight, formatting.count(amount, "fact"), "millionths"),
        "commissions": sorted({commission_id for commission_id, _ in facts}),
    }


def _part(part: ScorePart, sources: dict[str, list[int]]) -> dict[str, Any]:
    return {
        "part": part.name,
        "amount": _millionths(part.amount),
        "weight": _millionths(part.weight),
        "points": Cell(part.points, f"{part.points / 10_000:+.4f} %", "ppm"),
        "commissions": sources.get(part.name, []),
    }


def _unfilled(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of *row* without their values; numbers keep their units, which are in the fields' names."""
    return {
        name: Cell(None, "-", value.unit) if isinstance(value, Cell) else None for name, value in row.items()
    }


def _millionths(value: int) -> Cell:
    from assay.judges.reputation import ONE

    return Cell(value, f"{value / ONE:.3f}", "millionths")
