"""One plot a finding, its title saying which."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from report import RESULTS

from simulation import decoys, defaults
from simulation.bidding import BIDDERS
from simulation.reputation import SHAM_COST

Rows = list[dict[str, Any]]
SHADES = ("#0b3c5d", "#1d7874", "#e08e2b", "#b23a48")
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.dpi": 110,
}


def draw_all(tables: dict[str, Rows]) -> None:
    """Write every plot to `benchmarks/results/`."""
    RESULTS.mkdir(exist_ok=True)
    plots: Sequence[tuple[str, Callable[[dict[str, Rows]], Figure]]] = (
        ("truthful", _truthful),
        ("first-price", _first_price),
        ("rings", _rings),
        ("shills", _shills),
        ("wrong", _wrong),
        ("undecided", _undecided),
        ("cost", _cost),
        ("stake", _stake),
        ("decoys", _decoys),
        ("reputation", _reputation),
    )
    with mpl.rc_context(STYLE):
        for name, draw in plots:
            figure = draw(tables)
            figure.savefig(RESULTS / f"mechanism-{name}.png", metadata={"Software": None})
            plt.close(figure)


def _axes(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


def _line(axes: Axes, rows: Iterable[dict[str, Any]], x: str, y: str, by: float = 1.0, **style: Any) -> None:
    points = sorted((row[x] * by, row[y] * by if by != 1 else row[y]) for row in rows)
    axes.plot(*zip(*points, strict=True), **style)


def _truthful(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "A bid other than one's cost only loses",
        "bid minus cost (% of the reserve)",
        "mean gain (% of the reserve)",
    )
    for n, shade in zip(BIDDERS, SHADES, strict=True):
        rows = [row for row in tables["deviations"] if row["bidders"] == n]
        _line(axes, rows, "deviation", "gain", 1e-4, color=shade, label=f"{n} bidders")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.legend(title="uniform costs")
    return figure


def _first_price(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "Customers pay on average what a first-price auction costs, with more scatter",
        "developers who bid",
        "price (% of the reserve),\nmean and standard deviation",
    )
    rows = [row for row in tables["first_price"] if row["costs"] == "uniform"]
    at = np.arange(len(rows))
    for shift, kind, shade in ((-0.12, "second_price", SHADES[0]), (0.12, "first_price", SHADES[2])):
        axes.errorbar(
            at + shift,
            [row[kind] / 1e4 for row in rows],
            [row[f"{kind}_deviation"] / 1e4 for row in rows],
            fmt="o",
            capsize=4,
            color=shade,
            label=kind.replace("_", " "),
        )
    axes.set_xticks(at, [str(row["bidders"]) for row in rows])
    axes.set_ylim(0, 100)
    axes.legend(title="uniform costs")
    return figure


def _rings(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "From three bidders on, a bond of 10 % makes never revealing for a partner a loss",
        "bond (% of the reserve)",
        "the ring's mean gain (% of the reserve)",
    )
    for n, shade in zip(BIDDERS, SHADES, strict=True):
        rows = [row for row in tables["late_rings"] if row["bidders"] == n and row["costs"] == "uniform"]
        _line(axes, rows, "bond", "gain_if_always", 1e-4, color=shade, label=f"{n} bidders, always withheld")
        _line(axes, rows, "bond", "gain", 1e-4, color=shade, linestyle=":")
    axes.plot([], [], color="grey", linestyle=":", label="withheld only where\nthe gap exceeds the bond")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axvline(10, color="black", linewidth=0.8, linestyle="--")
    axes.set_ylim(-30, 36)
    figure.legend(title="uniform costs", loc="outside right center", fontsize=8)
    return figure


def _shills(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "A bond cuts what a customer's shills gain; between two bidders none prevents it",
        "bond (% of the reserve)",
        "mean gain of the best grid of shills (% of the reserve)",
    )
    for n, shade in zip(BIDDERS, SHADES, strict=True):
        for costs, line in (("uniform", "-"), ("lognormal", "--")):
            rows = [row for row in tables["shills"] if row["bidders"] == n and row["costs"] == costs]
            label = f"{n} bidders" if line == "-" else None
            _line(axes, rows, "bond", "gain", 1e-4, color=shade, linestyle=line, label=label)
    axes.plot([], [], color="grey", linestyle="--", label="lognormal costs (solid: uniform)")
    axes.axvline(10, color="black", linewidth=0.8, linestyle="--")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def _wrong(tables: dict[str, Rows]) -> Figure:
    figure, both = plt.subplots(1, 2, figsize=(9.6, 4.4), sharey=True, layout="constrained")
    figure.suptitle("Up to a fifth of all stake an appeal makes false results rare; large panels more so")
    for axes, appeal in zip(both, (False, True), strict=True):
        axes.set(
            title="appealed whenever somebody dislikes it" if appeal else "without appeal",
            xlabel="stake that lies (% of all)",
            yscale="log",
            ylim=(1e-6, 1.2),
        )
        for size, shade in zip(defaults.TIERS, SHADES, strict=True):
            rows = _panels(tables, "lying", appeal, size)
            _line(axes, rows, "percent", "wrong_formula", color=shade, label=f"{size} seats")
            seen = [row for row in rows if row["wrong"] > 0]
            axes.plot(
                [r["percent"] for r in seen], [r["wrong"] for r in seen], "o", color=shade, markersize=4
            )
    both[0].set_ylabel("probability of a false result\n(line: formula, dots: simulation)")
    both[0].legend()
    return figure


def _undecided(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "A third of all stake, silent, stops about every second request",
        "stake that keeps silent (% of all)",
        "probability that there is no result",
    )
    for size, shade in zip(defaults.TIERS, SHADES, strict=True):
        _line(
            axes,
            _panels(tables, "silent", False, size),
            "percent",
            "undecided_formula",
            color=shade,
            label=f"{size} seats",
        )
        once = _panels(tables, "silent, replaced once", False, size)
        _line(axes, once, "percent", "undecided_formula", color=shade, linestyle=":")
    axes.plot([], [], color="grey", linestyle=":", label="after the silent were replaced once")
    axes.legend()
    return figure


def _cost(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "Below a fifth of all stake, a false result burns thousands of seat stakes",
        "stake that lies (% of all)",
        "stake burnt for each false result (seat stakes)",
    )
    for size, shade in zip(defaults.TIERS, SHADES, strict=True):
        rows = [
            row | {"each": row["fines"] / row["wrong_formula"]}
            for row in _panels(tables, "lying", True, size)
            if row["wrong_formula"] > 1e-9
        ]
        _line(axes, rows, "percent", "each", color=shade, label=f"{size} seats")
    axes.set(yscale="log", ylim=(0.1, 1e6))
    axes.legend(title="always appealed")
    return figure


def _stake(tables: dict[str, Rows]) -> Figure:
    share = f"{defaults.SHARE:.0%}".replace("%", " %")
    figure, axes = _axes(
        f"The seat stake at which lying never pays, with {share} of all stake lying",
        "value of the deal (tokens)",
        "seat stake (tokens)",
    )
    values = np.geomspace(1_000, 1_000_000, 50)
    for size, shade in zip(defaults.TIERS, SHADES, strict=True):
        axes.plot(values, values / defaults.bearable(size, 1), color=shade, label=f"{size} seats")
        axes.plot(defaults.tiers()[size], defaults.SEAT_STAKE, "o", color=shade)
    axes.axhline(defaults.SEAT_STAKE, color="black", linewidth=0.8, linestyle="--")
    axes.plot([], [], "o--", color="black", label="recommended, and the largest deal for each size")
    axes.set(xscale="log", yscale="log")
    axes.legend()
    return figure


def _decoys(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "Decoys capture panels only if locked stake is passed over; drawn, it stops them",
        "honest stake that backs seats on decoys (% of all honest stake)",
        "panels of five that are captured (%)",
    )
    chosen = [
        row for row in tables["decoys"] if row["kept_out"] and not row["after"] and row["seats_each"] == 1
    ]
    for share, shade in ((0.1, SHADES[0]), (0.2, SHADES[3])):
        for exclusive, line in ((True, "--"), (False, "-")):
            rows = [row for row in chosen if row["share"] == share and row["exclusive"] == exclusive]
            rows = [row for row in rows if row["size"] == decoys.SMALLEST or not exclusive]
            rule = "passed over" if exclusive else "drawn"
            label = f"{share:.0%} of all stake colludes, locked stake is {rule}".replace("%", " %")
            _line(axes, rows, "filled", "captured", 100, color=shade, linestyle=line, label=label)
    axes.set(xlim=(0, 100), ylim=(-2, 102))
    axes.legend()
    return figure


def _panels(tables: dict[str, Rows], behaviour: str, appeal: bool, size: int) -> Rows:
    return [
        row | {"percent": 100 * row["share"]}
        for row in tables["panels"]
        if (row["behaviour"], row["appeal"], row["size"]) == (behaviour, appeal, size)
    ]


def _reputation(tables: dict[str, Rows]) -> Figure:
    figure, axes = _axes(
        "Sham deals lift an average of stars for nothing, our score for money",
        f"sham deals ({SHAM_COST} tokens each to others by our rules, nothing where stars are all)",
        "points of 100 after a year of failures",
    )
    rows = tables["reputation_rings"]
    for name, shade, line, label in (
        ("stars_ppm", SHADES[2], "--", "average of stars"),
        ("score", SHADES[0], "-", "score"),
    ):
        heights = [row[name] / 1e4 for row in rows]
        axes.plot([row["size"] for row in rows], heights, color=shade, linestyle=line, label=label)
    axes.axhline(50, color="black", linewidth=0.8, label="a new identity")
    axes.set(xlim=(0, 100), ylim=(0, 100))
    axes.legend()
    return figure
