"""What a search finds as an Atom feed (RFC 4287), the newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

from assay_indexer.queries import View
from assay_indexer.search import Query
from assay_indexer.tables import Listing

ATOM = "application/atom+xml"
_SPACE = "http://www.w3.org/2005/Atom"
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML has no place for."""
_SUMMARY = 500


def atom(view: View, query: Query, listings: Sequence[Listing], place: str) -> bytes:
    """The feed of *query*, which is found at the URL *place*."""
    feed = ElementTree.Element("feed", xmlns=_SPACE)
    newest = max((one.since for one in listings), default=view.at)
    words = f": {query.words}" if query.words else ""
    _add(feed, "id", _name(view, place))
    _add(feed, "title", f"Assay: {query.kind}s{words}")
    _add(feed, "updated", _moment(newest))
    ElementTree.SubElement(feed, "link", rel="self", href=place)
    for one in listings:
        entry = ElementTree.SubElement(feed, "entry")
        _add(entry, "id", _name(view, f"{one.kind}/{one.key}"))
        _add(entry, "title", one.title)
        _add(entry, "updated", _moment(one.since))
        _add(ElementTree.SubElement(entry, "author"), "name", one.account)
        _add(entry, "summary", one.text[:_SUMMARY])
    whole: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return whole


def _add(parent: ElementTree.Element, name: str, said: str) -> None:
    ElementTree.SubElement(parent, name).text = _UNPRINTABLE.sub("", said)


def _name(view: View, what: str) -> str:
    """A name that stays the same and is nobody else's (RFC 4151)."""
    return f"tag:assay,2026:{view.progress.market[:16]}:{what}"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(min(at, 2**37), UTC).isoformat().replace("+00:00", "Z")
