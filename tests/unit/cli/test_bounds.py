"""What a buyer pays at most: nobody pays a price that it has not agreed to."""

from __future__ import annotations

import io
from typing import Any

import pytest
import typer

from assay.cli.bounds import agree, parse_bound
from assay.errors import InvalidInput
from assay.escrow import Token

PAYMENT = Token("0x" + "11" * 20, "tUSD", 6)
OTHER = Token("0x" + "22" * 20, "EURX", 18)
SAME_NAME = Token("0x" + "33" * 20, "tUSD", 18)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def agreed(price: float, at_most: str | None, token: Token = PAYMENT, **changes: Any) -> None:
    words = {"question": "Buy?", "undone": "Nothing was bought.", "asked": True}
    agree(int(price * 10**token.decimals), token, PAYMENT, at_most, **(words | changes))


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Somebody at a terminal who says yes; what was asked."""
    questions: list[str] = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(typer, "confirm", lambda question: questions.append(question) or True)
    return questions


@pytest.mark.parametrize("price", [0, 12.5])
def test_where_nobody_can_be_asked_a_bound_is_needed(monkeypatch, price):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(InvalidInput, match=f"It costs {price} tUSD, and nobody can be asked") as refused:
        agreed(price, None)
    assert f"`--at-most {price}`" in refused.value.hint


def test_a_program_is_not_asked_at_a_terminal_either(asked):
    with pytest.raises(InvalidInput, match="nobody can be asked"):
        agreed(12.5, None, asked=False)
    assert asked == []


def test_somebody_at_a_terminal_is_asked(asked, monkeypatch):
    agreed(12.5, None)
    assert asked == ["Buy?"]
    monkeypatch.setattr(typer, "confirm", lambda question: False)
    with pytest.raises(InvalidInput, match=r"Nothing was bought\."):
        agreed(12.5, None)


@pytest.mark.parametrize("at_most", ["12.5", "12.5 tUSD", "13 tusd", f"12.5 {PAYMENT.address}"])
def test_within_the_bound_nobody_is_asked(asked, at_most):
    agreed(12.5, at_most)
    assert asked == []


@pytest.mark.parametrize("at_most", ["12.49", "12.49 tUSD"])
def test_more_than_the_bound_is_not_paid(asked, at_most):
    with pytest.raises(InvalidInput, match=r"It costs 12\.5 tUSD\."):
        agreed(12.5, at_most)


def test_a_bound_in_another_token_names_it():
    for at_most in ("13", "13 tUSD", f"13 {PAYMENT.address}"):
        with pytest.raises(
            InvalidInput, match=r"It costs 12\.5 EURX, and --at-most is not in that"
        ) as refused:
            agreed(12.5, at_most, OTHER)
        assert '`--at-most "12.5 EURX"`' in refused.value.hint
    for at_most in ("13 EURX", f"13  {OTHER.address}"):
        agreed(12.5, at_most, OTHER)
    with pytest.raises(InvalidInput, match="is not in that token"):
        agreed(12.5, "13 EURX")


def test_a_token_that_calls_itself_like_the_payment_token_is_named_by_its_address():
    for at_most in ("13", "13 tUSD"):
        with pytest.raises(InvalidInput, match="is not in that token") as refused:
            agreed(12.5, at_most, SAME_NAME)
        assert SAME_NAME.address in refused.value.hint
    agreed(12.5, f"13 {SAME_NAME.address}", SAME_NAME)


@pytest.mark.parametrize("text", ["", " ", "tUSD", "-1", "1 2 3", "1e3 tUSD"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(typer.BadParameter, match="is not an amount"):
        parse_bound(text)
