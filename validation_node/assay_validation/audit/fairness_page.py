"""How the comparison of groups is shown on the page."""

from collections.abc import Mapping, Sequence

import numpy as np

from assay_validation.audit import plots
from assay_validation.audit.comparisons import ByGroup, Pair
from assay_validation.audit.section import Plot, Table, percent
from assay_validation.audit.subject import Subject

_SHOWN = 15
_HIDDEN = frozenset({"true rate", "selection beyond the truth"})


def pair_table(pairs: Sequence[Pair]) -> Table:
    """A table of the pairs that differ most surely."""
    return Table(
        ("compared", "greater", "less", "difference", "95 % interval", "by chance", ""),
        [_row(pair) for pair in pairs[:_SHOWN]],
        f"The {min(_SHOWN, len(pairs))} of {len(pairs):,} pairs that differ most surely. By chance: the "
        "probability of such a difference between groups that are treated alike.",
    )


def _row(pair: Pair) -> tuple[str, ...]:
    one, names = pair.statistic, pair.statistic.grouping.names

    def said(value: float) -> str:
        return percent(value) if one.unit == "share" else f"{value:.4g}"

    return (
        f"{one.name} by {one.grouping.title}",
        f"{names[pair.high]}: {said(one.values[pair.high])}",
        f"{names[pair.low]}: {said(one.values[pair.low])}",
        said(pair.difference.value),
        f"{said(pair.difference.low)} to {said(pair.difference.high)}",
        f"{pair.error:.2g}",
        "significant" if pair.significant else "",
    )


def by_group(subject: Subject, some: Mapping[str, ByGroup]) -> Plot:
    """A plot of every statistic in every group."""
    shown = {name: one for name, one in some.items() if name not in _HIDDEN}
    grouping = next(iter(some.values())).grouping
    sizes = grouping.sizes
    groups = np.flatnonzero(sizes)
    names = [f"{plots.short(grouping.names[g], 20)} ({sizes[g]:,})" for g in groups]
    across = min(2, len(shown))
    down = -(-len(shown) // across)
    with plots.canvas(down * (0.9 + 0.3 * len(groups)) + 0.3) as drawn:
        panels = np.atleast_2d(drawn.figure.subplots(down, across, sharey=True))
        for axes in panels.flat[len(shown) :]:
            axes.set_axis_off()
        for axes, (name, one) in zip(panels.flat, shown.items(), strict=False):
            places = np.arange(len(groups))[::-1]
            scale = 100 if one.unit == "share" else 1
            low, middle, high = (scale * ends[groups] for ends in (one.low, one.values, one.high))
            whiskers = np.nan_to_num(np.maximum([middle - low, high - middle], 0))
            axes.errorbar(
                middle, places, xerr=whiskers, fmt="o", color=plots.MAIN, ecolor=plots.GREY, capsize=3
            )
            axes.set_yticks(places, names)
            axes.set_ylim(-0.6, len(groups) - 0.4)
            axes.set_title(name)
            axes.set_xlabel("in %" if scale == 100 else "in units of the label")
            if scale == 100 and (one.low[groups] >= 0).all():
                axes.set_xlim(-3, 103)
    return drawn.plot(
        f"{', '.join(shown)} of {len(groups)} groups with intervals.",
        f"By {grouping.title} (rows in brackets); whiskers are 95 % intervals. Whiskers that overlap may be "
        "chance.",
    )
