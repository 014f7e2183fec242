"""What commands print: tables for people, JSON for programs, from the same cells."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from assay.words.printable import printable

if TYPE_CHECKING:
    from assay.chain import Receipt
    from assay.deal.round_step import NextStep
    from assay.escrow import Token
    from assay.governance.policy import Share
    from assay.manifests.evaluation import Metric
    from assay.market import Market

_GWEI = 10**9
_PLAIN_WIDTH = 240  # of tables where no terminal says how wide it is


@dataclass(frozen=True)
class Cell:
    """A value for JSON with its text for people."""

    value: Any
    text: str


def money(base_units: int, token: Token) -> Cell:
    """An amount: base units as a decimal string in JSON, which has no exact numbers of that size."""
    return Cell(str(base_units), token.format(base_units))


def share_of(share: Share, token: Token) -> dict[str, Cell | None]:
    """A part of a whole, and the cap on it."""
    capped = share.cap.cap_ppm != 0
    return {
        "of": money(share.total, token),
        "share": ppm(share.ppm),
        "cap": ppm(share.cap.cap_ppm) if capped else None,
        "counts_from": money(share.cap.min_volume, token) if capped else None,
    }


def moment(seconds: int) -> Cell:
    """A time: Unix seconds in JSON, none for 0."""
    if not seconds:
        return Cell(None, "-")
    return Cell(seconds, f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC")


def ppm(value: int) -> Cell:
    """A share or rate: ppm in JSON, per cent for people."""
    from assay.words import formatting

    return Cell(value, formatting.percent(value))


def score(value: int, metric: Metric | None) -> Cell:
    """A model's score: ppm in JSON, greater is better; what *metric* says for people."""
    from assay.words import formatting

    return Cell(value, formatting.score(value, metric))


def threshold(value: int, metric: Metric | None) -> Cell:
    """What a score has to reach: ppm in JSON; "at least" or, of an error, "at most" for people."""
    from assay.words import formatting

    return Cell(value, formatting.threshold(value, metric))


def due(step: NextStep) -> Cell:
    """What is due next: who, what, by which commands, until when (Unix seconds, none for no deadline)."""
    record = {
        "who": step.who,
        "action": step.what,
        "commands": step.commands,
        "deadline": step.by or None,
        "says": str(step),
    }
    return Cell(record, str(step))


def paid(receipt: Receipt) -> dict[str, Any]:
    """What a transaction cost."""
    return {
        "transaction": receipt.tx_hash,
        "block": receipt.block,
        "gas": Cell(receipt.gas_used, f"{receipt.gas_used:,}"),
        "fee": Cell(str(receipt.fee), f"{receipt.fee // _GWEI:,} gwei"),
    }


def gathered(market: Market, fields: Mapping[str, Any]) -> dict[str, Any]:
    """*fields*, of which those that are functions are called: side by side, so that they share requests.

    One whose name begins with ``**`` stands for the fields that it returns.
    """
    asked = [name for name, field in fields.items() if callable(field)]
    found = dict(zip(asked, market.session.together(*(fields[name] for name in asked)), strict=True))
    record: dict[str, Any] = {}
    for name, field in {**fields, **found}.items():
        record |= field if name.startswith("**") else {name: field}
    return record


def show(record: Mapping[str, Any], as_json: bool) -> None:
    """Print one record."""
    if as_json:
        _print_json({name: _value(value) for name, value in record.items()})
        return
    width = max(map(len, record))
    for name, value in record.items():
        # a line is never broken or cut: addresses and hashes are there to be copied
        lines = printable(_text(value), keep="\n").replace("\n", "\n" + " " * (width + 2))
        typer.echo(f"{typer.style(name.replace('_', ' ').ljust(width), bold=True)}  {lines}")


def show_rows(rows: Sequence[Mapping[str, Any]], as_json: bool, *, empty: str) -> None:
    """Print a list of records with the same fields; *empty* is said when there are none."""
    if as_json:
        _print_json([{name: _value(value) for name, value in row.items()} for row in rows])
    elif not rows:
        typer.echo(empty)
    else:
        table = Table(*(Column(name.replace("_", " "), overflow="fold") for name in rows[0]))
        for row in rows:
            table.add_row(*(escape(printable(_text(value), keep="\n")) for value in row.values()))
        Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH).print(table)


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2))


def _value(value: Any) -> Any:
    if isinstance(value, Cell):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {name: _value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(item) for item in value]
    return value


def _text(value: Any) -> str:
    if isinstance(value, Cell):
        return value.text
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "\n".join(f"{name} {_text(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        separator = "\n" if any(isinstance(item, Mapping) for item in value) else ", "
        return separator.join(_text(item) for item in value) or "-"
    return "-" if value is None or value == "" else str(value)
