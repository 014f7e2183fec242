"""Branch coverage of the contracts: `make coverage`. Fails below 95 %.

Branches are counted as forge counts them (an `if` without `else` is one). Only our own code counts, without
`contracts/test`, and only what tests of single contracts reach: foundry.toml leaves the others out.
"""

import os
import sys
from collections import defaultdict
from pathlib import Path

from steps import ROOT, StepError, run

REQUIRED = 95.0  # per cent of the branches
TRACE = ROOT / "build" / "coverage.lcov"
COMMAND = ["forge", "coverage", "--report", "lcov", "--report-file", str(TRACE)]

Hits = list[tuple[int, int]]  # line, and how often it was reached


def read(trace: Path) -> dict[str, dict[str, Hits]]:
    """What was hit of each source by kind: lines (`DA`), branches (`BRDA`), functions (`FNDA`)."""
    sources: dict[str, dict[str, Hits]] = {}
    for row in trace.read_text().splitlines():
        kind, _, value = row.partition(":")
        first, *rest = value.split(",")
        if kind == "SF":
            source = sources[value] = defaultdict(list)
        elif kind == "DA":
            source[kind].append((int(first), int(rest[0])))
        elif kind == "BRDA":
            source[kind].append((int(first), 0 if rest[-1] == "-" else int(rest[-1])))
        elif kind == "FNDA":
            source[kind].append((0, int(first)))
    ours = {path for path in sources if path.startswith("contracts/") and "/test/" not in path}
    return {path: sources[path] for path in sorted(ours)}


def share(hits: Hits) -> str:
    """How many of them were reached, as `reached/all`."""
    return f"{sum(count > 0 for _, count in hits)}/{len(hits)}"


def main() -> None:
    """Run the tests, print the table and exit 1 when too few branches are covered."""
    os.environ["FOUNDRY_PROFILE"] = "coverage"
    try:
        run("coverage", [COMMAND])
    except StepError:
        sys.exit(1)
    branches: Hits = []
    missed = []
    print(f"\n{'contract':<40}{'lines':>10}{'branches':>10}{'functions':>11}")
    for path, source in read(TRACE).items():
        lines, taken, functions = (source[kind] for kind in ("DA", "BRDA", "FNDA"))
        name = path.removeprefix("contracts/")
        print(f"{name:<40}{share(lines):>10}{share(taken):>10}{share(functions):>11}")
        branches += taken
        missed += [f"  {path}:{line}" for line, count in lines + taken if not count]
    if missed:
        print("\nlines and branches not reached:", *sorted(set(missed)), sep="\n")
    percent = 100 * sum(count > 0 for _, count in branches) / max(len(branches), 1)
    print(f"branch coverage: {percent:.1f} %")
    sys.exit(0 if percent >= REQUIRED else 1)


if __name__ == "__main__":
    main()
