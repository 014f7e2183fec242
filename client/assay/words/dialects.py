"""How a CSV file is written, in words."""

from __future__ import annotations

from assay.manifests.evaluation import CsvDialect
from assay.manifests.node_report import AmbiguousDialect
from assay.words import formatting
from assay.words.printable import quoted

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
_DECIMALS = {".": "decimal points", ",": "decimal commas"}
_MEANINGS = {
    "separator": {one: f"with columns separated by {name}" for one, name in _SEPARATORS.items()},
    "decimal": {one: f"with {name}" for one, name in _DECIMALS.items()},
    "quote": {'"': 'with cells in "', "'": "with cells in '"},
    "header": {"yes": "with names in the first row", "no": "without names in the first row"},
}
_SPELT = {"\t": "tab"}


def dialect(one: CsvDialect) -> str:
    """The whole dialect, in one line."""
    parts = [f"columns separated by {_SEPARATORS[one.separator]}", _DECIMALS[one.decimal], one.encoding]
    if one.quote != '"':
        parts.append(f"cells in {one.quote}")
    if not one.header:
        parts.append("no names in the first row")
    if one.skip_lines:
        parts.append(f"{formatting.count(one.skip_lines, 'line')} skipped above the table")
    if one.gaps:
        parts.append(f"gaps written as {', '.join(map(quoted, one.gaps))}")
    return ", ".join(parts)


def question(asked: AmbiguousDialect) -> str:
    """Why a file can be read in more than one way."""
    if not asked.readings:
        return f"Line {asked.line} is not text in any encoding that is known"
    meanings = _MEANINGS.get(asked.option, {})
    ways = [
        f"{quoted(reading)} {meanings.get(choice, f'in {choice}')}"
        for choice, reading in asked.readings.items()
    ]
    return f"Line {asked.line} reads as {', or as '.join(ways)}"


def choices(asked: AmbiguousDialect) -> str:
    """The options between which the user has to choose."""
    if asked.option == "header":
        return "--header or --no-header"
    return " or ".join(f"--{asked.option} '{_SPELT.get(one, one)}'" for one in asked.readings)
