"""The lineage as a drawing: the sources on the left, the model on the right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from assay.dossier.document import Dossier
from assay.manifests import DatasetManifest, ModelManifest

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _MARGIN = 210, 58, 290, 78, 10
_FILL = {"model": "#e6f2f1", "dataset": "#fff6e5", "training job": "#f0f1f4"}
_EDGE = {"model": "#2c7a7b", "dataset": "#b7791f", "training job": "#7b8794"}
_MAX_DRAWN = 60


@dataclass(frozen=True)
class Node:
    """A box: its position and its text."""

    ref: str
    kind: str
    title: str
    lines: tuple[str, ...]
    generation: int


def draw(dossier: Dossier) -> str:
    """The SVG, without scripts or links; empty if there is nothing to draw besides the model itself."""
    nodes = _nodes(dossier)
    if len(nodes) < 2:
        return ""
    deepest = max(node.generation for node in nodes.values())
    columns: dict[int, list[Node]] = {}
    for node in nodes.values():
        columns.setdefault(deepest - node.generation, []).append(node)
    tallest = max(map(len, columns.values()))
    places = {
        node.ref: (
            _MARGIN + column * _ACROSS,
            _MARGIN + (tallest - len(members)) * _DOWN / 2 + row * _DOWN,
        )
        for column, members in columns.items()
        for row, node in enumerate(members)
    }
    width, height = 2 * _MARGIN + deepest * _ACROSS + _WIDTH, 2 * _MARGIN + (tallest - 1) * _DOWN + _HEIGHT
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height:.0f}" '
            f'width="{width}" font-family="system-ui, sans-serif">',
            "<title>What the model was made from</title>",
            *_edges(dossier, places),
            *(_box(node, *places[node.ref]) for node in nodes.values()),
            "</svg>",
        )
    )


def _nodes(dossier: Dossier) -> dict[str, Node]:
    """Every version and source with its distance from the newest version, nearest first."""
    versions = {one.manifest: one for one in (*dossier.versions, *dossier.ancestry)}
    nodes: dict[str, Node] = {}
    generation, depth = [one.manifest for one in reversed(dossier.versions)], 0
    kinds = dict.fromkeys(generation, "model")
    while generation and len(nodes) < _MAX_DRAWN:
        following: list[str] = []
        for ref in generation:
            if ref in nodes or len(nodes) >= _MAX_DRAWN:
                continue
            nodes[ref] = _node(dossier, ref, kinds[ref], depth)
            for edge in versions[ref].lineage if ref in versions else ():
                kinds.setdefault(edge.ref, edge.kind)
                following.append(edge.ref)
        generation, depth = following, depth + 1
    return nodes


def _node(dossier: Dossier, ref: str, kind: str, depth: int) -> Node:
    content = dossier.document(ref)
    name, licence = "not described", ""
    if isinstance(content, (ModelManifest, DatasetManifest)):
        name, licence = content.name, content.licence.spdx or "own terms"
    version = next((one for one in (*dossier.versions, *dossier.ancestry) if one.manifest == ref), None)
    about = f"model {version.model}, score {version.score / 10_000:.2f} %" if version else kind
    return Node(
        ref, kind, name, (" · ".join(part for part in (about, licence) if part), f"{ref[:16]}…"), depth
    )


def _edges(dossier: Dossier, places: Mapping[str, tuple[float, float]]) -> list[str]:
    lines = []
    for version in (*dossier.versions, *dossier.ancestry):
        for edge in version.lineage:
            if edge.ref not in places or version.manifest not in places:
                continue
            (x1, y1), (x2, y2) = places[edge.ref], places[version.manifest]
            left, right, middle = y1 + _HEIGHT / 2, y2 + _HEIGHT / 2, (x1 + _WIDTH + x2) / 2
            curve = f"M{x1 + _WIDTH:.0f} {left:.0f} C{middle:.0f} {left:.0f} {middle:.0f} {right:.0f}"
            lines.append(
                f'<path d="{curve} {x2:.0f} {right:.0f}" fill="none" stroke="{_EDGE[edge.kind]}" '
                'stroke-width="1.5"/>'
            )
    return lines


def _box(node: Node, x: float, y: float) -> str:
    dash = ' stroke-dasharray="4 3"' if node.title == "not described" else ""
    text = [
        f'<text x="{x + 10:.0f}" y="{y + 20:.0f}" font-size="13" font-weight="600" fill="#1f2933">'
        f"{escape(_fit(node.title, 26))}</text>"
    ]
    text += [
        f'<text x="{x + 10:.0f}" y="{y + 35 + 14 * row:.0f}" font-size="10.5" fill="#52606d">'
        f"{escape(_fit(line, 36))}</text>"
        for row, line in enumerate(node.lines)
    ]
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{_FILL[node.kind]}" '
        f'stroke="{_EDGE[node.kind]}"{dash}/>' + "".join(text)
    )


def _fit(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
