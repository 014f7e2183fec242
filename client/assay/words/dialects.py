"""How a CSV file is written, in words."""

from __future__ import annotations

import shlex

from assay.manifests.evaluation import CsvDialect
from assay.manifests.node_report import AmbiguousDialect, FoundGap
from assay.words import formatting
from assay.words.printable import printable, quoted

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
    if asked.option == "gaps":
        shared = "; ".join(_shared(one) for one in asked.gaps if one.texts)
        return f"Line {asked.line} holds a text that is perhaps a gap and perhaps a value: {shared}"
    if not asked.readings:
        return f"Line {asked.line} is not text in any encoding that is known"
    meanings = _MEANINGS.get(asked.option, {})
    ways = [
        f"{quoted(reading)} {meanings.get(choice, f'in {choice}')}"
        for choice, reading in asked.readings.items()
    ]
    return f"Line {asked.line} reads as {', or as '.join(ways)}"


def choices(asked: AmbiguousDialect) -> str:
    """The options between which the user has to choose, in a sentence."""
    if asked.option == "gaps":
        options = " ".join(f"--gap={shlex.quote(printable(one.text))}" for one in asked.gaps)
        return (
            f"Where it means a gap, say {options}: these cells are then read as empty in all columns."
            " Where it is a value, empty the cells between numbers that hold it."
        )
    if asked.option == "header":
        return "Say which: --header or --no-header."
    options = " or ".join(f"--{asked.option} '{_SPELT.get(one, one)}'" for one in asked.readings)
    return f"Say which: {options}."


def _shared(gap: FoundGap) -> str:
    """Where a text stands between numbers, and where among texts."""
    between = f"the numbers of {quoted(gap.numbers)}" if gap.numbers else "numbers"
    others = gap.columns - len(gap.texts)
    more = f" and {formatting.count(others, 'other column')}" if others else ""
    among = ", ".join(map(quoted, gap.texts))
    return f"{quoted(gap.text)} stands between {between}, and also among the texts of {among}{more}"
