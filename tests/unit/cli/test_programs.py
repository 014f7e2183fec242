"""Commands that other programs carry out: what these are told, and what is said where they are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from assay.cli import app
from assay.markets.local_program import program_command


class Became(BaseException):
    """In place of the process that ends with `execve`."""

    def __init__(self, program: str, command: list[str], environment: dict[str, str]) -> None:
        self.program, self.command, self.environment = program, command, environment


def become(*arguments: str) -> Became:
    def execve(*called: Any) -> None:
        raise Became(*called)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "execve", execve)
        with pytest.raises(Became) as became:
            CliRunner().invoke(app, arguments, catch_exceptions=False)
    return became.value


@given(st.sampled_from(["up", "demo", "time-travel", "faucet"]), st.lists(st.text(max_size=12), max_size=5))
def test_the_local_market_gets_all_arguments_as_they_are(name, arguments):
    became = become(name, *arguments)
    assert became.command == [sys.executable, "-P", "-m", "assay_local", name, *arguments]
    assert became.program == sys.executable


def test_it_gets_the_connection_too():
    connection = ["--rpc", "http://a:1", "--rpc", "http://b:2", "--deployment", "1.json"]
    became = become(*connection, "--debug", "time-travel", "6h", "--json")
    assert became.command[4:] == ["--debug", "time-travel", "6h", "--json"]
    assert became.environment["ASSAY_RPC"] == "http://a:1 http://b:2"
    assert became.environment["ASSAY_DEPLOYMENT"] == "1.json"


@pytest.mark.parametrize("arguments", [["up"], ["demo"], ["time-travel", "6h"], ["faucet", "0x"]])
def test_a_program_that_is_missing_is_said_with_what_to_install(monkeypatch, arguments):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 1
    assert f"`assay {arguments[0]}` needs the package assay_local, which is not installed here" in ran.stderr
    assert "pip install 'assay[local]'" in ran.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_and_usage_are_in_the_name_of_assay(option):
    done = subprocess.run([sys.executable, "-m", "assay_local", "up", option], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Usage: assay up" in done.stdout


@pytest.mark.parametrize("package", ["assay_validation", "assay_learning", "assay_local"])
def test_no_module_is_taken_from_the_current_folder(tmp_path, package):
    for name in ("json", "numpy", "typer", package):
        (tmp_path / f"{name}.py").write_text("open('poisoned', 'w'); raise SystemExit(0)\n")
    command = program_command(package, package, "--help", install="")
    subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert not Path(tmp_path, "poisoned").exists()


def test_what_replaces_this_process_takes_no_module_from_the_current_folder(tmp_path):
    (tmp_path / "typer.py").write_text("open('poisoned', 'w'); raise SystemExit(0)\n")
    done = subprocess.run(become("up", "--help").command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert "Usage: assay up" in done.stdout
    assert not Path(tmp_path, "poisoned").exists()
