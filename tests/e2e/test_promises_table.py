"""`docs/promises.md` names no test that is not there, and leaves no promise without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEST = re.compile(r"`([\w./]+)::(\w+)`")


def rows() -> list[tuple[str, str]]:
    """Promise and tests of every row, without heads and rules."""
    lines = (ROOT / "docs" / "promises.md").read_text().splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    body = [(first.strip(), second) for first, second in cells if set(first) != {"-"}]
    return [
        (first, second) for first, second in body if "::" in second or not second.strip().startswith("tests")
    ]


def names_a_test(file: str, name: str) -> bool:
    path = ROOT / "tests" / file
    keyword = "function" if path.suffix == ".sol" else "def"
    return path.is_file() and f"{keyword} {name}(" in path.read_text()


@pytest.mark.parametrize(("promise", "tests"), rows(), ids=lambda cell: cell[:60])
def test_every_promise_has_tests_that_exist(promise, tests):
    named = TEST.findall(tests)
    assert named
    assert tests.count("::") == len(named), "something here is no test's name"
    assert [f"{file}::{name}" for file, name in named if not names_a_test(file, name)] == []


def test_every_promise_is_there():
    numbers = {int(found[0]) for first, _ in rows() if (found := re.match(r"\d+", first))}
    assert numbers == set(range(1, 13))
    contracts = {path.stem for path in (ROOT / "contracts").rglob("*.sol")}
    promised = {first.split(":")[0] for first, _ in rows()} & contracts
    assert promised == {
        "ParticipantRegistry", "Policy", "Escrow", "VickreyAuction", "ValidatorStaking", "ValidationOracle",
        "Rounds", "CommissionMarket", "ModelRegistry", "AuditRegistry", "Disputes", "Court",
        "Conformity", "Opinions", "FeeShares", "Chambers", "MarketGovernor", "Reputation", "KeyExchange",
        "Goods", "Licences", "Trials", "Sales", "Agreements", "Pledges", "LineageClaims",
        "JobEvaluator", "ModelValidations",
    }  # fmt: skip


def test_a_name_that_is_no_test_is_noticed():
    assert names_a_test("e2e/test_promises_table.py", "test_every_promise_is_there")
    assert not names_a_test("e2e/test_promises_table.py", "test_of_nothing")
    assert not names_a_test("e2e/no_such_file.py", "test_every_promise_is_there")
