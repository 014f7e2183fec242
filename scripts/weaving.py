"""Weaves mutants into sources, each alive under its own number: see `mutants.py`."""

import re
from dataclasses import dataclass, field
from typing import Any

from mutants import BASE, Mutant, compile_ast

MARK = re.compile(rb"0xA55A([0-9A-F]{4})")


@dataclass
class Site:
    """An expression or a statement with alternatives."""

    start: int
    end: int
    statement: bool
    alternatives: list[tuple[int, bytes]] = field(default_factory=list)


def weave(text: bytes, mutants: list[tuple[int, Mutant]]) -> bytes:
    """The source with all the mutants in it, each alive under its own number."""
    sites: dict[tuple[int, int, bool], Site] = {}
    for number, mutant in mutants:
        end = text.index(b";", mutant.end) + 1 if mutant.statement else mutant.end
        site = sites.setdefault(
            (mutant.start, -end, not mutant.statement), Site(mutant.start, end, mutant.statement)
        )
        site.alternatives.append((number, mutant.text.encode()))
    woven, _ = _weave(text, 0, len(text), [sites[key] for key in sorted(sites)])
    return re.sub(rb"\bpure\b", b"view", woven)


def _weave(text: bytes, start: int, end: int, sites: list[Site]) -> tuple[bytes, list[Site]]:
    """The bytes from start to end with those sites woven in that lie inside; and the sites that are left."""
    out = b""
    while sites and sites[0].start < end:
        site, *rest = sites
        inner, rest = _weave(text, site.start, site.end, rest)
        out += text[start : site.start] + _guarded(site, inner)
        start, sites = site.end, rest
    return out + text[start:end], sites


def _guarded(site: Site, inner: bytes) -> bytes:
    choices = b""
    for number, new in site.alternatives:
        guard = b"block.coinbase == address(0x%X)" % (BASE + number)
        body = new + b";" if new else b""
        choices += b"if (%s) { %s } else " % (guard, body) if site.statement else b"%s ? %s : " % (guard, new)
    return b"{ %s{ %s } }" % (choices, inner) if site.statement else b"(%s%s)" % (choices, inner)


def without_invalid(
    files: dict[str, bytes], mutants: list[Mutant]
) -> tuple[dict[str, bytes], dict[int, Mutant]]:
    """Weave them, leaving out those that do not compile; returns the sources and the mutants by number."""
    numbered = dict(enumerate(mutants, start=1))
    while True:
        woven = {
            file: weave(text, [(n, mutant) for n, mutant in numbered.items() if mutant.file == file])
            for file, text in files.items()
        }
        errors = [e for e in compile_ast(woven).get("errors", []) if e["severity"] == "error"]
        if not errors:
            return woven, numbered
        guilty = {_guilty(woven, error) for error in errors}
        numbered = {n: mutant for n, mutant in numbered.items() if n not in guilty}


def _guilty(woven: dict[str, bytes], error: dict[str, Any]) -> int:
    """The number of the mutant that an error of the compiler is about."""
    where = error.get("sourceLocation", {})
    text = woven.get(where.get("file", ""))
    if text is None:
        raise RuntimeError(error["formattedMessage"])
    inside = MARK.search(text, where["start"], where["end"])
    before = MARK.findall(text, 0, where["start"])
    if not inside and not before:
        raise RuntimeError(error["formattedMessage"])
    return int(inside[1] if inside else before[-1], 16)
