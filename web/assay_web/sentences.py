"""The catalogue: every sentence that people read on these pages, by its name.

A translation is a further file of `catalogue/` with the same names. Facts stand in braces, as in `{amount}`;
a sentence never contains markup, and what is put into it is escaped.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup, escape

LANGUAGE = "en"


@cache
def catalogue(language: str = LANGUAGE) -> Mapping[str, str]:
    """All sentences by their dotted names."""
    text = (files("assay_web") / "catalogue" / f"{language}.toml").read_text()
    return dict(_flat(tomllib.loads(text)))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")


def say(name: str, /, **facts: object) -> Markup:
    """The sentence *name* with *facts* in it, safe for HTML; raises KeyError where there is none."""
    return Markup(escape(catalogue()[name])).format(**facts)  # noqa: S704 - both parts are escaped


def told(name: str, default: str) -> Markup:
    """The sentence *name*, or *default* where there is none, such as for a state of a later release."""
    return escape(catalogue().get(name, default))
