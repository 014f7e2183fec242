"""Nothing that strangers say steers a terminal, whether it is an error or an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cli.output import show, show_rows
from assay.errors import AssayError
from assay.words.printable import printable

HOSTILE = "a\x1b[2J\x1b]0;title\x07\x9b31m\u202eb\tc\u2028d"


@given(st.text())
def test_no_text_steers_a_terminal(text):
    assert all(c.isprintable() for c in printable(text))
    assert all(c.isprintable() or c == "\n" for c in printable(text, keep="\n"))


@given(st.text(st.characters(whitelist_categories=["Lu", "Ll", "Lo", "Nd", "Po"]), max_size=30))
def test_what_people_write_stays(text):
    assert printable(text) == text


def test_white_space_stays_a_space():
    assert printable("a\tb\nc\u00a0d") == "a b c d"
    assert printable("a\nb", keep="\n") == "a\nb"


def test_errors_are_printable():
    error = AssayError(HOSTILE, hint=HOSTILE)
    assert all(c.isprintable() for c in error.message + error.hint + str(error))


@pytest.mark.parametrize("as_json", [False, True])
def test_what_commands_print_is_printable(capsys, as_json):
    show({"symbol": HOSTILE, "many": [HOSTILE], "record": {"one": HOSTILE}}, as_json)
    show_rows([{"symbol": HOSTILE}], as_json, empty="")
    assert all(c.isprintable() or c == "\n" for c in capsys.readouterr().out)
