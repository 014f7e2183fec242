"""The process that jobs are forked from: it holds the libraries that jobs use, loaded, and nothing else.

It is started by `forking` as ``python -I -m assay_validation.sandbox.fork_server <control> [apart]``, with an
empty environment. It holds no secrets and reads nobody's data: a message on the control socket is one byte
and one descriptor, the job's connection. It forks, and the child reads from that connection what it is lent,
closes everything else and locks itself in (`child`). How the child ended is reported on the same connection;
closing that kills the job.

Forking a process with threads can hang, so this one has none. It ends with the process that started it, and
its jobs end with it, even after ``kill -9``.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import struct
import sys
import traceback
from dataclasses import dataclass
from typing import NoReturn

from assay_validation.sandbox import child, kernel, namespaces

REPORT = struct.Struct("=id")
"""How a job ended: its exit code (negative for a signal), and the seconds of processor time that it took."""
MORE, LAST = b"+", b"."
"""The bytes sent along with a job's descriptors."""
APART = "apart"
"""Asks for jobs in process namespaces of their own, if that is possible."""
JOB = b"j"
"""Sent along with the connection of a new job."""
RETIRE = b"r"
"""Asks the server to take no more jobs, and to end after the last one."""
DESCRIPTORS = 200
"""How many are sent at once; the kernel allows 253."""
_HIGHEST = 2**31 - 1


@dataclass
class _Job:
    pid: int
    process: int
    """Its pidfd."""
    connection: int


def main() -> None:
    """Load the libraries, then fork a job for each connection that comes."""
    parent = os.pidfd_open(os.getppid())
    apart = APART in sys.argv[2:] and namespaces.enter_tree()
    tree = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if apart else None
    child.load_libraries()
    importlib.import_module("assay_validation.sandbox.warm_up").warm_up()
    _Server(int(sys.argv[1]), parent, tree).serve()


class _Server:
    def __init__(self, control: int, parent: int, tree: int | None) -> None:
        if len(os.listdir("/proc/self/task")) > 1:
            raise RuntimeError("the libraries of jobs have started threads")
        self._control, self._parent, self._tree = control, parent, tree
        self._poll = select.poll()
        # reported first, so that no new job takes a descriptor of one that ends in the same round
        self._poll.register(parent, select.POLLIN)
        self._poll.register(control, select.POLLIN)
        self._by_process: dict[int, _Job] = {}
        self._by_connection: dict[int, _Job] = {}
        self._retired = False
        gc.collect()
        gc.freeze()  # what is loaded stays; if collections visited it, each job would copy it

    def serve(self) -> None:
        """Take and watch jobs until the parent is gone, or, once retired, until the last job ends."""
        while self._by_process or not self._retired:
            for descriptor, _ in self._poll.poll():
                if descriptor == self._parent or (descriptor == self._control and not self._listen()):
                    for job in self._by_process.values():
                        self._kill(job)
                    return
                if descriptor in self._by_process:
                    self._reap(self._by_process[descriptor])
                elif descriptor in self._by_connection:
                    self._poll.unregister(descriptor)
                    self._kill(self._by_connection[descriptor])

    def _listen(self) -> bool:
        """Take one message; returns whether somebody is still there to send more."""
        with socket.socket(fileno=os.dup(self._control)) as control:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if message == RETIRE:
            self._retired = True
            self._poll.unregister(self._control)
        for connection in descriptors:
            self._fork(connection)
        return bool(message)

    def _fork(self, connection: int) -> None:
        own = os.getpid()
        try:
            pid = os.fork() if self._tree is None else namespaces.fork_apart(self._tree)
        except OSError:  # this job does not start, but the others go on
            with socket.socket(fileno=connection) as refused, contextlib.suppress(OSError):
                refused.send(REPORT.pack(os.EX_OSERR, 0.0))
            return
        if not pid:
            _become(connection, own)
        job = _Job(pid, os.pidfd_open(pid), connection)
        self._by_process[job.process] = self._by_connection[connection] = job
        self._poll.register(job.process, select.POLLIN)
        self._poll.register(connection, select.POLLRDHUP)

    def _reap(self, job: _Job) -> None:
        _, status, usage = os.wait4(job.pid, 0)
        report = REPORT.pack(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime)
        for descriptor in (job.process, job.connection):
            with contextlib.suppress(KeyError):
                self._poll.unregister(descriptor)
        with socket.socket(fileno=job.connection) as connection, contextlib.suppress(OSError):
            connection.send(report)
        os.close(job.process)
        del self._by_process[job.process], self._by_connection[job.connection]

    @staticmethod
    def _kill(job: _Job) -> None:
        """Kill it, and whatever it left running: the group outlives its leader."""
        for end in (os.kill, os.killpg):  # it may not have made its group yet
            with contextlib.suppress(ProcessLookupError):
                end(job.pid, signal.SIGKILL)


def _become(connection: int, server: int) -> NoReturn:
    """In the child, become the job that *connection* describes. Never returns, whatever happens."""
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getpid() != 1 and os.getppid() != server:  # process 1 ends with the server's namespace
            os._exit(os.EX_UNAVAILABLE)
        os.setsid()
        request, reply, errors, *lent = _received(connection)
        _keep_only([request, reply, errors, *lent])
        for target, source in enumerate((request, reply, errors)):
            os.dup2(source, target)
            os.close(source)
        child.become(lent)
    except SystemExit as error:
        sys.stdout.flush()
        os._exit(error.code if isinstance(error.code, int) else bool(error.code))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def _received(connection: int) -> list[int]:
    found: list[int] = []
    with socket.socket(fileno=connection) as incoming:
        message = MORE
        while message == MORE:
            message, descriptors, _, _ = socket.recv_fds(incoming, 1, DESCRIPTORS)
            found += descriptors
        if message != LAST:
            os._exit(os.EX_UNAVAILABLE)
    return found


def _keep_only(descriptors: list[int]) -> None:
    """Close all other descriptors except the standard ones: the server's sockets, and those of other jobs."""
    lowest = 3
    for one in sorted(descriptors):
        os.closerange(lowest, one)
        lowest = one + 1
    os.closerange(lowest, _HIGHEST)


if __name__ == "__main__":
    main()
