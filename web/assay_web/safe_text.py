"""Text of strangers: names, descriptions and cards from manifests, written to mislead or to attack.

What prints differently from how it reads (control characters, overrides of direction, stacks of accents)
is taken out; Markdown becomes a few plain elements, without HTML or pictures, and with links to https alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from assay.words.printable import printable

MOST_MARKS = 2
"""Accents that one letter may carry; more paint over the lines around it."""
_MOST_NAME, _MOST_PROSE = 120, 20_000


def name(text: str, *, most: int = _MOST_NAME) -> str:
    """One line of a stranger's: printable, cut, with few accents on a letter."""
    line = " ".join(_plain(text).split())
    return f"{line[: most - 1]}…" if len(line) > most else line


def prose(text: str) -> Markup:
    """Markdown of a stranger's as harmless HTML; anything else in it is shown as it was written."""
    tokens = _MARKDOWN.parse(_plain(text[:_MOST_PROSE], keep="\n"))
    return Markup(_MARKDOWN.renderer.render(_tamed(tokens), _MARKDOWN.options, {}))  # noqa: S704 - HTML is off


def _plain(text: str, *, keep: str = "") -> str:
    kept, marks = [], 0
    for character in unicodedata.normalize("NFC", printable(text, keep=keep)):
        marks = marks + 1 if unicodedata.combining(character) or character in "\u20dd\u20de" else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _tamed(tokens: Sequence[Token]) -> list[Token]:
    """Headings stand below those of the page; links say where they lead, and tell nobody where from."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h4"
        if token.type == "link_open":
            token.attrSet("rel", "noopener noreferrer nofollow ugc")
            token.attrSet("class", "outside")
            token.attrSet("title", str(token.attrGet("href")))
        if token.children:
            _tamed(token.children)
    return list(tokens)


def _make() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 20})
    parser.disable(["image", "html_block", "html_inline", "reference"])
    parser.validateLink = lambda url: url.lower().startswith("https://")  # type: ignore[method-assign]
    return parser


_MARKDOWN = _make()
