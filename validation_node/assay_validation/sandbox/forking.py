"""This process's fork server (`fork_server`): started at the first job, and again whenever it has ended."""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence

from assay_validation.errors import MachineFault, SandboxUnavailable
from assay_validation.pinned_runtime import GLIBC_TUNABLES
from assay_validation.sandbox.fork_server import APART, DESCRIPTORS, JOB, LAST, MORE, RETIRE
from assay_validation.sandbox.texts import last_line

FORKS = 500
"""How many jobs one server forks. They all share its memory layout, so a new server takes over in time."""
# one thread for each library, no telemetry, nothing from the operator's environment
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "LC_ALL": "C.UTF-8",
    "GLIBC_TUNABLES": f"{GLIBC_TUNABLES}:glibc.malloc.hugetlb=1",  # large arrays come in large pages
}


_COMMAND = (sys.executable, "-I", "-m", "assay_validation.sandbox.fork_server")


class ForkServer:
    """A running fork server; *apart*: see `fork_server.APART`.

    It ends when it is closed, or with this process, however that ends.
    """

    def __init__(self, *, apart: bool) -> None:
        self.forks = 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server runs
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [*_COMMAND, str(theirs.fileno()), *([APART] if apart else [])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fork(self, descriptors: Sequence[int]) -> socket.socket:
        """Start a process with *descriptors*, the first three as its standard ones.

        Returns:
            a connection on which `fork_server.REPORT` arrives when it ends. Closing it kills the process.

        Raises:
            OSError: the server is gone.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                socket.send_fds(self._control, [JOB], [theirs.fileno()])
            for start in range(0, len(descriptors), DESCRIPTORS):
                rest = descriptors[start:]
                kind = LAST if len(rest) <= DESCRIPTORS else MORE
                socket.send_fds(ours, [kind], rest[:DESCRIPTORS])
        except BaseException:
            ours.close()
            raise
        self.forks += 1
        return ours

    def retire(self) -> None:
        """Let it end after the jobs that are running."""
        with contextlib.suppress(OSError):
            self._control.send(RETIRE)

    def close(self) -> None:
        """End it, and its jobs with it."""
        self._process.kill()
        self._process.wait()
        self._control.close()
        self._errors.close()

    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def cause_of_death(self) -> SandboxUnavailable | MachineFault:
        """Why it ended; waits for the end."""
        code = self._process.wait()
        if code < 0 or code > 128:
            return MachineFault("The process that starts jobs was ended.", hint="Is there enough memory?")
        return SandboxUnavailable(f"The process that starts jobs does not run: {last_line(self._errors)}")


class _Servers:
    """The server that takes jobs, and earlier ones that are only finishing theirs."""

    def __init__(self, *, apart: bool) -> None:
        self._apart = apart
        self._lock = threading.Lock()
        self._current: ForkServer | None = None
        self._old: list[ForkServer] = []

    def fork(self, descriptors: Sequence[int]) -> tuple[ForkServer, socket.socket]:
        with self._lock:
            server = self._ready()
            try:
                return server, server.fork(descriptors)
            except (BrokenPipeError, ConnectionResetError):
                self._current = None
                self._old.append(server)
                server = self._ready()
                return server, server.fork(descriptors)

    def _ready(self) -> ForkServer:
        if self._current is not None and self._current.forks >= FORKS:
            self._current.retire()
            self._old.append(self._current)
            self._current = None
        if self._current is None:
            self._drop_ended()
            self._current = ForkServer(apart=self._apart)
        return self._current

    def _drop_ended(self) -> None:
        for ended in [one for one in self._old if one.has_ended()]:
            ended.close()
            self._old.remove(ended)

    def close(self) -> None:
        with self._lock:
            for server in (*self._old, *filter(None, [self._current])):
                server.close()
            self._current, self._old = None, []


def _none_yet() -> dict[bool, _Servers]:
    return {apart: _Servers(apart=apart) for apart in (False, True)}


_servers = _none_yet()


def fork(descriptors: Sequence[int], *, apart: bool) -> tuple[ForkServer, socket.socket]:
    """See `ForkServer`; a server that has ended is replaced.

    Raises:
        OSError: no server can be started.
    """
    return _servers[apart].fork(descriptors)


def close() -> None:
    """End the fork servers. The next job starts a new one."""
    for one in _servers.values():
        one.close()


def _forget() -> None:
    """Forget the servers in a process that was forked from this one: they belong to the original."""
    global _servers
    _inherited.append(_servers)  # must not be closed from here
    _servers = _none_yet()


_inherited: list[dict[bool, _Servers]] = []
os.register_at_fork(after_in_child=_forget)
atexit.register(close)
