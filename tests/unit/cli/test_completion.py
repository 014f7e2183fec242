"""Completion: what a shell asks for, and how little is loaded for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from assay.cli import Assay, app
from assay.cli.arguments import ROLES, parse_role
from assay.structs import Role
from assay_local.cli import app as local
from assay_oracle.cli import app as oracle
from assay_validation.cli import app as validation

HEAVY = {"web3", "httpx", "pandas", "assay_validation"}
PROGRAM = str(Path(sys.executable).with_name("assay"))


def complete(line: str) -> list[str]:
    """What bash gets for a line that ends where the cursor is."""
    words = line.split(" ")
    environment = {"_ASSAY_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {row.rpartition("|")[2].strip() for row in done.stderr.splitlines() if "|" in row}
    assert HEAVY.isdisjoint(loaded)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("assay com", {"commission"}),
        ("assay bid ", {"commit", "reveal", "reclaim", "show"}),
        ("assay --rpc http://x bid re", {"reveal", "reclaim"}),
        ("assay commission open --a", {"--agreement", "--arbitrator"}),
        ("assay participant register ", set(ROLES)),
        ("assay participant change --also a", {"auditor"}),
        ("assay participant register customer --also d", {"developer", "data-owner"}),
        ("assay up --i", {"--ipfs-port"}),
        ("assay faucet --", {"--tokens", "--currency", "--json", "--help"}),
    ],
)
def test_what_a_line_can_go_on_with(line, answer):
    assert set(complete(line)) == answer


def test_every_command_can_be_completed():
    assert set(complete("assay ")) >= set(Assay.outlines)


def test_a_shell_gets_its_script():
    done = subprocess.run(["bash", "-c", f"{PROGRAM} --show-completion; :"], capture_output=True, text=True)
    assert "_ASSAY_COMPLETE=complete_bash" in done.stdout


def contexts(command: Any, name: str, parent: Any = None) -> Iterator[Any]:
    """Of a program and all its commands."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    yield context
    for child, one in getattr(command, "commands", {}).items():
        yield from contexts(one, child, context)


@pytest.mark.parametrize("program", [app, local, oracle, validation])
def test_h_is_help_everywhere(program):
    found = list(contexts(typer.main.get_command(program), "program"))
    assert len(found) > 3
    for context in found:
        assert "-h" in context.help_option_names, context.command_path
        assert not any("-h" in option.opts for option in context.command.params), context.command_path


def test_h_shows_help():
    shown = [CliRunner().invoke(app, ["governance", "seat", "join", option]) for option in ("-h", "--help")]
    assert shown[0].stdout == shown[1].stdout
    assert "Usage:" in shown[0].stdout


def test_version():
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.stdout.split()[0]) == (0, "assay")
    assert said.stdout.split()[1][0].isdecimal()


def test_roles_are_the_registry_s():
    assert [parse_role(name) for name in ROLES] == [role for role in Role if role]
    assert [parse_role(role.words) for role in Role if role] == [role for role in Role if role]


@given(st.text(max_size=20))
def test_what_is_no_role(text):
    if text.lower().replace("_", "-").replace(" ", "-") not in ROLES:
        with pytest.raises(typer.BadParameter, match="data-owner"):
            parse_role(text)
