"""Starting, stopping and failing to start the local IPFS node."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from assay.errors import LocalMarketError
from assay_local.ipfs import IpfsNode


@pytest.fixture
def helia(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """PATH without Kubo and Node.js, so that ASSAY_NODE decides what runs."""
    monkeypatch.setenv("PATH", "/nonexistent")
    return monkeypatch


def test_a_node_that_dies_at_once_shows_its_log(helia: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "node"
    program.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo v20.1.0 && exit\necho 'disk is on fire' >&2\nexit 1\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    helia.setenv("ASSAY_NODE", str(program))
    with pytest.raises(LocalMarketError, match="disk is on fire"):
        IpfsNode(tmp_path / "repository").start()


def test_a_program_that_is_not_there(helia: pytest.MonkeyPatch, tmp_path: Path) -> None:
    helia.setenv("ASSAY_NODE", str(tmp_path / "nothing"))
    with pytest.raises(LocalMarketError, match="cannot be run"):
        IpfsNode(tmp_path).start()
    helia.delenv("ASSAY_NODE")
    with pytest.raises(LocalMarketError, match="ASSAY_NODE"):
        IpfsNode(tmp_path).start()


def test_it_listens_on_the_loopback_interface_only_and_stops(tmp_path: Path) -> None:
    node = IpfsNode(tmp_path)
    with node:
        addresses = httpx.post(f"{node.url}/api/v0/id", timeout=30).json()["Addresses"]
        assert node.url.startswith("http://127.0.0.1:")
        assert addresses
        assert all(address.startswith("/ip4/127.0.0.1/") for address in addresses)
    assert node.pid is None
    with pytest.raises(httpx.ConnectError):
        httpx.post(f"{node.url}/api/v0/id")
    node.stop()


def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    if IpfsNode(tmp_path).is_kubo:
        pytest.skip("a promise of the bundled node only")
    parent = (
        "import os, signal, sys; from pathlib import Path; from assay_local.ipfs import IpfsNode\n"
        "node = IpfsNode(Path(sys.argv[1])); node.start(); print(node.url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", parent, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    url = killed.stdout.strip()
    assert url.startswith("http://")
    deadline = time.monotonic() + 30
    while _answers(url):
        assert time.monotonic() < deadline, "the node still runs"


def _answers(url: str) -> bool:
    try:
        httpx.post(f"{url}/api/v0/version")
    except httpx.TransportError:
        return False
    return True
