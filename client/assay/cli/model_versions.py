"""`assay model versions`: how a maintained model has changed, and what that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from assay.cli.arguments import DigestText
from assay.cli.output import Cell, show_rows
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.markets.versions import ModelVersion


def versions(context: typer.Context, manifest: DigestText, as_json: Json = False) -> None:
    """List all versions of a maintained model, the first one first, with what each changes."""
    with open_market(context, quiet=as_json) as market:
        rows = [_row(one) for one in market.versions.chain(manifest)]
        show_rows(rows, as_json, empty="")


def _row(found: ModelVersion) -> dict[str, Any]:
    from assay.manifests.change_plan import CHANGE_WORDS

    return {
        "manifest": found.manifest,
        "model": found.model_id,
        "commission": found.commission_id,
        "developer": found.developer,
        "follows": found.previous,
        "changes": Cell(list(found.changes), "\n".join(CHANGE_WORDS[one] for one in found.changes) or "-"),
        "needs": Cell(found.needs, _needed(found)),
        "met": found.met,
    }


def _needed(found: ModelVersion) -> str:
    if found.previous is None:
        return "-"
    if found.needs is None:
        return "there is no change plan"
    said = {"test": "a test", "audit": "a test and an audit"}
    return said.get(found.needs, "a new agreement: the plan rules this out")
