"""Pictures are well-formed SVG whatever strangers have written."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from assay.structs import State
from assay_indexer.tables import Ancestor
from assay_web.deals import LINE
from assay_web.pictures.lineage import lineage
from assay_web.pictures.plots import Bar, bars
from assay_web.pictures.states import state_line

TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Co", "Cn"]), max_size=30) | st.sampled_from(
    ["<script>a</script>", '"/><svg onload="a"', "]]>", "&x;"]
)
TIMES = st.integers(1, 2_000_000_000)
STATES = st.sampled_from([state.words for state in State if state])


def elements(svg: str) -> set[str]:
    return {one.tag for one in ElementTree.fromstring(svg).iter()}


def edge(place: int, manifest: str, ref: str) -> Ancestor:
    return Ancestor(block=1, log_index=1, place=place, manifest=manifest, kind="model", ref=ref)


@given(TEXT, st.lists(TEXT, max_size=14), st.lists(TEXT, max_size=3))
def test_lineage(title, above, below):
    own = "aa" * 32
    ancestors = [edge(place, own, f"{place:064x}") for place in range(len(above))]
    children = [edge(place, f"{99 + place:064x}", own) for place in range(len(below))]
    names = {one.ref: text for one, text in zip(ancestors, above, strict=True)}
    names |= {one.manifest: text for one, text in zip(children, below, strict=True)}
    assert elements(lineage(title, ancestors, children, names)) <= {"svg", "path", "rect", "text", "a"}


@given(TEXT, st.lists(st.tuples(TEXT, st.floats(0, 1e9)), max_size=12))
def test_bars(title, columns):
    svg = bars(title, [Bar(label, value, label) for label, value in columns])
    assert elements(svg) <= {"svg", "line", "rect", "text", "title"}


@given(st.dictionaries(STATES, TIMES, max_size=6), STATES, TIMES, TIMES)
def test_the_line_marks_one_present_state(reached, present, deadline, now):
    svg = state_line([one.words for one in LINE], reached | {present: now}, present, deadline, now)
    strong = [one.text for one in ElementTree.fromstring(svg) if one.get("class") == "strong"]
    assert len(strong) == 1
