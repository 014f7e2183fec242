"""`assay verify`: a dossier held against the chain, claim by claim."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.output import Cell, show, show_rows
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.dossier.verify import Verification

_MARKS = {"holds": "✓", "differs": "✗", "unchecked": "?", "note": "!"}


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The dossier, a JSON file.")],
    as_json: Json = False,
) -> None:
    """Check every claim of a dossier against the chain and the store; exit code 1 where one is wrong.

    Marks: ✓ holds, ✗ differs from the chain, ? could not be checked, ! no fault, but you should know.
    """
    content = _read(file)
    with open_market(context, quiet=True) as market:
        found = market.dossiers.verify(content)
    if as_json:
        show({"holds": found.holds, "issuer": found.issuer, "claims": _rows(found)}, as_json)
    else:
        show_rows(_rows(found), as_json, empty="It claims nothing.")
        typer.echo(_summary(found))
    if not found.holds:
        raise typer.Exit(1)


def _rows(found: Verification) -> list[dict[str, Any]]:
    return [
        {"part": one.group, "mark": Cell(one.mark, _MARKS[one.mark]), "claim": one.text, "why": one.why}
        for one in found.claims
    ]


def _summary(found: Verification) -> str:
    right, wrong, open_ = (found.count(mark) for mark in ("holds", "differs", "unchecked"))
    counts = f"{right} claims hold, {wrong} differ, {open_} could not be checked"
    by = f"issued by {found.issuer}" if found.issuer else "in nobody's name"
    return f"{counts}; {by}."


def _read(file: Path) -> bytes:
    """No more of the file than a dossier can have."""
    from assay.dossier.document import MAX_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"Cannot read {file}: {error.strerror or error}.") from error
