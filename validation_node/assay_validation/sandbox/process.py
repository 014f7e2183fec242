"""A jailed process, as seen by whoever started it."""

import contextlib
import os
import select
import socket
from dataclasses import dataclass
from typing import IO

from assay_validation.sandbox.fork_server import REPORT
from assay_validation.sandbox.forking import ForkServer


@dataclass
class Started:
    """A jailed process and the plain files in which it leaves its last words."""

    server: ForkServer
    connection: socket.socket
    asked: IO[bytes]
    """The request; the process can write to it as to the other files."""
    reply: IO[bytes]
    errors: IO[bytes]
    ready: IO[bytes]
    cpu_seconds: int
    """How much processor time it may take."""
    code: int | None = None
    """Its exit code (negative for a signal) once it has ended; None if its server ended first."""
    used: float = 0.0
    """The seconds of processor time that it took, once it has ended."""
    ended: bool = False

    def wait(self, seconds: float | None) -> bool:
        """Wait up to *seconds* (None: forever) for its end; returns whether it has ended."""
        if not self.ended:
            poll = select.poll()
            poll.register(self.connection, select.POLLIN)
            if not poll.poll(None if seconds is None else seconds * 1000):
                return False
            with contextlib.suppress(ConnectionResetError):
                report = self.connection.recv(REPORT.size)
                if report:
                    self.code, self.used = REPORT.unpack(report)
            self.ended = True
        return True

    def kill(self) -> None:
        """Kill it and whatever it left running, and wait for that."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
        self.wait(None)

    def written(self) -> list[int]:
        """The sizes of its own files, bytes."""
        return [os.fstat(one.fileno()).st_size for one in (self.asked, self.reply, self.errors)]

    def has_started(self) -> bool:
        """Whether it was locked in, and the job run."""
        return os.fstat(self.ready.fileno()).st_size > 0
