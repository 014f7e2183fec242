"""A contract's refusal is told in tokens and names, and otherwise as it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from eth_abi.abi import encode

from assay.chain.abi import errors_by_selector
from assay.chain.reverts import contract_error
from assay.errors import ChainUnavailable
from assay.governance.errors_in_words import ErrorsInWords

PAYMENT, STAKING, ACCOUNT = "0x" + "aa" * 20, "0x" + "bb" * 20, "0x" + "cc" * 20
UNIT = 10**18


class Words:
    """A market with one domain and one jurisdiction."""

    def __init__(self) -> None:
        self.policy = SimpleNamespace(
            domain_name=lambda number: {1: "healthcare"}.get(number, ""),
            jurisdiction_code=lambda number: {3: "DE"}.get(number, ""),
        )

    def amount(self, base_units: int, token: str) -> str:
        symbol = {PAYMENT: "tUSD", STAKING: "tASY"}[token.lower()]
        return f"{base_units // UNIT:,} {symbol}"

    def purposes(self, bitmap: int) -> str:
        return "training" if bitmap == 2 else ""


def revert(name: str, *values: Any, contract: str) -> Any:
    for selector, error in errors_by_selector(contract).items():
        if error.name == name and len(error.components) == len(values):
            types = [part["type"] for part in error.components]
            return contract_error("0x" + (selector + encode(types, values)).hex(), contract=contract)
    raise AssertionError(name)


def told(error: Any, words: Any = None) -> Any:
    tokens = SimpleNamespace(payment=PAYMENT, staking=STAKING)
    session: Any = SimpleNamespace(deployment=SimpleNamespace(tokens=tokens))
    return ErrorsInWords(session, words or Words())(error)


@pytest.mark.parametrize(
    ("contract", "name", "values", "said"),
    [
        (
            "Escrow",
            "InsufficientBalance",
            (ACCOUNT, STAKING, 0, 5 * UNIT),
            "is 0 tASY, but 5 tASY are needed.",
        ),
        ("CommissionMarket", "TotalExceeded", (7 * UNIT, UNIT), "would take 7 tUSD, more than the 1 tUSD"),
        (
            "ValidatorStaking",
            "InsufficientFreeStake",
            (ACCOUNT, UNIT, 2 * UNIT),
            "has 1 tASY of free stake, but 2 tASY",
        ),
        (
            "ParticipantRegistry",
            "JurisdictionBlocked",
            (ACCOUNT, 3),
            "Developers of jurisdiction DE may not serve",
        ),
        ("AuditRegistry", "NotAccredited", (ACCOUNT, 1), "in domain healthcare."),
        ("AuditRegistry", "NotAccredited", (ACCOUNT, 0), "in any domain."),
        ("AuditRegistry", "ScopeMissing", (7, 1, 32), "(performance) do not cover all"),
    ],
)
def test_amounts_and_names(contract, name, values, said):
    plain = revert(name, *values, contract=contract)
    error = told(plain)
    assert said in str(error)
    assert "base units" not in str(error)
    assert (error.name, error.arguments) == (plain.name, plain.arguments)


def test_an_error_stays_as_it_was_where_the_market_cannot_be_asked():
    def down(*_: object) -> str:
        raise ChainUnavailable("No answer.")

    words = Words()
    words.amount = down  # type: ignore[method-assign]
    error = revert("TotalExceeded", 7 * UNIT, UNIT, contract="CommissionMarket")
    assert told(error, words) is error


def test_errors_of_deals_name_the_thing_and_its_command():
    state = revert("WrongState", 12, 1, contract="Opinions")
    assert str(state).startswith("Opinion 12 is ")
    assert "`assay opinion show 12`" in state.hint
    panel = revert("WrongState", 1 << 32 | 7, 1, contract="Rounds")
    assert str(panel).startswith("Panel 1.7 is ")
    auction = revert("CommitEnded", (2**159) << 96 | 7, 5, contract="VickreyAuction")
    assert str(auction).startswith("Auction 7 ")
