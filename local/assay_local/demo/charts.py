"""Pictures of the record, as SVG embedded in the page."""

import io
from pathlib import Path

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from assay.structs import Kind
from assay_local.demo.record import Record

_INK, _GREY, _GOOD, _BAD = "#1f2933", "#9aa5b1", "#2c7a7b", "#c2410c"
_STYLE = Path(__file__).with_name("page.mplstyle")


def bids(record: Record) -> str:
    """The sealed bids, the price promised to the winner, and the reserve."""
    unit = 10**record.token.decimals
    figure, axes = _canvas(2.2)
    ordered = sorted(record.bids, key=lambda bid: -bid.price)
    colours = [_GOOD if bid.price == min(one.price for one in ordered) else _GREY for bid in ordered]
    axes.barh(
        [bid.bidder for bid in ordered], [bid.price / unit for bid in ordered], color=colours, height=0.55
    )
    price, reserve = record.commission.price / unit, record.commission.request.reserve / unit
    axes.axvline(price, color=_BAD, linewidth=1.5)
    axes.text(price, len(ordered) - 0.4, f"price {price:,.0f}", color=_BAD, ha="right", va="bottom")
    axes.axvline(reserve, color=_INK, linewidth=1, linestyle=":")
    axes.text(reserve, len(ordered) - 0.4, f"reserve {reserve:,.0f}", ha="right", va="bottom")
    axes.set_xlabel(record.token.symbol)
    return _svg(figure)


def scores(record: Record) -> str:
    """Every validator's score of every submission, compared with the threshold."""
    rounds = [one for one in record.rounds if one.kind == Kind.SCORE]
    figure, axes = _canvas(2.6)
    for place, one in enumerate(rounds):
        spoken = [said for said in one.said if said.status is not None]
        for number, said in enumerate(spoken):
            true = abs(said.score - one.score) <= record.commission.request.tolerance
            across = place + (number - (len(spoken) - 1) / 2) * 0.09
            axes.plot(across, said.score / 10_000, "o", color=_GOOD if true else _BAD, markersize=8)
            if not true:
                axes.annotate(f"{said.member} lies", (across, said.score / 10_000), (10, 0),
                              textcoords="offset points", color=_BAD, va="center")  # fmt: skip
    threshold = record.commission.request.threshold / 10_000
    axes.axhline(threshold, color=_INK, linewidth=1, linestyle=":")
    axes.text(len(rounds) - 0.5, threshold, f"threshold {threshold:g} %", ha="right", va="bottom")
    axes.set_xticks(range(len(rounds)), [f"submission {number}" for number in range(1, len(rounds) + 1)])
    axes.set_xlim(-0.5, len(rounds) - 0.5)
    axes.set_ylabel("reported score, %")
    return _svg(figure)


def nets(record: Record, names: dict[str, str]) -> str:
    """What each account gained or lost in the payment token."""
    unit = 10**record.token.decimals
    gains = [one for one in record.balances if one.token == record.token.address and one.net]
    gains.sort(key=lambda one: one.net)
    figure, axes = _canvas(0.6 + 0.26 * len(gains))
    labels = [names.get(one.account, one.account[:10]) for one in gains]
    values = [one.net / unit for one in gains]
    bars = axes.barh(labels, values, color=[_GOOD if value > 0 else _BAD for value in values], height=0.6)
    axes.bar_label(bars, [f"{value:+,.0f}" for value in values], padding=4)
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.margins(x=0.18)
    axes.set_xlabel(record.token.symbol)
    return _svg(figure)


def _canvas(height: float) -> tuple[Figure, Axes]:
    with style.context(_STYLE):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        return figure, figure.subplots()


def _svg(figure: Figure) -> str:
    with style.context(_STYLE):
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    content = file.getvalue()
    return content[content.index("<svg") :]
