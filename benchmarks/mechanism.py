"""What the market's mechanisms give, and to whom: bidding, panels and reputation, simulated with the
reference's rules.

Prints every claim of docs/mechanism.md with its evidence, and exits 1 if one does not hold. Tables, the
recommended defaults and plots go to `benchmarks/results/`. Seeded: the same figures each time.
"""

import json
import sys
from collections.abc import Iterator

import numpy as np
from report import show, write
from rich.console import Console
from rich.progress import Progress
from simulation import bidding, crowding, decoys, defaults, panels, plots, reputation, sharing
from simulation.claims import Findings

SEED = 20_261_124
COLUMNS = {"claim": "claim", "holds": "holds", "evidence": "evidence"}


def main() -> None:
    """Simulate, draw, report."""
    found = Findings()
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("simulating", total=15)
        for name, findings in _parts(np.random.default_rng(SEED)):
            found.take(findings)
            progress.update(task, advance=1, description=name)
        plots.draw_all(found.tables)
    rows = [vars(claim) for claim in found.claims]
    show("Mechanism: what docs/mechanism.md claims", COLUMNS, [_marked(row) for row in rows])
    recommended = defaults.recommended(bidding.recommended_bond(found))
    write("mechanism.json", _text({"seed": SEED, "recommended": recommended, "claims": rows, **found.tables}))
    failed = [claim.claim for claim in found.claims if not claim.holds]
    print(f"claims: {len(rows) - len(failed)} hold, {len(failed)} do not")
    sys.exit(1 if failed else 0)


def _parts(rng: np.random.Generator) -> Iterator[tuple[str, Findings]]:
    yield from bidding.parts(rng)
    yield "bounds of the stake", defaults.bounds()
    yield "panels", panels.wrong_results(rng)
    yield "lies that pay", panels.lying_pays(rng, defaults.SEAT_STAKE, defaults.tiers(load=0), defaults.SHARE)
    yield from decoys.parts(rng)
    yield "shared stake", sharing.shared_stake(rng)
    yield "crowds", crowding.crowds()
    yield from reputation.parts()


def _marked(row: dict[str, object]) -> dict[str, object]:
    return row | {"holds": "yes" if row["holds"] else "NO"}


def _text(document: dict[str, object]) -> str:
    """JSON with a line for each row of a table."""
    parts = []
    for key, value in document.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(_rounded(row), ensure_ascii=False) for row in value)
            parts.append(f'"{key}": [\n  {rows}\n ]')
        else:
            parts.append(f'"{key}": {json.dumps(value)}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _rounded(row: dict[str, object]) -> dict[str, object]:
    return {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in row.items()}


if __name__ == "__main__":
    main()
