"""`assay find`: orders, models and participants by what is known of them, from the market's index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import parse_address, parse_duration, parse_percent
from assay.cli.indexed import open_index
from assay.cli.output import Cell, moment, money, show_rows
from assay.cli.settings import Json

if TYPE_CHECKING:
    from assay.index import Found
    from assay.market import Market

app = typer.Typer(
    no_args_is_help=True, help="Orders, models and participants, found by what is known of them."
)
Words = Annotated[list[str] | None, typer.Argument(help="All of these words; the last may be unfinished.")]
Domain = Annotated[str | None, typer.Option(help="Those of a domain.")]
Jurisdiction = Annotated[str | None, typer.Option(help="Those of a jurisdiction, such as CH.")]
Task = Annotated[str | None, typer.Option(help="Such as classification.")]
Metric = Annotated[str | None, typer.Option(help="Such as accuracy.")]
RiskClass = Annotated[int | None, typer.Option(min=0, max=255, help="Those of a risk class.")]
Score = Annotated[
    int | None, typer.Option("--min-score", parser=parse_percent, help="The least score, such as 90%.")
]
Gap = Annotated[
    int | None,
    typer.Option("--max-gap", parser=parse_percent, help="The largest gap between groups, such as 5%."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many to show at most.")]
Input = Annotated[str | None, typer.Option("--input", help="Part of an input's name or type.")]


def wanted(words: Sequence[str] | None, **facets: Any) -> dict[str, Any]:
    """A question to the index, without what was not asked."""
    return {"words": " ".join(words or ())} | {name: v for name, v in facets.items() if v is not None}


@app.command()
def orders(
    context: typer.Context,
    words: Words = None,
    state: Annotated[str | None, typer.Option(help="Such as bidding.")] = None,
    domain: Domain = None,
    jurisdiction: Jurisdiction = None,
    task: Task = None,
    metric: Metric = None,
    risk_class: RiskClass = None,
    max_bids: Annotated[int | None, typer.Option(min=0, help="With at most this many bids.")] = None,
    input_: Input = None,
    sort: Annotated[str, typer.Option(help="newest, price or deadline.")] = "newest",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Find orders: what is asked for, for how much, and how many bid."""
    asked = wanted(
        words,
        kind="order",
        state=state,
        domain=domain,
        jurisdiction=jurisdiction,
        task=task,
        metric=metric,
        risk_class=risk_class,
        max_bids=max_bids,
        input=input_,
        sort=sort,
    )
    with open_index(context) as (market, index):
        found = index.search(limit=limit, **asked)
        show_rows(order_rows(market, found.items), as_json, empty=_nothing(found))


@app.command()
def models(
    context: typer.Context,
    words: Words = None,
    domain: Domain = None,
    jurisdiction: Jurisdiction = None,
    task: Task = None,
    metric: Metric = None,
    min_score: Score = None,
    max_gap: Gap = None,
    tested_by: Annotated[
        str | None, typer.Option(parser=parse_address, help="Tested on this customer's hidden data.")
    ] = None,
    max_age: Annotated[
        int | None, typer.Option(parser=parse_duration, help="Tested within this time, such as 30d.")
    ] = None,
    auditor: Annotated[str | None, typer.Option(parser=parse_address, help="Judged by this auditor.")] = None,
    min_audits: Annotated[
        int | None, typer.Option(min=1, help="Approved by at least this many auditors.")
    ] = None,
    test_set: Annotated[int | None, typer.Option(min=1, help="Has passed this third-party test.")] = None,
    undisputed: Annotated[bool, typer.Option("--undisputed", help="Whose deal nobody contested.")] = False,
    licence: Annotated[str | None, typer.Option(help="Such as MIT.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Licences on sale allow this, such as serve.")] = None,
    way: Annotated[
        str | None, typer.Option(help="How you can get it now: licence, trial or auction.")
    ] = None,
    risk_class: RiskClass = None,
    max_size: Annotated[int | None, typer.Option(min=0, help="Bytes at most.")] = None,
    input_: Input = None,
    output: Annotated[str | None, typer.Option(help="Part of an output's name or type.")] = None,
    sort: Annotated[str, typer.Option(help="newest, score or price.")] = "newest",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Find models by what was tested: scores and gaps are those that panels found, on a customer's data."""
    asked = wanted(
        words,
        kind="model",
        domain=domain,
        jurisdiction=jurisdiction,
        task=task,
        metric=metric,
        min_score=min_score,
        max_gap=max_gap,
        tested_by=tested_by,
        max_age=max_age,
        auditor=auditor,
        min_audits=min_audits,
        test_set=test_set,
        disputed=False if undisputed else None,
        licence=licence,
        purpose=purpose,
        way=way,
        risk_class=risk_class,
        max_size=max_size,
        input=input_,
        output=output,
        sort=sort,
    )
    with open_index(context) as (market, index):
        found = index.search(limit=limit, **asked)
        show_rows(model_rows(market, found.items), as_json, empty=_nothing(found))


def _participants(
    context: typer.Context, kind: str, words: Sequence[str] | None, limit: int, as_json: bool, **facets: Any
) -> None:
    with open_index(context) as (_, index):
        found = index.search(limit=min(limit, 20), **wanted(words, kind=kind, **facets))
        accounts = [one["account"] for one in found.items]
        records = index.ask("compare", account=accounts).data if accounts else []
        show_rows([_record(kind, one) for one in records], as_json, empty=_nothing(found))


@app.command()
def developers(
    context: typer.Context,
    words: Words = None,
    domain: Domain = None,
    jurisdiction: Jurisdiction = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Find developers, side by side: what they delivered, failed and asked for, and who contested it."""
    _participants(context, "developer", words, limit, as_json, domain=domain, jurisdiction=jurisdiction)


@app.command()
def validators(
    context: typer.Context,
    words: Words = None,
    jurisdiction: Jurisdiction = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Find validators, side by side: seats, reports, what they lost."""
    _participants(context, "validator", words, limit, as_json, jurisdiction=jurisdiction)


@app.command()
def auditors(
    context: typer.Context,
    words: Words = None,
    domain: Domain = None,
    jurisdiction: Jurisdiction = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Find auditors, side by side: verdicts, silences."""
    _participants(context, "auditor", words, limit, as_json, domain=domain, jurisdiction=jurisdiction)


_SHOWN = {
    "developer": ("delivered", "refunded", "passed", "failed", "bids", "won", "disputes_lost", "stars"),
    "validator": ("panel_seats", "reports", "seats_lost", "stake", "slashed"),
    "auditor": ("audits", "approved", "rejected", "silent", "accredited_until"),
}


def _record(kind: str, one: Mapping[str, Any]) -> dict[str, Any]:
    domains = ", ".join(one["domains"])
    named = {
        "account": one["account"],
        "jurisdiction": one["jurisdiction"],
        "domains": Cell(one["domains"], domains),
    }
    return named | {name: one[name] for name in _SHOWN[kind]}


def order_rows(market: Market, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Orders as people read them."""
    return [
        {
            "commission": _number(one["key"]),
            "title": one["title"],
            "state": one["state"],
            "domain": one["domain"],
            "task": one["task"],
            "asked": _asked(one),
            "reserve": _price(market, one),
            "bids": one["bids"],
            "until": moment(one["deadline"]) if one["deadline"] else None,
            "customer": one["account"],
        }
        for one in items
    ]


def model_rows(market: Market, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Models as people read them."""
    return [
        {
            "model": one["title"],
            "manifest": one["key"],
            "score": _asked(one),
            "tested_on": one["tested_by"],
            "tested_at": moment(one["tested_at"]) if one["tested_at"] else None,
            "gap": _percent(one["gap"]),
            "price": _price(market, one),
            "licence": one["licence"],
            "audits": one["audits"],
            "disputes": one["disputes"],
            "developer": one["account"],
        }
        for one in items
    ]


def _number(key: str) -> str:
    """Of a deal's key, its number where it is a commission's."""
    return key.removeprefix("CommissionMarket/")


def _asked(one: Mapping[str, Any]) -> Cell | None:
    from assay.manifests.evaluation import Metric as Metrics
    from assay.words import formatting

    if one["score"] is None:
        return None
    metric = Metrics(one["metric"]) if one["metric"] in set(Metrics) else None
    shown = formatting.score(one["score"], metric)
    return Cell(one["score"], f"{metric.words} {shown}" if metric else shown, "ppm")


def _percent(ppm: int | None) -> Cell | None:
    from assay.words import formatting

    return None if ppm is None else Cell(ppm, formatting.percent(ppm), "ppm")


def _price(market: Market, one: Mapping[str, Any]) -> Cell | None:
    if one["price"] is None or one["token"] is None:
        return None
    return money(int(one["price"]), market.escrow.token(one["token"]))


def _nothing(found: Found) -> str:
    return f"Nothing matches, up to block {found.block.number}."
