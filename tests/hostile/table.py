"""Writes docs/hostile-inputs.md: what hostile files try, and what a validator answers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile import CASES, Kind
from hostile.catalogue import LIMITS

PAGE = Path(__file__).parents[2] / "docs" / "hostile-inputs.md"
MIB = 1 << 20
INTRODUCTION = """# Hostile inputs

Models and data come from people whom a validator does not trust. Each of these {count} files is made by
code in `tests/hostile/` and offered to a validation node in the tests. Each has to end in a reason of its
own, within its limits, and the next request has to be served.

The kernel enforces these limits, of which each order states its own. Outside the jail, no file makes the
node's memory grow by more than a hundred MiB.

| limit | here |
|---|---|
| processor time of a process in a jail | {cpu_seconds} s |
| its memory | {memory_bytes} MiB |
| what it writes | {file_bytes} MiB |
| a model | {model_bytes} MiB |
| data | {data_bytes} MiB |

`python tests/hostile/table.py` writes this page, and a test fails when it is out of date.
"""
TITLES: dict[Kind, tuple[str, str]] = {
    "model file": (
        "Models that are refused as files",
        "Read in a jail, as data. No runtime has loaded them.",
    ),
    "model run": (
        "Models that are stopped in a run",
        "Some do not load, some do not end, some answer nonsense.",
    ),
    "data": ("Data", "Read in a jail. The order asks for a number `x` and a class `y`, 0 or 1."),
}


def page() -> str:
    """The page as it has to be."""
    limits = {key: value // MIB for key, value in LIMITS.model_dump().items() if key.endswith("bytes")}
    parts = [INTRODUCTION.format(count=len(CASES), cpu_seconds=LIMITS.cpu_seconds, **limits)]
    for kind, (title, remark) in TITLES.items():
        rows = [case for case in CASES if case.kind == kind]
        lines = [f"## {title}", "", remark, "", "| file | what it tries | answer |", "|---|---|---|"]
        lines += [f"| {case.name} | {case.tries.replace('|', ' ')} | `{case.code}` |" for case in rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
