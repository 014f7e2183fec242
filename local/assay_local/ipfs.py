"""A private IPFS node on this machine: Kubo if it is installed, or else the bundled Helia node."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from assay.errors import LocalMarketError
from assay_local import npm

_GET_KUBO = "install Kubo (https://docs.ipfs.tech/install), which puts ipfs on PATH"
_READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LOG_TAIL_BYTES = 2000
_MAX_LINE_BYTES = 64 * 1024


def has_kubo() -> bool:
    """Whether Kubo is on PATH."""
    return shutil.which("ipfs") is not None


def helia_program() -> list[str]:
    """The command of the bundled node, whose libraries are fetched from npm if they are missing.

    Raises:
        LocalMarketError: Node.js or npm is missing, or npm fails.
    """
    program = npm.node()
    folder = npm.installed("ipfs_node", "Helia 7.1, the local storage (180 MB)", f", or {_GET_KUBO}")
    return [program, str(folder / "server.mjs")]


class IpfsNode:
    """A private IPFS node: loopback only, no bootstrap peers, its repository in *directory*.

    Use it as a context manager or call :meth:`start` and :meth:`stop`; ``url`` is then its Kubo RPC address.
    The bundled node needs Node.js (:func:`assay_local.npm.node`).
    The same *directory* may be used again and keeps what was stored.
    """

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        self.url = ""
        self._directory = directory
        self._port = port
        self._log = directory / "ipfs.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> IpfsNode:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_kubo(self) -> bool:
        """Whether this machine's own Kubo runs, rather than the bundled Helia node."""
        return has_kubo()

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the node and return once it answers; raises LocalMarketError with the tail of its log."""
        self._directory.mkdir(parents=True, exist_ok=True)
        try:
            self.url = self._start_kubo() if self.is_kubo else self._start_helia()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the node and wait until it is gone; harmless if it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def _start_helia(self) -> str:
        command = [*helia_program(), str(self._directory / "helia"), str(self._port)]
        ready = self._launch(command, {}, lambda line: line.startswith(b"{"))
        return str(json.loads(ready)["api"])

    def _start_kubo(self) -> str:
        repository = self._directory / "kubo"
        environment = {"IPFS_PATH": str(repository), "IPFS_TELEMETRY": "off"}
        if not (repository / "config").exists():
            # Kubo's own profile for this purpose: loopback, free ports, no bootstrap peers, no discovery
            self._run_kubo(environment, "init", "--profile=test")
        self._run_kubo(environment, "config", "Routing.Type", "none")
        self._run_kubo(environment, "config", "Addresses.API", f"/ip4/127.0.0.1/tcp/{self._port}")
        self._launch(["ipfs", "daemon"], environment, lambda line: line.startswith(b"Daemon is ready"))
        # /ip4/127.0.0.1/tcp/<port>
        port = (repository / "api").read_text().strip().rsplit("/", 1)[-1]
        return f"http://127.0.0.1:{port}"

    def _run_kubo(self, environment: dict[str, str], *arguments: str) -> None:
        with self._log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - no shell, fixed arguments
                ["ipfs", *arguments],  # noqa: S607 - PATH is where a user's Kubo is
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=_READY_SECONDS,
                check=False,
            )
        if done.returncode:
            raise self._failure(f"`ipfs {' '.join(arguments[:2])}` failed.")

    def _launch(
        self, command: list[str], environment: dict[str, str], ready: Callable[[bytes], bool]
    ) -> bytes:
        with self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - no shell
                    command,
                    env=os.environ | environment,
                    stdin=subprocess.PIPE,  # closes with us: the bundled node stops then
                    stdout=subprocess.PIPE,
                    stderr=log,
                )
            except OSError as error:
                raise LocalMarketError(f"{command[0]} cannot be run: {error.strerror}.") from error
        assert self._process.stdout is not None
        return self._await_line(self._process.stdout, ready)

    def _await_line(self, stdout: IO[bytes], ready: Callable[[bytes], bool]) -> bytes:
        end = time.monotonic() + _READY_SECONDS
        received = b""
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while selector.select(max(0.0, end - time.monotonic())):
                piece = os.read(stdout.fileno(), 4096)
                if not piece or len(received) > _MAX_LINE_BYTES:
                    raise self._failure("The IPFS node stopped before it was ready.")
                received += piece
                for line in received.split(b"\n")[:-1]:
                    if ready(line):
                        return line
        raise self._failure(f"The IPFS node was not ready within {_READY_SECONDS:.0f} s.")

    def _failure(self, message: str) -> LocalMarketError:
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _LOG_TAIL_BYTES))
            tail = log.read().decode(errors="replace").strip()
        return LocalMarketError(message, hint=f"The end of {self._log}:\n{tail}" if tail else "")
