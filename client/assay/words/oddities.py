"""What a column holds that is perhaps not meant as it is read, in sentences that say what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from assay.manifests.node_report import DescribedColumn, Oddity
from assay.words import formatting
from assay.words.printable import printable, quoted

_AS_TEXT = {
    "thousands": "numbers with separators of thousands, or another decimal sign",
    "currency": "amounts with a currency",
    "percent": "percentages",
    "date": "dates that are not written like 2024-12-31",
}
_MEND = {
    "thousands": "write them without, such as 1234.5",
    "currency": "write the numbers alone, and the currency into the column's name",
    "percent": "write the numbers alone, and the unit into the column's name",
    "date": "write them in that way, since day and month are told apart by their places alone",
}
_SHOWN = 3


def oddities(column: DescribedColumn) -> Iterator[str]:
    """A sentence or two for each oddity of *column*."""
    for one in column.oddities:
        yield f"{quoted(column.name)} {_told(column, one)}"


def _told(column: DescribedColumn, one: Oddity) -> str:
    example = quoted(one.examples[0]) if one.examples else "?"
    name = shlex.quote(printable(column.name))
    match one.kind:
        case "leading zeros":
            return f"has numbers with zeros in front, such as {example}. For codes, say --text {name}."
        case "inexact":
            return (
                f"has whole numbers that a float32 does not hold exactly, such as {example}. For numbers of"
                f" rows or codes, say --without {name} or --text {name}."
            )
        case "strays":
            shown = ", ".join(map(quoted, one.examples[:_SHOWN])) + (
                ", …" if len(one.examples) > _SHOWN else ""
            )
            gaps = " ".join(f"--gap {shlex.quote(printable(text))}" for text in one.examples[:_SHOWN])
            cells = formatting.count(one.cells, "cell")
            return f"is text because of {cells} such as {shown}. Where these mean a gap, say {gaps}."
    return f"is text: it holds {_AS_TEXT[one.kind]}, such as {example}. Otherwise, {_MEND[one.kind]}."
