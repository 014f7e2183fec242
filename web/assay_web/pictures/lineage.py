"""What a model was made from, and what was made from it, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from assay_indexer.tables import Ancestor
from assay_web.sentences import say

_WIDTH, _ROW, _BOX, _HIGH, _MOST = 720, 52, 190, 36, 12


def lineage(
    title: object, ancestors: Sequence[Ancestor], descendants: Sequence[Ancestor], names: Mapping[str, str]
) -> Markup:
    """Ancestors to the left, the model in the middle, descendants to the right; at most twelve on a side."""
    left = [(_kind(one), one.ref) for one in ancestors][:_MOST]
    right = [(_kind(one, "model"), one.manifest) for one in descendants][:_MOST]
    height = max(len(left), len(right), 1) * _ROW + 20
    middle = height / 2
    parts = [
        Markup('<svg class="picture" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">').format(
            w=_WIDTH, h=round(height), label=say("lineage.label", made=len(left), from_it=len(right))
        )
    ]
    for column, x in ((left, 10), (right, _WIDTH - _BOX - 10)):
        for place, (kind, ref) in enumerate(column):
            y = middle + (place - (len(column) - 1) / 2) * _ROW
            parts.append(_edge(x, y, middle))
            parts.append(_node(x, y, names.get(ref) or f"{ref[:10]}…", kind, ref))
    parts.append(_node((_WIDTH - _BOX) / 2, middle, str(title)[:26], say("lineage.this"), "", own=True))
    return Markup("").join(parts) + Markup("</svg>")


def _kind(one: Ancestor, kind: str = "") -> str:
    """What it is, and how it came to be known, where its developer has not stated it."""
    return kind or one.kind if one.claim is None else say("lineage.by_ruling", number=one.claim)


def _edge(x: float, y: float, middle: float) -> Markup:
    center = (_WIDTH - _BOX) / 2
    a, b = (x + _BOX, center) if x < center else (center + _BOX, x)
    ya, yb = (y, middle) if x < center else (middle, y)
    bend = (a + b) / 2
    return Markup('<path class="edge" d="M{a} {ya} C{m} {ya} {m} {yb} {b} {yb}"/>').format(
        a=round(a), b=round(b), ya=round(ya), yb=round(yb), m=round(bend)
    )


def _node(x: float, y: float, text: str, kind: object, ref: str, *, own: bool = False) -> Markup:
    box = Markup(
        '<rect class="node{own}" x="{x}" y="{top}" width="{w}" height="{h}" rx="6"/>'
        '<text x="{tx}" y="{ty}" class="strong">{text}</text>'
        '<text x="{tx}" y="{ky}" class="quiet">{kind}</text>'
    ).format(
        own=" self" if own else "",
        x=round(x),
        top=round(y - _HIGH / 2),
        w=_BOX,
        h=_HIGH,
        tx=round(x + 8),
        ty=round(y - 2),
        ky=round(y + 12),
        text=text,
        kind=kind,
    )
    return Markup('<a href="/documents/{}">{}</a>').format(ref, box) if ref else box
