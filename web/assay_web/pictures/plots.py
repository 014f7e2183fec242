"""Bars of counts, as the page of figures needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT, _LEFT, _BELOW, _ABOVE = 520, 190, 40, 24, 14


@dataclass(frozen=True)
class Bar:
    """One column: its label below, its height, and how it is told."""

    label: str
    value: float
    told: str


def bars(title: object, columns: Sequence[Bar], *, second: bool = False) -> Markup:
    """A bar for each column; the numbers stand above them, so that nothing depends on colours."""
    most = max((one.value for one in columns), default=0) or 1
    width = (_WIDTH - _LEFT) / max(1, len(columns))
    room = _HEIGHT - _BELOW - _ABOVE
    parts = [
        Markup(
            '<svg class="picture plot" viewBox="0 0 {w} {h}" role="img" aria-label="{title}">'
            '<line class="axis" x1="{a}" x2="{w}" y1="{y}" y2="{y}"/>'
        ).format(w=_WIDTH, h=_HEIGHT, title=title, a=_LEFT, y=_HEIGHT - _BELOW)
    ]
    for place, one in enumerate(columns):
        tall = room * one.value / most
        x = _LEFT + place * width
        parts.append(
            Markup(
                '<rect class="fill{second}" x="{x}" y="{y}" width="{w}" height="{h}">'
                "<title>{told}</title></rect>"
                '<text x="{m}" y="{above}" text-anchor="middle">{told}</text>'
                '<text x="{m}" y="{below}" text-anchor="middle" class="quiet">{label}</text>'
            ).format(
                second=" second" if second else "",
                x=round(x + width * 0.15),
                y=round(_HEIGHT - _BELOW - tall, 1),
                w=round(width * 0.7),
                h=round(tall, 1),
                m=round(x + width / 2),
                above=round(_HEIGHT - _BELOW - tall - 4),
                below=_HEIGHT - 8,
                told=one.told,
                label=one.label,
            )
        )
    return Markup("").join(parts) + Markup("</svg>")
