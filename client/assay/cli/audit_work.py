"""`assay audit` and `assay opinion`: the same work, whoever chose the auditor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import Number
from assay.cli.output import paid, show
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.judges.audits import Audits
    from assay.judges.opinions import Opinions
    from assay.market import Market

AssessmentFile = Annotated[Path, typer.Argument(help="Scopes, findings, figures, limitations: a JSON file.")]
Approve = Annotated[bool, typer.Option("--approve/--reject", help="What the auditor says.")]


def add_work(app: typer.Typer, of: Callable[[Market], Audits | Opinions], *, grant: str, fetch: str) -> None:
    """Add the commands `grant` and `fetch`, each with what it says of itself."""

    @app.command("grant", help=grant)
    def _grant(
        context: typer.Context,
        number: Number,
        data: Annotated[
            bool, typer.Option("--data", help="The validation data's key, not the model's.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        with open_market(context, acting=True) as market:
            give = of(market).grant_data if data else of(market).grant_model
            show(paid(give(number)), as_json)

    @app.command("fetch", help=fetch)
    def _fetch(
        context: typer.Context,
        number: Number,
        folder: Annotated[Path, typer.Argument(help="Where model and data go.")],
        as_json: Json = False,
    ) -> None:
        with open_market(context, acting=True, quiet=as_json) as market:
            material = of(market).fetch(number, folder)
            data = str(material.data) if material.data else None
            show({"name": material.manifest.name, "model": str(material.model), "data": data}, as_json)
