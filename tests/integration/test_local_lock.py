"""A market's folder: nothing that another process holds is touched, and nothing that no market has made."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from assay.errors import LocalMarketError
from assay_local.anvil import free_port, require_free
from assay_local.lock import FolderLock
from assay_local.market import LocalMarket

RPC, IPFS = "http://127.0.0.1:1", "http://127.0.0.1:2"
HOLDER = """
import subprocess, sys
from pathlib import Path
from assay_local.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]), rpc="http://rpc", ipfs="http://ipfs")
lock.clear(["keystores"])
child = subprocess.Popen(["sleep", "600"], pass_fds=(lock.descriptor,), start_new_session=True)
print(child.pid, flush=True)
sys.stdin.read()
"""


def take(folder: Path) -> FolderLock:
    return FolderLock(folder, rpc=RPC, ipfs=IPFS)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "market"


@pytest.fixture
def holder(folder) -> Iterator[Callable[[], tuple[subprocess.Popen[str], int]]]:
    """Starts a process that holds the folder, with a child that inherits the lock; it and the child's pid."""
    started: list[tuple[subprocess.Popen[str], int]] = []

    def start() -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        started.append((process, int(process.stdout.readline())))
        return started[-1]

    yield start
    for process, child in started:
        process.kill()
        if is_running(child):
            os.kill(child, signal.SIGKILL)
        process.communicate()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def contents(folder: Path) -> dict[str, str]:
    """Every file below *folder*, with its digest."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_folder_that_another_process_holds_is_left_alone(folder, holder):
    process, child = holder()
    (folder / "keystores").mkdir()
    (folder / "keystores" / "alice.json").write_text("{}")
    before = contents(folder)
    with pytest.raises(LocalMarketError) as refused:
        take(folder)
    for said in (f"process {process.pid}", "since 20", "http://rpc", f"kill {process.pid}"):
        assert said in str(refused.value)
    assert contents(folder) == before
    assert is_running(process.pid)
    assert is_running(child)


def test_the_folder_of_a_killed_market_is_taken_over_and_what_it_left_running_ends(folder, holder):
    process, child = holder()
    (folder / "keystores").mkdir()
    process.kill()
    process.wait()
    assert is_running(child)
    with take(folder) as lock:
        assert not is_running(child)
        lock.clear(LocalMarket.ENTRIES)
        assert contents(folder).keys() == {"market.lock"}


PARENT = """
import signal, sys
from pathlib import Path
from assay_local.process import Process
print(Process("child", ["sleep", "600"], Path(sys.argv[1])).spawn().pid, flush=True)
signal.pause()
"""


def test_what_a_market_has_started_ends_with_it_when_it_is_killed(tmp_path):
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
        parent.wait()
        end = time.monotonic() + 10
        while is_running(child):
            assert time.monotonic() < end, "it runs on"
            time.sleep(0.02)


def test_two_that_find_a_killed_market_do_not_end_each_other(folder, holder):
    process, child = holder()
    process.kill()
    process.wait()
    with take(folder):
        with pytest.raises(LocalMarketError, match=f"process {os.getpid()}"):
            take(folder)
        assert not is_running(child)


def test_files_that_no_market_made_stay(folder):
    (folder / "keystores").mkdir(parents=True)
    (folder / "keystores" / "mine.json").write_text("{}")
    for _ in range(2):  # a refusal makes them nobody's either
        with take(folder) as lock, pytest.raises(LocalMarketError, match="no market of this version made"):
            lock.clear(LocalMarket.ENTRIES)
    assert (folder / "keystores" / "mine.json").exists()


def test_only_what_a_market_makes_is_removed(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    with take(folder) as lock:
        lock.clear(LocalMarket.ENTRIES)
    (folder / "notes.txt").touch()
    (folder / "logs").mkdir()
    (folder / "keystores").symlink_to(elsewhere)
    with take(folder) as lock:
        lock.clear(LocalMarket.ENTRIES)
    assert contents(folder).keys() == {"market.lock", "notes.txt"}
    assert (elsewhere / "precious").exists()


def test_a_deployment_file_of_another_chain_is_kept(folder, tmp_path):
    deployment = tmp_path / "31337.json"
    with take(folder) as lock:
        lock.clear(())
        deployment.write_text("{}")
        lock.note_deployment(deployment)
    with take(folder) as lock:
        assert lock.set_aside(deployment) is None
        deployment.write_text('{"of": "another chain"}')
        kept = lock.set_aside(deployment)
        assert kept is not None
        assert kept.read_text() == '{"of": "another chain"}'
        assert not deployment.exists()
        deployment.write_text('{"of": "a third"}')
        assert lock.set_aside(deployment) not in (None, kept)


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalMarketError, match=rf"Port {port}, for the chain.*`--port {port + 1}`"):
            require_free(port, "chain", "--port")
    require_free(free_port(), "chain", "--port")


class Terminal:
    """`assay up` in a folder of its own."""

    def __init__(self, folder: Path, rpc: int, ipfs: int) -> None:
        self.folder, self.rpc, self.log = folder, rpc, folder / "up.log"
        arguments = ["up", "--validators", "0", "--port", str(rpc), "--ipfs-port", str(ipfs)]
        self.command = [sys.executable, "-m", "assay_local", *arguments]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log)
        end = time.monotonic() + 240
        while b"Ctrl-C stops" not in self.log.read_bytes():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)

    def fail(self) -> str:
        done = subprocess.run(
            self.command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 1
        return done.stderr

    def stop(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)

    def answers(self) -> bool:
        ask = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        try:
            return (
                httpx.post(f"http://127.0.0.1:{self.rpc}", json=ask, timeout=20).json()["result"] == "0x7a69"
            )
        except httpx.HTTPError:
            return False


@pytest.mark.slow
def test_two_markets_started_twice(tmp_path):
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    ports = free_port(), free_port(), free_port(), free_port()
    one, two = Terminal(folders[0], *ports[:2]), Terminal(folders[1], *ports[2:])
    try:
        one.start()
        two.start()
        for terminal in (one, two):
            kept = contents(terminal.folder / ".local" / "market" / "keystores")
            assert "alice.json" in kept
            assert terminal.process is not None
            said = terminal.fail()
            assert f"process {terminal.process.pid}," in said
            assert f"http://127.0.0.1:{terminal.rpc}" in said
            assert contents(terminal.folder / ".local" / "market" / "keystores") == kept
            assert terminal.answers()
        (tmp_path / "three").mkdir()
        assert f"Port {ports[0]}, for the chain," in Terminal(tmp_path / "three", *ports[:2]).fail()
        one.stop(signal.SIGKILL)
        one.start()  # although its chain ran on, on the same ports
        assert one.answers()
        one.stop(signal.SIGINT)
        assert not one.answers()
        assert two.answers()
    finally:
        for terminal in (one, two):
            if terminal.process is not None and terminal.process.poll() is None:
                terminal.stop(signal.SIGTERM)
