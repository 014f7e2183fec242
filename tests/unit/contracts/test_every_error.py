"""Every custom error of the contracts is expected by a forge test, every external function called by one.

Read from the sources, so that it runs without a build. An error counts as expected where a test names its
selector, a function as called where a test calls it on something. Constants are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted(path for path in (ROOT / "contracts").rglob("*.sol") if path.parent.name != "test")
TESTS = sorted((ROOT / "tests" / "contracts").rglob("*.sol"))

ERROR = re.compile(r"^\s*error (\w+)\(", re.MULTILINE)
FUNCTION = re.compile(r"function (\w+)\([^)]*\)([^;{]*)[;{]")
GETTER = re.compile(
    r"^\s*(?:mapping\(.*\)|[\w.]+) public (?:immutable |constant )*(?!immutable|constant)([a-z]\w+)",
    re.MULTILINE,
)


def without_comments(source: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", source, flags=re.DOTALL)


CODE = {path: without_comments(path.read_text()) for path in SOURCES + TESTS}
TEST_CODE = "\n".join(CODE[path] for path in TESTS)
PINNED = set(re.findall(r"\b(\w+)\.selector\b", TEST_CODE))
CALLED = set(re.findall(r"\.(\w+)\b", TEST_CODE))


DECLARED = {path: set(ERROR.findall(CODE[path])) for path in SOURCES}


def errors() -> list[str]:
    return sorted(set.union(*DECLARED.values()))


def functions() -> list[str]:
    found = set()
    for path in SOURCES:
        for name, modifiers in FUNCTION.findall(CODE[path]):
            if re.search(r"\b(external|public)\b", modifiers):
                found.add(name)
        found.update(GETTER.findall(CODE[path]))
    return sorted(name for name in found if not name.isupper())


def declared_in(name: str) -> list[Path]:
    return [path for path in SOURCES if name in DECLARED[path]]


@pytest.mark.parametrize("error", errors())
def test_a_forge_test_expects_it(error: str) -> None:
    assert error in PINNED, f"no test names {error}.selector"


@pytest.mark.parametrize("error", errors())
def test_it_can_happen(error: str) -> None:
    """An error that nothing reverts with is dead."""
    raised = re.compile(rf"revert (?:\w+\.)?{error}\(")
    assert any(raised.search(CODE[path]) for path in SOURCES), f"nothing reverts with {error}"


@pytest.mark.parametrize("error", [name for name in errors() if len(declared_in(name)) > 1])
def test_contracts_that_share_a_name_are_each_tested(error: str) -> None:
    for path in declared_in(error):
        assert f"{path.stem}.{error}.selector" in TEST_CODE, f"{path.stem}.{error}"


@pytest.mark.parametrize("function", functions())
def test_a_forge_test_calls_it(function: str) -> None:
    assert function in CALLED, f"no test calls {function}"


def test_the_search_finds_what_is_there() -> None:
    assert {"InsufficientHold", "SealMismatch", "VoteMismatch", "NothingDue"} <= set(errors())
    assert {"releaseEach", "reveal", "judge", "advance", "commissionCount"} <= set(functions())


def test_there_is_twice_as_much_test_as_source() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in SOURCES + TESTS}
    assert sum(lines[path] for path in TESTS) >= 2 * sum(lines[path] for path in SOURCES)
