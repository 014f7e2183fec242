"""How gas grows with bids, seats, payees and validators: a table, and a plot each. Run by gas.py."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from report import RESULTS, show, write

Points = dict[str, dict[int, int]]  # operation: how many: gas


@dataclass(frozen=True)
class Growth:
    """What grows: the group of snapshots, how they are named, what the plot says, and whether that is so."""

    group: str
    pattern: str  # of a snapshot's name, with groups `operation` and `count`
    of: str
    title: str
    most: float  # the largest may cost so many times the smallest


NAMED = r"(?P<operation>.+), (?P<count>\d+)"
GROWTHS = (
    Growth("bids", NAMED, "bids", "Bidding and closing cost the same for 2 bids and for 1,000", 1.15),
    Growth(
        "panel", NAMED, "seats", "Drawing and judging a panel cost in proportion to its seats", 31 / 3 * 1.1
    ),
    Growth(
        "Settlement",
        r"settle, (?P<count>\d+) (?P<operation>new payees|payees)",
        "payees",
        "Settling costs in proportion to its payees",
        50,
    ),
    Growth("validators", NAMED, "validators staked", "The draw grows with the logarithm of the pool", 2),
)


def report(measured: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Print and draw all of it.

    Returns:
        What was not measured, or grows faster than its plot says.
    """
    rows, wrong = [], []
    for growth in GROWTHS:
        points = _points(growth, measured.get(growth.group, {}))
        if not points:
            wrong.append(f"growth with {growth.of}")
            continue
        for operation, line in points.items():
            (few, least), (many, most) = min(line.items()), max(line.items())
            row = {"operation": operation, "of": growth.of, "few": few, "least": least}
            rows.append(row | {"many": many, "most": most, "times": most / least, "points": line})
            if most > growth.most * least:
                wrong.append(f"{operation} grows {most / least:.2f} times with {growth.of}")
        _draw(growth, points)
    columns = {"operation": "operation", "of": "with the number of", "few": "from", "least": "gas"}
    show("How gas grows", columns | {"many": "to", "most": "gas there", "times": "times as much"}, rows)
    write("gas-growth.json", json.dumps(rows, indent=1) + "\n")
    return wrong


def _points(growth: Growth, snapshots: Mapping[str, int]) -> Points:
    points: Points = {}
    for name, gas in snapshots.items():
        if match := re.fullmatch(growth.pattern, name):
            points.setdefault(match["operation"], {})[int(match["count"])] = gas
    return points


def _draw(growth: Growth, points: Points) -> None:
    style = {"axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3}
    with mpl.rc_context(style):
        figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
        for operation, line in sorted(points.items(), key=lambda item: -max(item[1].values())):
            counts = sorted(line)
            axes.plot(counts, [line[n] / 1e3 for n in counts], marker="o", markersize=4, label=operation)
        axes.set(xlabel=growth.of, ylabel="gas of the transaction (thousands)", ylim=(0, None))
        axes.set_title(growth.title, loc="left", fontsize=11)
        if growth.group in ("bids", "validators"):
            axes.set_xscale("log")
        axes.legend(frameon=False)
        RESULTS.mkdir(exist_ok=True)
        figure.savefig(RESULTS / f"gas-{growth.of.split()[0]}.png", dpi=110, metadata={"Software": None})
        plt.close(figure)
