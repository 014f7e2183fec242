"""`assay policy`: the market's rules."""

from __future__ import annotations

import typer

from assay.cli.output import Data, show_rows
from assay.cli.settings import Json, open_market

app = typer.Typer(no_args_is_help=True)


@app.command("show")
def show_policy(context: typer.Context, as_json: Json = False) -> None:
    """Show every rule that applies to what is opened now. Open deals keep the rules of their opening."""
    with open_market(context) as market:
        rows = [
            {"about": rule.about, "rule": rule.text, "value": Data(rule.value)}
            for rule in market.governance.rules()
        ]
        show_rows(rows, as_json, empty="The market has no rules yet.")
