"""What forge tests is what brownie deploys, and what the SDK loads (docs/decisions/0002)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from forge import OUT, forge

pytestmark = pytest.mark.slow  # two compilers

ROOT = Path(__file__).resolve().parents[2]
BROWNIE = ROOT / "build" / "brownie" / "artifacts" / "contracts"


@pytest.fixture(scope="module")
def artifacts() -> dict[str, dict[str, Any]]:
    """Brownie's artifacts of our own contracts by name, both builds brought up to date."""
    build = [sys.executable, "scripts/build.py"]
    for done in (subprocess.run(build, cwd=ROOT, capture_output=True, text=True), forge("build")):
        assert done.returncode == 0, done.stdout + done.stderr
    found = (json.loads(path.read_text()) for path in BROWNIE.glob("*.json"))
    ours = {item["contractName"]: item for item in found if item["sourcePath"].startswith("contracts/")}
    assert ours
    return ours


def test_forge_and_brownie_produce_the_same_code(artifacts: dict[str, dict[str, Any]]) -> None:
    for name, brownie in artifacts.items():
        compiled = json.loads((OUT / Path(brownie["sourcePath"]).name / f"{name}.json").read_text())
        assert compiled["bytecode"]["object"].removeprefix("0x") == brownie["bytecode"], name


def test_contracts_fit_on_chain(artifacts: dict[str, dict[str, Any]]) -> None:
    """EIP-170 limits deployed code to 24,576 bytes, EIP-3860 creation code to twice that."""
    for name, item in artifacts.items():
        assert len(item["deployedBytecode"]) // 2 <= 24_576, name
        assert len(item["bytecode"]) // 2 <= 49_152, name


def test_every_contract_has_an_abi_in_the_package(artifacts: dict[str, dict[str, Any]]) -> None:
    folder = ROOT / "client" / "assay" / "abi"
    exported = {path.stem: json.loads(path.read_text())["abi"] for path in folder.glob("*.json")}
    for name, item in artifacts.items():
        if item["abi"]:
            assert exported[name] == item["abi"], name


def test_a_contract_that_moves_is_compiled_anew(tmp_path: Path) -> None:
    """A build that knows a file by its old path, and one that knows a contract which is gone."""
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    (tmp_path / "scripts").mkdir()
    for name in ("build.py", "brownie_env.py", "natspec.py", "solc", "solc_cache.js"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    shutil.copy(ROOT / "brownie-config.yaml", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    base = "pragma solidity 0.8.30;\ncontract {} {{ function f() external {{ require(gasleft() > 9); }} }}\n"
    for name in ("Base", "Gone"):
        (contracts / f"{name}.sol").write_text(base.format(name))

    def build(parent: str) -> set[str]:
        user = f'import "./{parent}.sol";\ncontract User is {Path(parent).name} {{}}\n'
        (contracts / "User.sol").write_text(f"pragma solidity 0.8.30;\n{user}")
        command = [sys.executable, "scripts/build.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return {path.stem for path in (tmp_path / "client" / "assay" / "abi").glob("*.json")}

    assert build("Gone") == {"Base", "Gone", "User"}
    (contracts / "Gone.sol").unlink()
    assert build("Base") == {"Base", "User"}
    (contracts / "moved").mkdir()
    (contracts / "Base.sol").rename(contracts / "moved" / "Base.sol")
    assert build("moved/Base") == {"Base", "User"}
