"""`assay order`: writing an order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.output import show, threshold
from assay.cli.settings import Json, open_market, say
from assay.errors import ChainError, InvalidInput
from assay.manifests.evaluation import Metric, Task

app = typer.Typer(no_args_is_help=True)


@app.command()
def new(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(help="The hidden validation data: CSV, Parquet or NPZ.")],
    domain: Annotated[str, typer.Option(help="The domain of the market, such as healthcare.")],
    label: Annotated[
        list[str] | None,
        typer.Option(help="The column to be predicted, the last by default; may be repeated."),
    ] = None,
    task: Annotated[
        Task | None, typer.Option(help="What the model is to do; told by metric and label by default.")
    ] = None,
    metric: Annotated[Metric | None, typer.Option(help="What a model is scored by.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A column that is not fed to the model; may be repeated.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="Of a ranking: the column of queries.")] = None,
    event: Annotated[str | None, typer.Option(help="Of a survival: 1 where the event was seen.")] = None,
    scale: Annotated[str | None, typer.Option(help="Of MASE: what each row's errors are divided by.")] = None,
    graph: Annotated[
        Path | None, typer.Option(help="An ONNX file that is the metric, with custom_score or custom_error.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the order goes.")] = Path("order.json"),
    as_json: Json = False,
) -> None:
    """Write an order about a file of data, to be changed as you like. Nothing of it leaves this machine."""
    from assay.manifests.files import write_document
    from assay.markets.local_node import LocalNode
    from assay.markets.order import Order
    from assay.markets.order_template import new_order

    if out.exists():
        raise InvalidInput(f"{out} is there already.", hint="Name another file with --out.")
    _require_domain(context, domain)
    beside = {"query": query, "event": event, "scale": scale}
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
    )
    write_document(out, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
    order = Order.load(out)
    record = {
        "order": str(out),
        "label": ", ".join(order.evaluation.data.labels),
        "rows": order.dataset.counts.rows,
        "score": order.evaluation.metric.words,
        "threshold": threshold(order.threshold, order.evaluation.metric),
        "next": f"change what you like, then `assay commission open {out} {data} --dry-run`",
    }
    show(record, as_json)


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
