"""The `assay` program as a process: whatever its arguments, it ends in words and sends nothing by mistake."""

from __future__ import annotations

import json
import os
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from forked_program import ForkedProgram
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.cli import app
from assay_local.cli import app as local

UNIT = 10**18


class Program:
    """Runs commands as the hospital."""

    def __init__(self, stage, folder: Path) -> None:
        self._stage, self._folder = stage, folder
        self._environment = {**os.environ, **stage.environment("hospital")}

    def start(self, *arguments: str) -> ForkedProgram:
        return ForkedProgram(*arguments, environment=self._environment, folder=self._folder)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        return self.start(*arguments).finish()

    def sent(self) -> int:
        return self._stage.chain.web3.eth.get_transaction_count(self._stage["hospital"].address)

    def files(self) -> list[Path]:
        return list(self._folder.rglob("*"))


@pytest.fixture
def program(stage, tmp_path) -> Program:
    return Program(stage, tmp_path)


def commands(group: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command of a group by its words."""
    found: dict[tuple[str, ...], Any] = {}
    for name, command in group.items():
        words = (*path, name)
        found |= commands(command.commands, words) if hasattr(command, "commands") else {words: command}
    return found


COMMANDS = commands({**typer.main.get_command(app).commands, **typer.main.get_command(local).commands})
"""As the program itself declares them, and the one for local markets."""
HARMLESS = [words for words in COMMANDS if words not in {("up",), ("demo",), ("wallet", "create")}]
NONSENSE = {
    "commission": "9" * 30,
    "bid": "-1",
    "model": "0x1",
    "audit": "NaN",
    "conformity": "2e9",
    "escrow": "1e400",
    "participant": "",
    "time-travel": "soon",
    "wallet": "/nonexistent/keystore.json",
}


def check_refusal(program: Program, code: int, output: str, errors: str, sent: int) -> None:
    assert code in (1, 2), (code, errors)
    assert output == ""
    assert errors.strip()
    assert "Traceback" not in errors
    assert program.sent() == sent
    assert program.files() == []


def test_every_command_is_covered():
    assert len(COMMANDS) > 25
    assert {words[0] for words in COMMANDS} >= set(NONSENSE)


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_wrong_argument_in_every_place(program, words):
    """Each command gets as many arguments as it takes, of which one is nonsense, and one too many."""
    places = [one for one in COMMANDS[words].params if one.param_type_name == "argument"]
    nonsense = [NONSENSE.get(words[0], "?")] * len(places)
    sent = program.sent()
    attempts = [[*words, "--", *nonsense, "more"]]
    if places:
        attempts.append([*words, "--", *nonsense])
    running = [program.start(*attempt) for attempt in attempts]
    for process in running:
        check_refusal(program, *process.finish(), sent)


HOSTILE = st.one_of(
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        ["--json", "--token", "--to", "-h", "--", "-", "..", "/", "\x1b[2J", "[red]", "%s%n", "0x" + "f" * 40]
    ),
    st.text(string.hexdigits, min_size=40, max_size=40).map(lambda digits: "0x" + digits),
)


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.sampled_from(HARMLESS), extra=st.lists(HOSTILE, min_size=1, max_size=4))
def test_any_arguments_end_in_words(program, words, extra):
    sent = program.sent()
    code, _, errors = program.run(*words, *extra)
    assert code in (0, 1, 2), errors
    assert "Traceback" not in errors
    assert code == 0 or program.sent() == sent


def test_what_programs_read_is_json(program, stage):
    """Every reading command, at once."""
    reads = [
        ["status"],
        ["commission", "list"],
        ["commission", "show", str(stage.building)],
        ["commission", "show", str(stage.delivering), "--timeline"],
    ]
    running = [program.start(*words, "--json") for words in reads]
    for process in running:
        code, output, errors = process.finish()
        assert (code, errors) == (0, "")
        assert json.loads(output)


@pytest.mark.slow
def test_the_rest_of_what_programs_read_is_json(program, stage):
    for words in (
        ["commission", "show", str(stage.delivering), "--payments"],
        ["escrow", "balance"],
        ["bid", "show", str(stage.building)],
        ["model", "show", str(stage.delivering)],
        ["participant", "show"],
    ):
        code, output, errors = program.run(*words, "--json")
        assert (code, errors) == (0, "")
        assert json.loads(output)


def test_two_programs_of_one_account_share_its_nonces(program, stage):
    before, sent = stage["hospital"].escrow.balance(), program.sent()
    running = [program.start("escrow", "deposit", amount, "--json") for amount in ("1", "2", "4")]
    receipts = [process.finish() for process in running]
    assert [code for code, _, _ in receipts] == [0, 0, 0], receipts
    assert len({json.loads(output)["transaction"] for _, output, _ in receipts}) == 3
    assert stage["hospital"].escrow.balance() - before == 7 * UNIT
    assert program.sent() >= sent + 3
