"""Help comes at once: what takes long to import is imported by the commands that need it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from assay.cli import Assay, app

SDK = {"eth_utils", "cryptography", "httpx"}
HEAVY = {
    *("web3", "eth_account", "sqlalchemy", "jinja2", "numpy", "pandas", "scipy", "sklearn", "onnx"),
    *("onnxruntime", "torch", "matplotlib", "shap", "art", "assay_local", "assay_validation"),
}
NEED_THE_SDK = {"order", "sell"}  # their help names metrics, purposes and restrictions


def imported(*arguments: str) -> set[str]:
    """The packages that `python -X importtime` names while `assay` runs."""
    names = imported_by(f"from assay.cli import app; app({list(arguments)!r})")
    assert "typer" in names
    return names


def imported_by(program: str) -> set[str]:
    """The packages that `python -X importtime` names for a program."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program], capture_output=True, text=True, check=True
    )
    rows = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line]
    return {row.partition(".")[0] for row in rows}


def test_the_program_s_help():
    assert imported("--help").isdisjoint({*HEAVY, *SDK, "pydantic"})


@pytest.mark.parametrize("name", Assay.outlines)
def test_a_command_s_help(name):
    """Typer itself needs pydantic, for numbers within bounds."""
    avoided = HEAVY if name in NEED_THE_SDK else HEAVY | SDK
    assert imported(name, "--help").isdisjoint(avoided)


def test_a_reader_needs_nothing_that_signs():
    """Nor does it wait for areas of the market that it does not use."""
    assert imported_by("from assay.market import Market").isdisjoint(HEAVY)


@pytest.mark.parametrize("name", Assay.outlines)
def test_an_outline_says_what_its_command_says(name):
    command = typer.main.get_command(app).commands[name]
    assert command.help.split("\n\n")[0].replace("\n", " ") == Assay.outlines[name].help


def test_a_mistyped_command():
    result = CliRunner().invoke(app, ["comission", "list"])
    assert result.exit_code == 2
    assert "Did you mean 'commission'" in result.output
