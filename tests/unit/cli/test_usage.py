"""What was typed wrongly is named in words, and a program that asks for JSON gets JSON of every failure."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminal import failure
from typer.testing import CliRunner

from assay.cli import app
from assay_local.cli import app as local_app

WRONG = {
    ("commission", "show", "abc"): '"abc" is not a whole number.',
    ("commission", "show", "1.5"): '"1.5" is not a whole number.',
    ("commission", "show", "0"): '"0" is too small; the least is 1.',
    ("commission", "show", str(2**64)): f'"{2**64}" is too large.',
    ("commission", "show", "-5"): '"-5" is negative',
    ("escrow", "deposit", "-50"): '"-50" is negative',
    ("escrow", "deposit", "-0.5"): '"-0.5" is negative',
    ("escrow", "deposit", "-.5"): '"-.5" is negative',
    ("time-travel", "-5h"): '"-5h" is negative',
    ("commission", "show", "-x"): "No such option: -x",
    ("commission", "list", "--sort", "foo"): "'foo' is not one of 'newest', 'reserve', 'deadline'.",
    ("commission", "list", "--last", "nine"): '"nine" is not a whole number.',
    ("order", "new", "d.csv", "--domain", "x", "--metric", "f9"): "'f9' is not one of 'accuracy',",
    ("audit", "run", "m.onnx", "--seed", str(2**32)): "the most is 4,294,967,295.",
    ("up", "--port", "70000"): "the most is 65,535.",
}
OF_LIBRARIES = re.compile("Input should|Value error|pydantic|valid integer")


def run(*arguments: str):
    program = local_app if arguments[0] in ("up", "time-travel") else app
    return CliRunner().invoke(program, arguments, env={"ASSAY_DEPLOYMENT": "/nonexistent", "COLUMNS": "400"})


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_wrong_is_named(arguments):
    """To people in a sentence, to programs in JSON."""
    plain, result = run(*arguments), run(*arguments, "--json")
    assert (plain.exit_code, plain.stdout, result.exit_code) == (2, "", 2)
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "usage"
    for said in (plain.stderr, result.stderr, error["message"]):
        assert WRONG[arguments] in said
        assert not OF_LIBRARIES.search(said)


@settings(max_examples=50)
@given(st.sampled_from(["--last", "--sort", "--state", "--customer"]), st.text(max_size=30))
def test_no_value_is_answered_in_a_library_s_words(option, value):
    result = run("commission", "list", "--json", f"{option}={value}")
    assert result.exit_code in (1, 2)
    assert set(json.loads(result.stdout)["error"]) >= {"code", "message"}
    assert not OF_LIBRARIES.search(result.stderr)


def test_a_failure_in_json(terminal):
    """It names the kind, what happened and what to do; a person reads the sentence on stderr as ever."""
    result = terminal.run("commission", "show", "7", "--json")
    assert "no commission 7" in failure(result)
    error = json.loads(result.stdout)["error"]
    assert (error["code"], error["contract_error"]) == ("contract_error", "UnknownCommission")
    terminal.environment["ASSAY_RPC"] = "http://127.0.0.1:9"
    for arguments, said in ((["--json"], True), ([], False)):
        result = terminal.run("status", *arguments)
        assert "No RPC endpoint answers" in failure(result)
        assert bool(result.stdout) == said
    assert json.loads(terminal.run("status", "--json").stdout)["error"]["code"] == "chain_unavailable"
