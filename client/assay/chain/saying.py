"""How the values in a contract's error are shown, as far as possible without querying the market."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assay.words import times

_SECONDS = re.compile(r"\{(\w+)\} seconds")
_SHARE = re.compile(r"\{(\w+)\} ppm")
_DURATIONS = {"window", "min", "max", "delay", "minDelay", "needed", "seatDelay"}
_SEE = "`assay commission show {id}`, or `show` of what else it is"
_THINGS = {
    "CommissionMarket": ("commission", "`assay commission show {id}`"),
    "Conformity": ("assessment", "`assay conformity show {id}`"),
    "Court": ("the court's case", "`assay dispute list`"),
    "LineageClaims": ("claim", "`assay lineage show {id}`"),
    "Opinions": ("opinion", "`assay opinion show {id}`"),
    "Rounds": ("panel", "the `show` command of the deal"),
}
"""What the errors of ``Deals`` are about, by the contract that raises them, and which command shows more."""
_REGISTER = re.compile(r"^Register with the role(?=,? and wait)")
_REGISTER_BY = "Register with the role (`assay participant register`, or `assay participant change`)"
_OF_AN_OPENER = 2**96  # an auction's id consists of its opener's address and a number


def panel_name(panel_id: int) -> str:
    """A panel as people read it: its room and its number in the room, such as "7.1"."""
    return f"{panel_id >> 32}.{panel_id & 0xFFFFFFFF}"


def thing_number(name: str, number: int) -> str:
    """The number of a thing as it can be typed into a command; for a panel, by its room."""
    if name == "panelId":
        return panel_name(number)
    return str(number % _OF_AN_OPENER if name == "auctionId" else number)


def adapted(speaker: str, sentence: str) -> str:
    """A sentence shared by many contracts, such as one of ``Deals``, adapted to the one that raises it."""
    sentence = _REGISTER.sub(_REGISTER_BY, sentence)
    noun, command = _THINGS.get(speaker, ("", ""))
    if not noun:
        return sentence
    sentence = sentence.replace(_SEE, command)
    capital = noun[:1].upper() + noun[1:]
    return re.sub(r"\bnumber \{id\}", f"{noun} {{id}}", sentence).replace("Number {id}", f"{capital} {{id}}")


def measured(sentence: str, arguments: Mapping[str, Any], shown: dict[str, str]) -> str:
    """*sentence* with durations and shares as people read them; updates *shown*, the arguments as text."""
    if _SECONDS.search(sentence):
        lengths = {name: value for name, value in arguments.items() if name in _DURATIONS}
        shown.update((name, times.duration(value)) for name, value in lengths.items())
    for name in _SHARE.findall(sentence):
        shown[name] = f"{arguments[name] / 10_000:g} %"
    return _SHARE.sub(r"{\1}", _SECONDS.sub(r"{\1}", sentence))
