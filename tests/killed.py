"""Runs a command, kills it when told to, and waits until nothing that it started is left.

``python killed.py COMMAND…`` kills it (SIGKILL) at the first byte on standard input. What it started then
belongs to this process (prctl(2), PR_SET_CHILD_SUBREAPER), which ends with 0 when all of that has ended by
itself, and by SIGALRM where something does not.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_SECONDS = 30


def main() -> None:
    """See above."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit("no subreaper")
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    sys.stdin.buffer.read(1)
    process.kill()
    signal.alarm(_SECONDS)
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


@contextmanager
def running(command: Sequence[object], env: Mapping[str, str], log: Path) -> Iterator[None]:
    """Runs *command* for the length of the block, at whose end it is killed; what it says goes into *log*.

    Raises:
        AssertionError: something that it started outlives it.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, __file__, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=dict(env),
        )
    try:
        yield
    finally:
        process.communicate(b"x", timeout=2 * _SECONDS)
    assert process.returncode == 0, f"something outlives {command[0]}"


def wait_for_work(folder: str, files: int) -> None:
    """Until processes have so many *files* with content open in *folder*, with a name or without."""
    deadline = time.monotonic() + _SECONDS * 2
    while _open_files(folder) < files:
        assert time.monotonic() < deadline, "it opens no files"
        os.sched_yield()


def _open_files(folder: str) -> int:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            for link in (process / "fd").iterdir():
                with suppress(OSError):  # it has been closed meanwhile
                    if os.readlink(link).startswith(folder) and link.stat().st_size:
                        found.add(link.stat().st_ino)
    return len(found)


if __name__ == "__main__":
    main()
