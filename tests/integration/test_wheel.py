"""What a person has who installs the wheel: the client, and a local market without a checkout."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from assay_local import npm
from assay_local.anvil import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".venv" / "uv" / "bin" / "uv"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    lock = ROOT / "locks" / "setup.txt"
    build = [UV, "build", "--quiet", "--wheel", "--build-constraints", lock, "--out-dir", folder, ROOT]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def assay(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that has the wheel, and its dependencies from this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install = [UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (packages,) = folder.glob("lib/python*/site-packages")
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "dependencies.pth").write_text(f"{here}\n")
    return folder / "bin" / "assay"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty home folder, and a PATH with Node.js alone; what npm would bring is in the cache already."""
    home = tmp_path / "home"
    storage = home / ".cache" / "assay" / npm.cached("ipfs_node").name
    ours = ROOT / "local" / "assay_local" / "ipfs_node"
    shutil.copytree(ours, storage, ignore=lambda *_: ["node_modules"])
    (storage / "node_modules").symlink_to(ours / "node_modules")
    (tmp_path / "anvil").symlink_to(npm.program("anvil") or "/nowhere")
    bare = {
        key: value for key, value in os.environ.items() if not key.startswith(("ASSAY_", "PYTHON", "XDG_"))
    }
    return bare | {"HOME": str(home), "PATH": f"{tmp_path}:{Path(npm.node()).parent}:/usr/bin:/bin"}


def test_it_is_pure_and_has_what_it_needs(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "assay/abi/Escrow.json",
        "assay/py.typed",
        "assay_local/deployment/build/contracts.json",
        "assay_local/deployment/scripts/deploy.py",
        "assay_local/deployment/scripts/parameters.yaml",
        "assay_local/anvil_npm/package-lock.json",
        "assay_local/ipfs_node/.npmrc",
        "assay_local/ipfs_node/package-lock.json",
        "assay_local/ipfs_node/server.mjs",
    ):
        assert needed in names
    assert not [name for name in names if "node_modules" in name or name.startswith("tests")]


def test_a_market_from_the_wheel_alone(assay: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """In an empty folder, with an empty home: chain, storage, contracts, and a validator that is healthy."""
    folder = tmp_path / "empty"
    folder.mkdir()
    command = [assay, "up", "--validators", "1", "--json"]
    command += ["--port", str(free_port()), "--ipfs-port", str(free_port())]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        market = json.loads(_first_document(process))
        reading = environment | {"ASSAY_RPC": market["rpc"], "ASSAY_IPFS": market["ipfs"]}
        asked = [assay, "status", "--json"]
        done = subprocess.run(asked, cwd=folder, env=reading, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    finally:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    where = subprocess.run(
        [assay.parent / "python", "-c", "import assay_local; print(assay_local.__file__)"],
        env=environment,
        capture_output=True,
        text=True,
    ).stdout
    assert str(assay.parents[1]) in where  # and not this checkout


def _first_document(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            return "".join(lines)
    assert process.stderr is not None
    pytest.fail(process.stderr.read())
