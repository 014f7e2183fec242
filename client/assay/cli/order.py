"""`assay order`: writing an order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, get_args

import typer

from assay.cli.output import show, threshold
from assay.cli.settings import Json, open_market, say
from assay.errors import ChainError, InvalidInput
from assay.manifests.evaluation import DataMapping, Metric, Task

app = typer.Typer(no_args_is_help=True)
_TASKS, _METRICS = ", ".join(get_args(Task)), ", ".join(Metric)


@app.command()
def new(
    context: typer.Context,
    data: Annotated[
        Path, typer.Argument(help="The hidden validation data: CSV, Parquet, NPZ, JSON Lines, or an archive.")
    ],
    domain: Annotated[str, typer.Option(help="The domain of the market, such as healthcare.")],
    label: Annotated[
        list[str] | None,
        typer.Option(help="The column to be predicted, the last by default; may be repeated."),
    ] = None,
    task: Annotated[Task | None, typer.Option(help=f"{_TASKS}; told by metric and label by default.")] = None,
    metric: Annotated[Metric | None, typer.Option(help=f"What a model is scored by: {_METRICS}.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A column that is not fed to the model; may be repeated.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="Of a ranking: the column of queries.")] = None,
    event: Annotated[str | None, typer.Option(help="Of a survival: 1 where the event was seen.")] = None,
    scale: Annotated[str | None, typer.Option(help="Of MASE: what each row's errors are divided by.")] = None,
    graph: Annotated[
        Path | None, typer.Option(help="An ONNX file that is the metric, with custom_score or custom_error.")
    ] = None,
    separator: Annotated[
        str | None, typer.Option(help="What separates columns of a CSV file; tab is spelt so.")
    ] = None,
    decimal: Annotated[str | None, typer.Option(help="Its decimal sign, a point or comma.")] = None,
    quote: Annotated[str | None, typer.Option(help="What cells are put in that hold separators.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Its encoding, such as utf-8 or cp1252.")] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether its first row names the columns.")
    ] = None,
    gap: Annotated[
        list[str] | None, typer.Option(help="A text in it that means a gap, such as NA; may be repeated.")
    ] = None,
    skip_lines: Annotated[
        int | None, typer.Option(help="How many lines above the table are no part of it.")
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(help="A column of codes, to be fed as text whatever it looks like; may be repeated."),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="A class, where the data has places; repeat in their order."),
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="Height and width that images are brought to, such as 224x224.")
    ] = None,
    upright: Annotated[bool, typer.Option(help="Turn images as they say (EXIF).")] = False,
    void: Annotated[
        int | None, typer.Option(help="What a map of classes holds where no answer counts, such as 255.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the order goes.")] = Path("order.json"),
    as_json: Json = False,
) -> None:
    """Write an order about a file of data, to be changed as you like. Nothing of it leaves this machine."""
    from assay.manifests.files import write_document
    from assay.markets.local_node import LocalNode
    from assay.markets.order import Order
    from assay.markets.order_inputs import Pictures
    from assay.markets.order_template import new_order

    if out.exists():
        raise InvalidInput(f"{out} is there already.", hint="Name another file with --out.")
    _require_domain(context, domain)
    beside = {"query": query, "event": event, "scale": scale}
    declared = {
        "separator": {"tab": "\t"}.get(separator or "", separator),
        "decimal": decimal,
        "quote": quote,
        "encoding": encoding,
        "header": header,
        "gaps": gap,
        "skip_lines": skip_lines,
    }
    document = new_order(
        data,
        LocalNode(),
        domain=domain,
        task=task,
        label=label,
        metric=metric,
        without=without or (),
        beside={name: column for name, column in beside.items() if column},
        graph=graph,
        declared={name: value for name, value in declared.items() if value is not None},
        pictures=Pictures(_size(size), upright),
        void=void,
        texts=text or (),
        classes=classes or (),
        tell=say,
    )
    write_document(out, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
    order = Order.load(out)
    record = {
        "order": str(out),
        "label": ", ".join(order.evaluation.data.labels),
        "rows": order.dataset.counts.rows,
        "score": order.evaluation.metric.words,
        "threshold": threshold(order.threshold, order.evaluation.metric),
        **_said(order.evaluation.data),
        "next": f"change what you like, then `assay commission open {out} {data} --dry-run`",
    }
    show(record, as_json)


def _size(written: str | None) -> tuple[int, int] | None:
    """Height and width of "224x224"."""
    if written is None:
        return None
    height, _, width = written.lower().partition("x")
    if not (height.isascii() and height.isdigit() and width.isascii() and width.isdigit()):
        raise InvalidInput(f"{written} is not a size.", hint="Write it like 224x224, height first.")
    return int(height), int(width)


def _said(data: DataMapping) -> dict[str, str]:
    """What was found of how the data is written, and what is done about gaps."""
    from assay.words.dialects import dialect

    said = {}
    if data.format in ("csv", "archive"):
        said["read as"] = dialect(data.csv)
    filled = {one.name: one.missing for one in data.inputs if one.missing is not None}
    if filled:
        said["gaps"] = ", ".join(f"{name} is fed {value!r}" for name, value in filled.items())
    return said


def _require_domain(context: typer.Context, name: str) -> None:
    """Raise :class:`InvalidInput` where the market has no such domain; without a market, say so."""
    try:
        with open_market(context, quiet=True) as market:
            market.policy.domain_id(name)
    except ChainError as error:
        say(f"The domain was not checked, since no market can be asked. {error.message}")


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of orders, for editors that complete and check them."""
    from assay.markets.order import Order
    from assay.markets.order_schema import schema

    typer.echo(json.dumps(schema(Order), indent=2))
