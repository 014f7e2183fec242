"""Sentences about data in a column that may be read differently from what was meant, and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from assay.manifests.node_report import DescribedColumn, Oddity
from assay.words import formatting
from assay.words.printable import printable, quoted

_AS_TEXT = {
    "thousands": "numbers with separators of thousands",
    "currency": "amounts with a currency",
    "percent": "percentages",
    "unit": "numbers with a unit",
    "date": "dates that are not written like 2024-12-31",
    "clock": "times of day",
    "sign": "numbers whose minus is another character than -, or stands behind them",
}
_MEND = {
    "thousands": "write them without, such as 1234.5",
    "currency": "write the numbers alone, and the currency into the column's name",
    "percent": "write the numbers alone, and the unit into the column's name",
    "unit": "write the numbers alone, and the unit into the column's name",
    "sign": "write them like -12.5",
    "date": "write them in that way, or with a time and a zone, like 2024-12-31 10:00:00+01:00",
    "clock": "write them as numbers, such as of hours",
}
_NAMES_FED = "the names themselves are fed."
_SHOWN = 3


def oddities(column: DescribedColumn) -> Iterator[str]:
    """A sentence or two for each oddity of *column*."""
    for one in column.oddities:
        yield f"{quoted(column.name)} {_told(column, one)}"


def sentinel(name: str, one: Oddity) -> str:
    """A sentence about a value in the column *name* of an order's data that may stand for a gap."""
    shown = ", ".join(map(quoted, one.examples[:_SHOWN]))
    cells = formatting.count(one.cells, "cell")
    return (
        f"{quoted(name)} holds {shown} in {cells}, unlike its other values. Where that means a gap, empty"
        " these cells, or of a CSV file name it in evaluation.data.csv.gaps for all columns."
    )


def spaces_around(columns: Iterable[DescribedColumn]) -> Iterator[str]:
    """A sentence about names with spaces at their ends."""
    names = [quoted(one.name) for one in columns if one.name != one.name.strip()]
    if names:
        yield f"Names begin or end with spaces, and keep them: {', '.join(names[:_SHOWN])}."


def classes_alike(column: DescribedColumn) -> Iterator[str]:
    """A sentence for each pair of classes that look like the same one."""
    known: dict[str, str] = {}
    for value in column.values:
        other = known.setdefault(" ".join(value.casefold().split()), value)
        if other != value:
            yield f"{quoted(column.name)} has the classes {quoted(other)} and {quoted(value)}, which are two."


def _told(column: DescribedColumn, one: Oddity) -> str:
    example = quoted(one.examples[0]) if one.examples else "?"
    name = shlex.quote(printable(column.name))
    match one.kind:
        case "decimal":
            sign = "," if "," in example else "."
            return f"is text: its decimal sign is another, as in {example}. Say --decimal '{sign}'."
        case "absent files":
            slashes = " Write / in place of \\ in them." if "\\" in example else ""
            return f"names files that the archive does not have, such as {example}; {_NAMES_FED}{slashes}"
        case "unknown files":
            return (
                "names files that are not all images (PNG, JPEG, BMP), texts in UTF-8 or arrays (.npy),"
                f" such as {example}; {_NAMES_FED}"
            )
        case "escapes":
            cells = formatting.count(one.cells, "cell")
            return (
                f"holds backslashes and quotes in {cells}, such as {example}. Where a backslash is to make a"
                ' quote part of the cell, write the quote twice instead (""): the cell ends there.'
            )
        case "leading zeros":
            return f"has numbers with zeros in front, such as {example}. For codes, say --text {name}."
        case "empty":
            return f"is empty in all rows. To leave it out, say --without {name}."
        case "row numbers":
            return f"counts the rows. If it is no measurement, say --without {name}."
        case "inexact":
            return (
                f"has whole numbers that a float32 does not hold exactly, such as {example}. For codes, say"
                f" --text {name}, and to leave them out --without {name}."
            )
        case "sentinel":
            shown = " and ".join(map(quoted, one.examples))
            gaps = " ".join(f"--gap={shlex.quote(printable(text))}" for text in one.examples)
            cells = formatting.count(one.cells, "cell")
            return (
                f"holds {shown} in {cells}, unlike its other values. Where that means a gap, empty these"
                f" cells, or of a CSV file say {gaps} for all of its columns."
            )
        case "strays":
            shown = ", ".join(map(quoted, one.examples[:_SHOWN])) + (
                ", …" if len(one.examples) > _SHOWN else ""
            )
            gaps = " ".join(f"--gap {shlex.quote(printable(text))}" for text in one.examples[:_SHOWN])
            cells = formatting.count(one.cells, "cell")
            return f"is text because of {cells} such as {shown}. Where these mean a gap, say {gaps}."
    return f"is text: it holds {_AS_TEXT[one.kind]}, such as {example}. Otherwise, {_MEND[one.kind]}."
