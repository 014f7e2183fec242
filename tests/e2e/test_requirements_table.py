"""`docs/requirements.md` names no file and no test that is not there, and leaves no section out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = re.compile(r"`([^`]+)`")
SECTIONS = {"II", "III-A", "IV-C", "IV-D", "IV-F", "V", "IV-E", "V-C", "VI-A", "VI-B", "VI-C", "VI-D"}


def rows() -> list[tuple[str, str, str, str]]:
    """Section, requirement, code and tests of every row, without head and rule."""
    lines = (ROOT / "docs" / "requirements.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [tuple(row) for row in cells[2:]]


def is_a_test(name: str) -> bool:
    file, _, function = name.partition("::")
    path = ROOT / "tests" / file
    keyword = "function" if path.suffix == ".sol" else "def"
    return path.is_file() and f"{keyword} {function}(" in path.read_text()


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[0]} {row[1][:50]}")
def test_every_requirement_leads_to_code_and_tests(row):
    section, requirement, code, tests = row
    assert section in SECTIONS
    assert requirement
    for column, exists in ((code, lambda name: (ROOT / name).is_file()), (tests, is_a_test)):
        assert NAMES.sub("", column).strip() == "", "something here is no name"
        names = NAMES.findall(column)
        assert names
        assert [name for name in names if not exists(name)] == []


def test_every_section_is_there():
    assert {row[0] for row in rows()} == SECTIONS


def test_a_name_of_nothing_is_noticed():
    assert is_a_test("e2e/test_requirements_table.py::test_every_section_is_there")
    assert not is_a_test("e2e/test_requirements_table.py::test_of_nothing")
    assert not is_a_test("e2e/no_such_file.py::test_every_section_is_there")
