"""A child process of a local market: started, awaited until ready, stopped with all its children."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from assay.errors import LocalMarketError

_POLL_SECONDS = 0.05
_TAIL_BYTES = 2_000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Process:
    """Runs `command` in a process group of its own, in `folder` if given, with output to the file `log`.

    It inherits the file descriptors `keep`, such as that of a lock. On Linux it ends with the thread that
    started it, even if that is killed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        self.name, self.command, self.log = name, list(command), log
        self._folder, self._keep = folder, tuple(keep)
        self._environment = {**os.environ, **(environment or {})}
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._child.pid if self.running and self._child else None

    @property
    def exit_code(self) -> int | None:
        """The code that it ended with, if it has ended."""
        return self._child.poll() if self._child else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self, ready: Callable[[], bool], seconds: float = 60) -> Self:
        """Start it and wait until `ready` says so.

        Raises LocalMarketError if it ends, or is not ready within `seconds`.
        """
        self.spawn()
        return self.await_ready(ready, seconds)

    def await_ready(self, ready: Callable[[], bool], seconds: float = 60) -> Self:
        """Wait, after `spawn`, until `ready` says so; raises as `start` does."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise self._failure(f"ended with code {self.exit_code}")
            if time.monotonic() > deadline:
                self.stop()
                raise self._failure(f"was not ready within {seconds:.0f} s")
            time.sleep(_POLL_SECONDS)
        return self

    def run(self, seconds: float) -> None:
        """Start it and wait for its end.

        Raises LocalMarketError unless it succeeds within `seconds`.
        """
        child = self.spawn()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise self._failure(f"did not end within {seconds:.0f} s") from None
        if child.returncode:
            raise self._failure(f"ended with code {child.returncode}")

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start it and do not wait."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            try:
                self._child = subprocess.Popen(  # noqa: S603 our own command line
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                    env=self._environment,
                    start_new_session=True,
                    pass_fds=self._keep,
                    preexec_fn=_end_with_parent,
                )
            except FileNotFoundError as error:
                raise LocalMarketError(
                    f"{self.name} did not start: {self.command[0]} is not there.",
                    hint="`make build` installs the tools of a local market.",
                ) from error
        return self._child

    def _failure(self, what: str) -> LocalMarketError:
        return LocalMarketError(f"{self.name} {what}: {self.log_tail()}", hint=f"Its log is {self.log}.")

    def log_tail(self) -> str:
        """The last lines that it printed."""
        with contextlib.suppress(OSError), self.log.open("rb") as output:
            output.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            return output.read().decode(errors="replace").strip()
        return ""

    @property
    def stopped(self) -> bool:
        """Whether the last signal that it was sent is SIGSTOP."""
        return self._stopped

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its children, if it is running."""
        self._stopped = number == signal.SIGSTOP
        if self.running and self._child:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)

    def stop(self, seconds: float = 10) -> None:
        """End it: politely at first, by force after `seconds`. Harmless if it has ended."""
        if self._child is None:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _end_with_parent() -> None:
    """Make the system send this process SIGTERM when its parent is gone."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
