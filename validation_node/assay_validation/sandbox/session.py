"""A jailed process that stays and answers questions: black-box methods query a model thousands of times.

The process is jailed like any other (`runner`). Questions and answers are frames on two pipes. It is not
trusted: each answer has a size limit and a deadline, and the whole session has limits on elapsed time and,
enforced by the kernel, on processor time. If the process does not answer, sends too much or dies, the session
ends with the reason.
"""

import contextlib
import os
import select
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import NoReturn, Self

from assay_validation.errors import JobError
from assay_validation.frames import LENGTH
from assay_validation.limits import MIB, Limits
from assay_validation.sandbox.process import Started
from assay_validation.sandbox.runner import Job, jail, result, start

MAX_FRAME = 64 * MIB
_CHUNK = 1 * MIB
_DEATH_SECONDS = 10
"""How long a process may take to end after its pipes are closed."""


@dataclass(frozen=True)
class SessionLimits:
    """What the whole session, and a single answer, may take."""

    whole: Limits = field(default_factory=lambda: Limits(cpu_seconds=900, wall_seconds=1200, file_bytes=MIB))
    answer_seconds: float = 60


class Session:
    """A running *job*, lent ``questions`` and ``answers`` besides its files. It has to be closed, and cannot
    be used after an error.

    Raises:
        SandboxUnavailable: no jail is usable here; nothing was run.
    """

    def __init__(self, job: Job, limits: SessionLimits) -> None:
        used = jail()
        self._limits = limits
        self._end = time.monotonic() + limits.whole.wall_seconds
        with contextlib.ExitStack() as files:
            lent = {name: files.enter_context(path.open("rb")).fileno() for name, path in job.inputs.items()}
            theirs_in, self._questions = os.pipe()
            files.callback(os.close, self._questions)
            self._answers, theirs_out = os.pipe()
            files.callback(os.close, self._answers)
            os.set_blocking(self._questions, False)
            os.set_blocking(self._answers, False)
            try:
                self._started: Started = start(
                    used, job, limits.whole, {**lent, "questions": theirs_in}, {"answers": theirs_out}, files
                )
            finally:  # only its own ends keep the pipes open, so that its death shows
                os.close(theirs_in)
                os.close(theirs_out)
            files.callback(self._started.kill)
            self._files = files.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._files.close()

    def ask(self, question: bytes) -> bytes:
        """The payload that answers the payload *question*; the caller must not trust it.

        Raises:
            JobError: a late answer, an answer that is too long, or a dead process; the message says which.
            SandboxUnavailable: the jail could not be locked, so nothing was run.
        """
        deadline = min(time.monotonic() + self._limits.answer_seconds, self._end)
        self._write(LENGTH.pack(len(question)) + question, deadline)
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > MAX_FRAME:
            raise JobError(f"answers more than {MAX_FRAME // MIB} MiB at once")
        return self._read(length, deadline)

    def _write(self, content: bytes, deadline: float) -> None:
        rest = memoryview(content)
        while rest:
            self._await(self._questions, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._questions, rest[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                self._explain_death()

    def _read(self, size: int, deadline: float) -> bytes:
        content = bytearray()
        while len(content) < size:
            self._await(self._answers, select.POLLIN, deadline)
            try:
                piece = os.read(self._answers, min(_CHUNK, size - len(content)))
            except BlockingIOError:
                continue
            if not piece:
                self._explain_death()
            content += piece
        return bytes(content)

    def _await(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            if deadline == self._end:
                raise JobError(f"ran longer than {self._limits.whole.wall_seconds} s")
            raise JobError(f"did not answer within {self._limits.answer_seconds:g} s")

    def _explain_death(self) -> NoReturn:
        """Raise the reason why the other end of a pipe is closed."""
        ended = self._started.wait(_DEATH_SECONDS)  # a live process may also close its pipes
        self._started.kill()
        if ended:
            result(self._started)
        raise JobError("stopped answering")
