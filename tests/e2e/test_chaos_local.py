"""A market on this machine, and the demo, killed and interrupted at any moment: for `make chaos`."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from chaos import INTERRUPTED, PROGRAM, SEED, TIMES, Ended, Moment, Programs, new_folder

from assay_local.anvil import free_port, require_free

DEMO_SECONDS = 90.0


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".log"}


def starting(folder: Path) -> list[str]:
    """The command that starts a market there."""
    ports = [str(free_port()), str(free_port())]
    return [PROGRAM, "up", "--validators", "1", "--port", ports[0], "--ipfs-port", ports[1], "--json"]


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A market that is up, and what it says of itself."""
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as up:
        assert up.stdout is not None
        said = ""
        while not said.endswith("\n}\n"):
            line = up.stdout.readline()
            assert line, up.communicate()[1]
            said += line
        try:
            yield up, json.loads(said)
        finally:
            up.send_signal(signal.SIGINT)


def stopped_at(command: list[str], folder: Path, number: signal.Signals, seconds: float) -> Ended:
    """How a market ends that is stopped so many seconds after it was started."""
    moment = Moment(number, None, after=False, part=1)
    return Programs("http://127.0.0.1:9", "http://127.0.0.1:9").run(
        command, {}, folder=folder, moment=moment, usual=seconds
    )


def a_local_market_that_is_stopped_starts_again(tmp_path):
    """At any moment; and a second one in the folder touches nothing."""
    folder, command = tmp_path, starting(tmp_path)
    began = time.monotonic()
    with running(command, folder) as (up, _):
        usual = time.monotonic() - began
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == 0, up.communicate()
    choose = random.Random(f"{SEED} up")
    for _ in range(TIMES):
        number = choose.choice([signal.SIGKILL, signal.SIGINT])
        ended = stopped_at(command, folder, number, choose.uniform(0, 1.2 * usual))
        assert ended.code in {0, INTERRUPTED, -signal.SIGKILL}, ended
        assert "Traceback" not in ended.err, ended
    with running(command, folder) as (up, said):
        before = contents(folder)
        second = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
        assert second.returncode == 1
        assert f"process {up.pid}" in second.stderr
        assert contents(folder) == before
        assert httpx.post(said["rpc"], json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}).is_success


def a_demo_that_is_stopped_can_be_played_again(tmp_path):
    """What it left behind is no market and no half of a page."""
    ports = [free_port(), free_port()]
    command = [PROGRAM, "demo", "--port", str(ports[0]), "--ipfs-port", str(ports[1]), "--keep"]
    choose = random.Random(f"{SEED} demo")
    folder = new_folder(tmp_path, "demo")
    for _ in range(TIMES):
        number = choose.choice([signal.SIGKILL, signal.SIGINT])
        ended = stopped_at(command, folder, number, choose.uniform(0, DEMO_SECONDS))
        assert ended.code in {0, INTERRUPTED, -signal.SIGKILL}, ended
        assert "Traceback" not in ended.err, ended
        for port in ports:
            require_free(port, "demo", "--port")
        if (page := folder / "demo.html").exists():
            assert page.read_text().rstrip().endswith("</html>")
    whole = subprocess.run(command[:-1], cwd=folder, capture_output=True, text=True, timeout=600)
    assert whole.returncode == 0, whole.stderr
    assert (folder / "demo.html").read_text().rstrip().endswith("</html>")


if TIMES:  # they take minutes
    test_a_local_market_that_is_stopped_starts_again = a_local_market_that_is_stopped_starts_again
    test_a_demo_that_is_stopped_can_be_played_again = a_demo_that_is_stopped_can_be_played_again
