"""Compares a dossier with what was found: one claim per item, and every field in some claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

from assay.dossier.document import Dossier
from assay.words.formatting import count

Mark = Literal["holds", "differs", "unchecked", "note"]
_Json = dict[str, Any]
_SHOWN = 3  # differences shown per claim


@dataclass(frozen=True)
class Claim:
    """One statement in a dossier, and the result of checking it.

    Attributes:
        group: the part of the dossier.
        text: what is claimed.
        mark: "note" for something that is not a fault of the dossier but should be known, such as a later
        change.
        why: what was found instead, or why it could not be checked.
    """

    group: str
    text: str
    mark: Mark
    why: str = ""


@dataclass(frozen=True)
class Section:
    """How a field of a dossier is split into claims.

    Attributes:
        group: the group of its claims.
        text: what is claimed, from the field's content, or from each item's if *each* is set.
        each: whether the field is a list with one claim per item.
        key: the field that identifies an item; without it, items are matched by position.
    """

    group: str
    text: Callable[[Any], str]
    each: bool = False
    key: str = ""


SECTIONS: dict[str, Section] = {
    "kind": Section("File", lambda kind: f"Kind {kind}"),
    "version": Section("File", lambda version: f"Version {version} of the format"),
    "chain_id": Section("Market", lambda number: f"Chain {number}"),
    "block": Section(
        "Market", lambda block: f"Block {block['number']} is on the chain, with this hash and time"
    ),
    "contracts": Section(
        "Market", lambda one: f"{one['name']} at {one['address']} runs this code", each=True, key="name"
    ),
    "tokens": Section("Market", lambda one: f"Token {one['symbol']} at {one['address']}", each=True),
    "model": Section("Model", lambda number: f"Model {number} exists"),
    "token_uri": Section("Model", lambda uri: f"Its token names {uri}"),
    "owners": Section(
        "Model", lambda one: f"{one['account']} got it in block {one['since']['block']}", each=True
    ),
    "versions": Section("Model", lambda one: f"Version {one['manifest']} is registered so", each=True),
    "ancestry": Section("Model", lambda one: f"Ancestor {one['manifest']} is registered so", each=True),
    "ancestry_complete": Section(
        "Model", lambda complete: "No ancestor is left out" if complete else "Ancestors are left out"
    ),
    "standing": Section("Model", lambda one: f"It stood as {one['status']} at that block"),
    "changes": Section("Model", lambda _: "Later versions, audits and opinions are these"),
    "annex_iv": Section(
        "Annex IV", lambda one: f"Point {one['point']} is answered as far as said", each=True
    ),
    "audits": Section("Audits", lambda one: f"Audit {one['number']}: {one['outcome']}", each=True),
    "opinions": Section(
        "Opinions", lambda one: f"Opinion {one['number']}, {one['state']}: it decides nothing", each=True
    ),
    "disputes": Section(
        "Disputes",
        lambda one: f"Dispute {one['number']} of deal {one['deal']}: ruling {one['ruling']}",
        each=True,
    ),
    "people": Section("People", lambda one: f"{one['account']} as {one['part']}", each=True),
}
"""Deals and documents are split further below."""

_DEAL: dict[str, Section] = {
    "bids": Section("", lambda one: f"{count(len(one['bidders']), 'sealed bid')}, price {one['price']}"),
    "attempts": Section("", lambda one: f"Submission {one['number']}", each=True),
    "rounds": Section(
        "", lambda one: f"Request {one['request']}: {one['kind']}, {one['outcome']}", each=True
    ),
    "timeline": Section("", lambda steps: count(len(steps), "transaction")),
    "payments": Section("", lambda entries: f"{len(entries)} entries of payment"),
}


def compare(said: Dossier, found: Dossier) -> Iterator[Claim]:
    """A claim for everything in *said*, checked against *found*."""
    left, right = said.model_dump(mode="json"), found.model_dump(mode="json")
    for name, section in SECTIONS.items():
        yield from _section(section, section.group, left[name], right[name])
    for one, other in zip_longest(left["deals"], right["deals"]):
        yield from _deal(one or {}, other or {})
    yield from _documents(left["documents"], right["documents"])


def _section(section: Section, group: str, said: Any, found: Any) -> Iterator[Claim]:
    if not section.each:
        yield _claim(group, section.text(said), said, found)
        return
    if section.key:  # there may be more of them in the market since
        known = {item[section.key]: item for item in found}
        pairs = [(item, known.get(item[section.key])) for item in said]
    else:
        pairs = list(zip_longest(said, found))
    for item, other in pairs:
        if item is None:
            yield Claim(group, section.text(other), "differs", "the dossier leaves it out")
        else:
            yield _claim(group, section.text(item), item, other)


def _deal(said: _Json, found: _Json) -> Iterator[Claim]:
    if not said or not found:
        number = (said or found)["number"]
        why = "the dossier leaves it out" if found else "the chain has no such deal of this model"
        yield Claim(f"Deal {number}", "The whole deal", "differs", why)
        return
    group = f"Deal {said['number']}"
    parties = {name: value for name, value in said.items() if name not in _DEAL}
    yield _claim(group, "Parties, order, rules, fee and delivery", parties,
                 {name: found[name] for name in parties})  # fmt: skip
    for name, section in _DEAL.items():
        yield from _section(section, group, said[name], found[name])


def _documents(said: list[_Json], found: list[_Json]) -> Iterator[Claim]:
    """A manifest proves itself by its digest; one that the chain does not name does not belong here."""
    named = {one["digest"]: one for one in found}
    claimed = {one["digest"] for one in said}
    if len(claimed) != len(said):
        yield Claim("Documents", "Every document is there once", "differs", "one is enclosed twice")
    for one in said:
        yield _document(one, named.get(one["digest"]))
    for digest in named.keys() - claimed:
        yield Claim("Documents", digest, "differs", "the dossier leaves it out")


def _document(said: _Json, found: _Json | None) -> Claim:
    kind = said["content"]["kind"] if said["content"] else "A document"
    text = f"{kind} {said['digest']}"
    if found is None:
        return Claim("Documents", text, "differs", "the chain names no such document of this model")
    if said == found:
        if found["state"] == "not found":
            return Claim("Documents", text, "unchecked", "it was not to be had then, and is not now")
        return Claim("Documents", text, "holds")
    if found["state"] == "not found" and said["content"] is None:
        return Claim("Documents", text, "unchecked", "the store does not have it")
    if said["content"] is None:
        return Claim("Documents", text, "differs", f"said to be {said['state']}, but it is {found['state']}")
    return Claim("Documents", text, "differs", "its content is not what its digest names")


def _claim(group: str, text: str, said: Any, found: Any) -> Claim:
    differing = list(_differences("", said, found))
    if not differing:
        return Claim(group, text, "holds")
    more = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    return Claim(group, text, "differs", "; ".join(differing[:_SHOWN]) + more)


def _differences(path: str, said: Any, found: Any) -> Iterator[str]:
    if isinstance(said, dict) and isinstance(found, dict):
        for name in said | found:
            yield from _differences(f"{path}.{name}".lstrip("."), said.get(name), found.get(name))
    elif isinstance(said, list) and isinstance(found, list):
        for place, (one, other) in enumerate(zip_longest(said, found)):
            yield from _differences(f"{path}[{place}]", one, other)
    elif said != found or type(said) is not type(found):
        yield f"{path or 'it'}: says {_short(said)}, found {_short(found)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
