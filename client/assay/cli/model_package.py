"""`assay model check PACKAGE`: how a model package measures up against the standard."""

from __future__ import annotations

from pathlib import Path

import typer

from assay.cli.output import Cell, show_rows


def package_checked(path: Path, as_json: bool) -> None:
    """Show each requirement and its gap; exit code 1 where there is one."""
    from assay.errors import InvalidInput
    from assay.markets.package import check_package

    if not path.exists():
        hint = (
            "For a commission, name the model too: assay model check NUMBER MODEL" if _is_number(path) else ""
        )
        raise InvalidInput(f"There is no package {path}.", hint=hint)
    found = check_package(path)
    rows = [
        {"requirement": one.requirement, "met": not one.gap, "gap": Cell(one.gap or None, one.gap or "none")}
        for one in found
    ]
    show_rows(rows, as_json, empty="")
    if any(one.gap for one in found):
        raise typer.Exit(1)


def _is_number(path: Path) -> bool:
    return str(path).isdecimal()
