"""How benchmarks report: tables on the terminal, files in `benchmarks/results/`. Not a benchmark itself."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results"


def publish(name: str, title: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, object]]) -> None:
    """Print *rows* as a table with *columns* (key in a row: heading); write them whole to `<name>.json`."""
    show(title, columns, rows)
    write(f"{name}.json", json.dumps(rows, indent=1) + "\n")


def show(title: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, object]]) -> None:
    """Print *rows* as a table with *columns* (key in a row: heading)."""
    table = Table(title=title)
    for number, heading in enumerate(columns.values()):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(_cell(row[key]) for key in columns))
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def write(name: str, text: str) -> None:
    """Put a file into `benchmarks/results/`, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    partial = RESULTS / f"{name}.tmp"
    partial.write_text(text)
    partial.replace(RESULTS / name)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
