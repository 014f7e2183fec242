"""The catalogue: what names a sentence has one, every sentence is used, and calls say what they do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay.chain.abi import function_of
from assay_web.sentences import catalogue, say, told

WEB = Path(__file__).resolve().parents[3] / "web" / "assay_web"
SOURCES = {
    path: path.read_text()
    for pattern in ("**/*.py", "templates/*.html", "static/js/**/*.js")
    for path in WEB.glob(pattern)
}
NAMED = re.compile(r"""\b(?:t|say|told)\(\s*(['"`])([a-z_]+(?:\.[a-z0-9_.]+)+)\1\s*[,)]""")
BUILT = re.compile(r"""\b(?:t|say|told)\(\s*(?:"([a-z_.]+)" ~|f"([a-z_.]+)\{|`([a-z_.]+)\$\{)""")
WORSTS = re.compile(r'worst="(worst\.[a-z_]+)"')
MOST_COLUMNS = 120
FACT = re.compile(r"\{(\w+)[^}]*\}")


def named() -> set[str]:
    found = {match[2] for text in SOURCES.values() for match in NAMED.finditer(text)}
    return found | {name for text in SOURCES.values() for name in WORSTS.findall(text)}


def built() -> set[str]:
    """Beginnings of names that are put together."""
    return {"".join(match.groups("")) for text in SOURCES.values() for match in BUILT.finditer(text)}


def test_every_name_has_a_sentence():
    assert not named() - catalogue().keys()


def test_no_sentence_is_left_over():
    beginnings, everything = (*built(), "call.", "act."), "".join(SOURCES.values())
    unused = {name for name in catalogue() if f'"{name}"' not in everything}
    assert not {name for name in unused if not name.startswith(beginnings)}


@pytest.mark.parametrize("name", [name for name in catalogue() if name.startswith("call.")])
def test_a_call_is_told_by_its_own_arguments(name):
    _, contract, function = name.split(".")
    arguments = {one["name"] for one in function_of(contract, function)["inputs"]}
    assert {fact.split(".")[0] for fact in FACT.findall(catalogue()[name])} <= arguments


def test_each_act_has_its_three_sentences():
    acts = {name.split(".")[1] for name in catalogue() if name.count(".") == 2 and name.startswith("act.")}
    assert all(f"act.{act}.{part}" in catalogue() for act in acts for part in ("title", "text", "button"))


def test_what_is_written_here_is_no_wider_than_the_code():
    wide = {
        (path.name, number)
        for pattern in ("templates/*.html", "catalogue/*.toml", "static/js/**/*.js", "static/*.css")
        for path in WEB.glob(pattern)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > MOST_COLUMNS
    }
    assert not wide


def test_facts_are_escaped():
    assert "&lt;b&gt;" in say("time.in", duration="<b>")
    assert told("state.of-a-later-release", "<i>") == "&lt;i&gt;"
