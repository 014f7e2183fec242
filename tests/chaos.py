"""A program that is killed or interrupted at any of its requests, or at any moment, and then run again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from outage import Relay, hang_up

PROGRAM = str(Path(sys.executable).with_name("assay"))
TIMES = int(os.environ.get("ASSAY_CHAOS", "0"))
"""How often `make chaos` stops each program; 0 in continuous integration."""
SEED = int(os.environ.get("ASSAY_CHAOS_SEED", "0")) or (random.randrange(1, 2**32) if TIMES else 1)
SECONDS = 120
"""A program that takes longer hangs."""
INTERRUPTED = 130


class Tripwire(Relay):
    """Passes requests on to a server and tells of each: when it comes, and when the server has answered it.

    A request or an answer at which *step* says so goes no further.
    """

    def __init__(self, url: str, step: Callable[[bool], bool]) -> None:
        self._step = step
        super().__init__(url)

    def _serve(self, client: socket.socket) -> None:
        with client, self._connect() as server:
            asked = threading.Event()
            answers = threading.Thread(target=self._answer, args=(server, client, asked), daemon=True)
            answers.start()
            with suppress(OSError):
                while piece := client.recv(65_536):
                    if piece.startswith(b"POST "):
                        if self._step(False):
                            break
                        asked.set()
                    server.sendall(piece)
            hang_up(client, server)
            answers.join()

    def _answer(self, server: socket.socket, client: socket.socket, asked: threading.Event) -> None:
        with suppress(OSError):
            while piece := server.recv(65_536):
                if asked.is_set():
                    asked.clear()
                    if self._step(True):
                        break
                client.sendall(piece)
        hang_up(client, server)


@dataclass(frozen=True)
class Moment:
    """When a program is stopped, and by which signal.

    Attributes:
        request: at which of its requests, from 1; none for a moment of its own.
        after: whether the server has answered that request by then.
        part: of the time that it takes, where it makes no requests.
    """

    number: signal.Signals
    request: int | None
    after: bool
    part: float

    @classmethod
    def any(cls, choose: random.Random, requests: int) -> Moment:
        """One of all that there are for a program that makes so many requests."""
        return cls(
            number=choose.choice([signal.SIGKILL, signal.SIGINT]),
            request=choose.randint(1, requests) if requests else None,
            after=choose.random() < 0.5,
            part=choose.random(),
        )


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    out: str
    err: str
    requests: int
    seconds: float


class Programs:
    """Runs programs whose lines to chain and storage tell of each request.

    Args:
        rpc, ipfs: URLs of the servers.
    """

    def __init__(self, rpc: str, ipfs: str) -> None:
        self._requests, self._lock = 0, threading.Lock()
        self._moment: Moment | None = None
        self._process: subprocess.Popen[str] | None = None
        self._lines = Tripwire(rpc, self._step), Tripwire(ipfs, self._step)

    def close(self) -> None:
        for line in self._lines:
            line.close()

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        typed: str = "",
        folder: Path | None = None,
        moment: Moment | None = None,
        usual: float = 0,
    ) -> Ended:
        """Run a program to its end, or stop it at *moment*; *usual* is how many seconds it takes."""
        self._requests, self._moment = 0, moment
        lines = {"ASSAY_RPC": self._lines[0].url, "ASSAY_IPFS": self._lines[1].url}
        began = time.monotonic()
        with subprocess.Popen(
            command,
            env={**os.environ, **environment, **lines},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # where tests run in the background, it is ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            self._process = process
            try:
                wait = usual * moment.part if moment and moment.request is None else SECONDS
                try:
                    out, err = process.communicate(typed, timeout=wait)
                except subprocess.TimeoutExpired:
                    assert wait < SECONDS, "it hangs"
                    assert moment is not None
                    process.send_signal(moment.number)
                    out, err = process.communicate(timeout=SECONDS)
            finally:
                self._process = None
                process.kill()
        return Ended(process.returncode, out, err, self._requests, time.monotonic() - began)

    def _step(self, answered: bool) -> bool:
        """Count a request; whether the program is stopped at it."""
        with self._lock:
            self._requests += not answered
            moment, process = self._moment, self._process
            if moment is None or process is None:
                return False
            if (self._requests, answered) != (moment.request, moment.after):
                return False
            self._moment = None
            process.send_signal(moment.number)
            return True


def new_folder(parent: Path, name: str) -> Path:
    """An empty folder."""
    folder = parent / name
    folder.mkdir()
    return folder
