"""Text of strangers, as it comes into pages."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_web import safe_text

ALLOWED = set(["p", "em", "strong", "a", "code", "pre", "ul", "ol", "li", "h4", "blockquote", "br", "hr"])
PIECES = st.sampled_from(
    [
        *("<script>", "</script>", "<img", "src=x", "onerror=a>", "<svg onload=a>", "<a href=x>", "<!-- -->"),
        *(
            "[a](javascript:b)",
            "[a](https://b.example)",
            "![a](b)",
            "[a]: b",
            "`c`",
            "**",
            "#",
            ">",
            "-",
            "1. ",
        ),
        *("&lt;", "&#x3c;", "<?x ?>", " ", "\n", "\t", "\u202e", "\u200f", "\u0301", "\u0489"),
    ]
)
MARKDOWN = st.lists(PIECES | st.text(max_size=8), max_size=20).map("".join)


class Elements(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@given(MARKDOWN)
def test_prose_has_a_few_plain_elements(text):
    found = Elements(safe_text.prose(text))
    assert found.tags <= ALLOWED
    assert {name for name, _ in found.attributes} <= {"href", "rel", "class", "title", "start"}
    assert all((value or "").startswith("https://") for name, value in found.attributes if name == "href")


@given(st.text(max_size=400))
def test_a_name_is_one_short_line_that_reads_as_it_is_written(text):
    found = safe_text.name(text)
    assert len(found) <= 120
    assert "\n" not in found
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") for one in found)
    run = 0
    for one in found:
        run = run + 1 if unicodedata.combining(one) else 0
        assert run <= safe_text.MOST_MARKS


@pytest.mark.parametrize(
    "url", ["javascript:a", "data:text/html,a", "http://a.example", "//a.example", "/deals/1", "#x"]
)
def test_only_plain_outside_links_are_links(url):
    assert "<a" not in safe_text.prose(f"[pay]({url})")
