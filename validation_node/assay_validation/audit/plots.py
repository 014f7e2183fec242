"""How the plots look: dark ink on white, legible in print and without colour."""

import io
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from assay_validation.audit.section import Plot

INK, GREY, PALE, MAIN, WARM = "#1f2933", "#7b8794", "#cbd2d9", "#2c7a7b", "#c2410c"
SERIES = (MAIN, WARM, "#4c51bf", "#b7791f", "#97266d", "#2f855a", GREY, "#2b6cb0", "#9b2c2c", "#6b46c1")
STYLES = ("-", "--", ":", "-.")
_STYLE: Any = {
    "svg.fonttype": "path",  # the page includes no fonts
    "svg.hashsalt": "assay",  # the same plot gives the same bytes
    "text.parse_math": False,  # names come from other people's files
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": "#9aa5b1",
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e7eb",
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "image.interpolation": "nearest",
}


class Canvas:
    """A figure being drawn, and the plot once it is finished."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.svg = b""

    def plot(self, alt: str, caption: str) -> Plot:
        """The finished plot with its texts."""
        return Plot(self.svg, alt, caption)


@contextmanager
def canvas(height: float = 3.4, width: float = 6.4) -> Iterator[Canvas]:
    """An empty figure (inches); rendered when the block ends."""
    with rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about glyphs that the font lacks
        drawn = Canvas(Figure(figsize=(width, height), layout="constrained"))
        yield drawn
        file = io.BytesIO()
        drawn.figure.savefig(file, format="svg", metadata={"Date": None})
        drawn.svg = file.getvalue()


def short(name: str, size: int = 28) -> str:
    """A name cut to fit beside an axis."""
    return textwrap.shorten(name, size, placeholder="…") if " " in name else name[:size]


def ranking(axes: Axes, names: list[str], values: list[float], label: str, colour: str = MAIN) -> None:
    """Horizontal bars, the largest on top."""
    axes.barh([short(n) for n in reversed(_distinct(names))], values[::-1], color=colour, height=0.65)
    axes.set_xlabel(label)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.06)


def _distinct(names: list[str]) -> list[str]:
    """Make equal names distinct: bars with the same label would be drawn on top of each other."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        cut = short(name)
        seen[cut] = seen.get(cut, 0) + 1
        distinct.append(name if seen[cut] == 1 else f"{cut[:24]} ({seen[cut]})")
    return distinct
