"""What commands print: tables for people, JSON for programs, from the same cells.

In JSON a number has its unit in its name: an amount is ``price_base_units``, a time ``deadline_unix``, a
duration ``time_left_seconds``, a share ``fee_ppm``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from assay.words import times
from assay.words.printable import printable

if TYPE_CHECKING:
    from assay.chain import Receipt
    from assay.deal.round_step import NextStep
    from assay.escrow import Token
    from assay.governance.policy import Share
    from assay.manifests import ModelManifest
    from assay.manifests.evaluation import Metric
    from assay.market import Market

_GWEI = 10**9
_PLAIN_WIDTH = 240  # of tables where no terminal says how wide it is


_chain_time: ContextVar[Callable[[], int] | None] = ContextVar("_chain_time", default=None)


@dataclass(frozen=True)
class Cell:
    """A value for JSON with its text for people.

    Attributes:
        unit: of a number, which ends its name in JSON.
    """

    value: Any
    text: str
    unit: str = ""


@dataclass(frozen=True)
class Data:
    """A value for programs that tells a person nothing. It is in JSON only.

    A number that may have more than 53 bits is text there, since many languages read it as a float.
    """

    value: Any


@contextmanager
def telling_time_by(now: Callable[[], int]) -> Iterator[None]:
    """Within the block times to come are shown with the time left, by the chain's clock *now*."""
    token = _chain_time.set(cache(now))
    try:
        yield
    finally:
        _chain_time.reset(token)


def money(base_units: int | None, token: Token) -> Cell:
    """An amount, if any: base units as a decimal string in JSON, which has no exact numbers of that size."""
    if base_units is None:
        return Cell(None, "-", "base_units")
    return Cell(str(base_units), token.format(base_units), "base_units")


def wei(amount: int) -> Cell:
    """An amount of the chain's own currency."""
    return Cell(str(amount), f"{amount // _GWEI:,} gwei", "wei")


def share_of(share: Share, token: Token) -> dict[str, Cell | None]:
    """A part of a whole, and the cap on it."""
    capped = share.cap.cap_ppm != 0
    return {
        "of": money(share.total, token),
        "share": ppm(share.ppm),
        "cap": ppm(share.cap.cap_ppm if capped else None),
        "counts_from": money(share.cap.min_volume if capped else None, token),
    }


def moment(seconds: int) -> Cell:
    """A time: Unix seconds in JSON, none for 0; local time and the time left for people."""
    if not seconds:
        return Cell(None, "-", "unix")
    now = _chain_time.get()
    return Cell(seconds, times.due(seconds, now()) if now else times.local(seconds), "unix")


def ppm(value: int | None) -> Cell:
    """A share or rate, if any: ppm in JSON, per cent for people."""
    from assay.words import formatting

    return Cell(value, "-" if value is None else formatting.percent(value), "ppm")


def size(count: int) -> Cell:
    """The size of a file."""
    return Cell(count, f"{count:,} bytes", "bytes")


def opened_model(manifest: ModelManifest, path: Path) -> dict[str, Any]:
    """A model that was opened, and the file that it is in."""
    artifact = manifest.artifact
    named = {"model": manifest.name, "path": str(path)}
    return {**named, "size": size(artifact.plaintext_size), "sha256": artifact.plaintext_sha256}


def out_of(number: int, most: int) -> Cell:
    """So many of those that there can be: "2 of 3"."""
    return Cell({"number": number, "of": most}, f"{number} of {most}")


def digest(value: bytes | str) -> Cell:
    """A digest, none where it is zero."""
    text = value if isinstance(value, str) else value.hex()
    return Cell(text, text) if text.strip("0") else Cell(None, "-")


def score(value: int | None, metric: Metric | None) -> Cell:
    """A model's score, if any: ppm in JSON, greater is better; what *metric* says for people."""
    from assay.words import formatting

    return Cell(value, "-" if value is None else formatting.score(value, metric), "ppm")


def threshold(value: int, metric: Metric | None) -> Cell:
    """What a score has to reach: ppm in JSON; "at least" or, of an error, "at most" for people."""
    from assay.words import formatting

    return Cell(value, formatting.threshold(value, metric), "ppm")


def due(step: NextStep) -> Cell:
    """What is due next: who, what, by which commands, until when (Unix seconds, none for no deadline)."""
    record = {
        "who": step.who,
        "action": step.what,
        "commands": step.commands,
        "deadline_unix": step.by or None,
    }
    return Cell(record, f"{step.says} (by {moment(step.by).text})" if step.by else step.says)


def paid(receipt: Receipt) -> dict[str, Any]:
    """What a transaction cost."""
    return {
        "transaction": receipt.tx_hash,
        "block": receipt.block,
        "gas": Cell(receipt.gas_used, f"{receipt.gas_used:,}"),
        "fee": wei(receipt.fee),
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
        _print_json(_value(record))
        return
    shown = {name: value for name, value in record.items() if not isinstance(value, Data)}
    width = max(map(len, shown))
    for name, value in shown.items():
        # a line is never broken or cut: addresses and hashes are there to be copied
        lines = printable(_text(value), keep="\n").replace("\n", "\n" + " " * (width + 2))
        typer.echo(f"{typer.style(name.replace('_', ' ').ljust(width), bold=True)}  {lines}")


def show_rows(rows: Sequence[Mapping[str, Any]], as_json: bool, *, empty: str) -> None:
    """Print a list of records with the same fields; *empty* is said when there are none."""
    if as_json:
        _print_json(_value(rows))
    elif not rows:
        typer.echo(empty)
    else:
        shown = [name for name, value in rows[0].items() if not isinstance(value, Data)]
        table = Table(*(Column(name.replace("_", " "), overflow="fold") for name in shown))
        for row in rows:
            table.add_row(*(escape(printable(_text(row[name]), keep="\n")) for name in shown))
        Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH).print(table)


def show_failure(code: str, message: str, hint: str = "", *, contract_error: str = "") -> None:
    """Print why a command failed, for a program that reads JSON; people read it on stderr.

    Args:
        code: what kind of failure it is.
        contract_error: the name of the contract's error, where a contract refused.
    """
    told = {"code": code, "message": message, "hint": hint, "contract_error": contract_error}
    _print_json({"error": {name: said for name, said in told.items() if said}})


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2))


def _value(value: Any) -> Any:
    if isinstance(value, (Cell, Data)):
        return _value(value.value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {_name(name, item): _value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(item) for item in value]
    return value


def _name(name: str, value: Any) -> str:
    """With its unit, where the value has one."""
    value = value.value if isinstance(value, Data) else value
    unit = value.unit if isinstance(value, Cell) else ""
    return f"{name}_{unit}" if unit else name


def _text(value: Any) -> str:
    if isinstance(value, Cell):
        return value.text
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        shown = {name: item for name, item in value.items() if not isinstance(item, Data)}
        return "\n".join(f"{name.replace('_', ' ')} {_text(item)}" for name, item in shown.items())
    if isinstance(value, (list, tuple)):
        separator = "\n" if any(isinstance(item, Mapping) for item in value) else ", "
        return separator.join(_text(item) for item in value) or "-"
    return "-" if value is None or value == "" else str(value)
