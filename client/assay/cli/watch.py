"""`assay watch`: shows new listings as they come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.find import Domain, Input, Metric, Task, Words, model_rows, order_rows, wanted
from assay.cli.indexed import open_index
from assay.cli.output import show_rows
from assay.cli.settings import Json, say

if TYPE_CHECKING:
    from assay.index import IndexReader

_PAGE = 50


def watch(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="orders or models.")],
    words: Words = None,
    domain: Domain = None,
    task: Task = None,
    metric: Metric = None,
    input_: Input = None,
    every: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between two looks.")] = 15,
    once: Annotated[bool, typer.Option("--once", help="Show what there is now, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Show new listings as they come, until Ctrl-C."""
    if kind not in ("orders", "models"):
        raise typer.BadParameter("orders or models can be watched.", param_hint="KIND")
    asked = wanted(words, kind=kind.removesuffix("s"), domain=domain, task=task, metric=metric, input=input_)
    rows = order_rows if kind == "orders" else model_rows
    seen: set[str] = set()
    with open_index(context) as (market, index):
        while True:
            new = [one for one in _newest(index, asked, patient=not once) if one["key"] not in seen]
            seen |= {one["key"] for one in new}
            if new or once:
                show_rows(rows(market, new[::-1]), as_json, empty="Nothing matches yet.")
            if once:
                return
            time.sleep(every)


def _newest(index: IndexReader, asked: dict[str, Any], *, patient: bool) -> list[Any]:
    """The newest listings; none while the index is of no use and somebody is *patient*."""
    from assay.errors import IndexUnavailable

    try:
        return list(index.search(limit=_PAGE, **asked).items)
    except IndexUnavailable as error:
        if not patient:
            raise
        say(error.message)
        return []
