"""What is missing for a local market is said before anything starts."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assay_local.cli import app
from assay_validation.errors import SandboxUnavailable


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_missing_package(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "brownie" else find(name, *rest)
    )
    ran = CliRunner().invoke(app, [command])
    assert ran.exit_code == 1
    assert f"`assay {command}` needs eth-brownie, not installed here" in ran.stderr
    assert "pip install 'assay[local]'" in ran.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_machine_without_a_sandbox(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise SandboxUnavailable("Models are evaluated on Linux only.", hint="Use such a machine.")

    monkeypatch.setattr("assay_validation.sandbox.runner.jail", none)
    ran = CliRunner().invoke(app, [command])
    assert ran.exit_code == 1
    assert "Validators cannot test models here. Models are evaluated on Linux only." in ran.stderr
    assert ("`assay up --validators 0`" in ran.stderr) == (command == "up")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", [["up"], ["demo", "--keep"]])
def test_a_taken_port_is_said_before_anything_is_fetched(
    command: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch() -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr("assay_local.needs.require_packages", lambda *_: None)
    monkeypatch.setattr("assay_local.needs.require_sandbox", lambda *_: None)
    monkeypatch.setattr("assay_local.needs.require_programs", fetch)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = CliRunner().invoke(app, [*command, "--port", str(port)])
    assert ran.exit_code == 1
    assert f"Port {port}, for the chain, cannot be had" in ran.stderr
