"""Runs one job in a fresh, jailed process and reads its bounded answer.

The jail is made of layers. The outer one is a set of namespaces, by bubblewrap or by our own calls; the inner
ones are Landlock, seccomp, no_new_privs, no capabilities and resource limits. A job sees the interpreter's
code read-only, the descriptors it was lent, and nothing else: no network, no host files, no environment.
seccomp and at least one of namespaces and Landlock are required; without them nothing runs
(`SandboxUnavailable`).
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import ValidationError as InvalidReply

from assay.manifests.reason import MAX_REASONS, Code, Reason
from assay_validation.errors import JobError, MachineFault, SandboxUnavailable
from assay_validation.limits import MIB, Limits
from assay_validation.sandbox import landlock, namespaces, seccomp
from assay_validation.sandbox.child import NO_STORAGE, READY

REPLY_BYTES = 4 * MIB
_OWN_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP, signal.SIGSYS)
"""Signals that a process gets by what it does itself."""
_THREADS = 64
# one thread each, no telemetry, nothing of the operator's environment
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True)
class Job:
    """A module with ``run(arguments, inputs, outputs) -> dict``, and what it is lent.

    Inputs are opened for reading and outputs for writing; the job gets their descriptors by name.
    """

    module: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, Path] = field(default_factory=dict)
    import_from: Sequence[Path] = ()


@dataclass(frozen=True)
class Jail:
    """The layers this machine offers."""

    namespaces: Literal["bubblewrap", "native", "none"]
    landlock: int
    """ABI version; 0 is none."""


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    result: dict[str, Any] | None = None
    refusal: str | None = None
    faults: list[Any] = []


def run(job: Job, limits: Limits) -> dict[str, Any]:
    """Run *job* in the strongest jail available and return its result, which the caller must not trust.

    Raises:
        JobError: the job refused its input, exceeded a limit, died or answered nonsense.
        MachineFault: it could not end for reasons of this machine's.
        SandboxUnavailable: no jail is usable here; nothing was run.
    """
    return _run_in(jail(), job, limits)


@cache
def jail() -> Jail:
    """The strongest jail that proves to work on this machine.

    Raises:
        SandboxUnavailable: none does.
    """
    if sys.platform != "linux" or not seccomp.available():
        raise SandboxUnavailable(
            "Models are evaluated on Linux, x86_64 or aarch64, only.", hint="Use such a machine or container."
        )
    reasons = []
    for candidate in _candidates():
        try:
            _run_in(candidate, Job("assay_validation.jobs.nothing"), Limits(cpu_seconds=10, wall_seconds=600))
        except (SandboxUnavailable, JobError) as error:
            reasons.append(f"{candidate.namespaces}: {error.message}")
        else:
            return candidate
    raise SandboxUnavailable(
        f"No sandbox works on this machine ({'; '.join(reasons)}).",
        hint="Install bubblewrap (the package has that name), or use a kernel with Landlock (5.13 on).",
    )


def describe() -> str:
    """One line about the jail in use, for operators.

    Raises:
        SandboxUnavailable: there is none.
    """
    used = jail()
    outer = {"bubblewrap": "bubblewrap namespaces", "native": "own namespaces", "none": "no namespaces"}
    inner = f"Landlock (ABI {used.landlock})" if used.landlock else "no Landlock"
    return f"{outer[used.namespaces]}, {inner}, seccomp, no capabilities, resource limits"


def _candidates() -> list[Jail]:
    abi = landlock.abi()
    found: list[Jail] = []
    if shutil.which("bwrap"):
        found.append(Jail("bubblewrap", abi))
    found.append(Jail("native", abi))
    if abi:
        found.append(Jail("none", abi))
    return found


def _run_in(jail: Jail, job: Job, limits: Limits) -> dict[str, Any]:
    with contextlib.ExitStack() as files:
        lent_in = {name: files.enter_context(path.open("rb")).fileno() for name, path in job.inputs.items()}
        lent_out = {name: files.enter_context(path.open("wb")).fileno() for name, path in job.outputs.items()}
        started = start(jail, job, limits, lent_in, lent_out, files)
        try:
            ended = started.wait(limits.wall_seconds)
        finally:
            started.kill()
        if not ended:
            raise MachineFault(f"A job took longer than {limits.wall_seconds} s, most of which it waited.")
        written = [os.fstat(one).st_size for one in (*lent_out.values(), started.reply.fileno())]
        if max(written) >= limits.file_bytes:
            raise JobError("wrote more than allowed", Code.WROTE_TOO_MUCH)
        return started.result()


@dataclass(frozen=True)
class Started:
    """A jailed process and the plain files in which it leaves its last words."""

    process: subprocess.Popen[bytes]
    reply: IO[bytes]
    errors: IO[bytes]
    ready: IO[bytes]
    cpu_seconds: int
    """How much processor time it may take."""
    used: list[float] = field(default_factory=list)
    """What it took, once it has ended."""

    def wait(self, seconds: float) -> bool:
        """Whether it ends within *seconds*."""
        descriptor = os.pidfd_open(self.process.pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            if not poll.poll(seconds * 1000):
                return False
        finally:
            os.close(descriptor)
        self._reap()
        return True

    def _reap(self) -> None:
        if self.process.returncode is None:
            _, status, usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.used.append(usage.ru_utime + usage.ru_stime)

    def kill(self) -> None:
        """End it, and whatever it left running: the group outlives its leader."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._reap()

    def result(self) -> dict[str, Any]:
        """What it answered before it ended.

        Raises:
            JobError: it refused its input, died or answered nonsense.
            MachineFault: it died for reasons of this machine's.
            SandboxUnavailable: the jail did not close, so nothing was run.
        """
        if _head(self.ready, len(READY)) != READY:
            raise SandboxUnavailable(f"The sandbox did not start: {_last_line(self.errors)}")
        if self.process.returncode != 0:
            raise _cause_of_death(self.process.returncode, self.used[0] >= self.cpu_seconds, self.errors)
        return _answer(self.reply)


def start(
    jail: Jail,
    job: Job,
    limits: Limits,
    lent_in: Mapping[str, int],
    lent_out: Mapping[str, int],
    files: contextlib.ExitStack,
) -> Started:
    """Start *job* with the descriptors it is lent; its own files close with *files*. The caller ends it."""
    stdin, reply, errors, ready = (files.enter_context(_scratch()) for _ in range(4))
    folders = [*namespaces.code_folders(), *(p.resolve() for p in job.import_from)]
    request = {
        "job": job.module,
        "arguments": dict(job.arguments),
        "inputs": dict(lent_in),
        "outputs": dict(lent_out),
        "import_from": [str(p.resolve()) for p in job.import_from],
        "folders": [str(f) for f in folders],
        "namespaces": jail.namespaces,
        "parent": 0 if jail.namespaces == "bubblewrap" else os.getpid(),  # bubblewrap sees to that itself
        "landlock": bool(jail.landlock),
        "ready": ready.fileno(),
        "limits": {
            **limits.model_dump(include={"memory_bytes", "cpu_seconds", "file_bytes"}),
            # without a user namespace the kernel would count all of the operator's processes
            "threads": 0 if jail.namespaces == "none" else _THREADS,
        },
    }
    stdin.write(json.dumps(request).encode())
    stdin.seek(0)
    command = [sys.executable, "-I", "-m", "assay_validation.sandbox.child"]
    if jail.namespaces == "bubblewrap":
        command = namespaces.bubblewrap_command(str(shutil.which("bwrap")), folders) + command
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and bubblewrap
        command,
        stdin=stdin,
        stdout=reply,
        stderr=errors,
        pass_fds=[*lent_in.values(), *lent_out.values(), ready.fileno()],
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    return Started(process, reply, errors, ready, limits.cpu_seconds)


def _scratch() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _answer(reply: IO[bytes]) -> dict[str, Any]:
    try:
        answer = _Reply.model_validate_json(_head(reply, REPLY_BYTES))
    except InvalidReply:
        raise JobError("answered nonsense", Code.ANSWERS_NONSENSE) from None
    if answer.refusal is not None:
        raise JobError(answer.refusal, *_reasons(answer.faults))
    if answer.result is None:
        raise JobError("answered nonsense", Code.ANSWERS_NONSENSE)
    return answer.result


def _reasons(faults: list[Any]) -> list[Reason]:
    """Those of a job's *faults* that have the form of reasons; what they say is the job's word alone."""
    found = []
    for fault in faults[:MAX_REASONS]:
        with contextlib.suppress(InvalidReply):
            found.append(Reason.model_validate(fault, strict=False))
    return found


def _cause_of_death(code: int, costly: bool, errors: IO[bytes]) -> JobError | MachineFault:
    number = -code if code < 0 else code - 128
    if number == signal.SIGXCPU or (number == signal.SIGKILL and costly):
        return JobError("used more processor time than allowed", Code.TOO_COSTLY)
    if number == signal.SIGXFSZ:
        return JobError("wrote more than allowed", Code.WROTE_TOO_MUCH)
    if code == NO_STORAGE:
        return MachineFault("This machine could not store what a job wrote.", hint="Is its disk full?")
    if number in set(signal.Signals) and number not in _OWN_CRASHES:
        name = signal.Signals(number).name
        return MachineFault(f"A job was ended from outside ({name}).", hint="Is there enough memory?")
    if code < 0 or code > 128:
        name = signal.Signals(number).name if number in set(signal.Signals) else str(code)
        return JobError(f"crashed ({name})", Code.CRASHED)
    return JobError(f"failed: {_last_line(errors)}", Code.CRASHED)


def _head(file: IO[bytes], size: int) -> bytes:
    file.seek(0)
    return file.read(size)


def _last_line(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - 1000))
    lines = errors.read(1000).decode("utf-8", "replace").strip().splitlines()
    return "".join(c for c in lines[-1] if c.isprintable()) if lines else "it said nothing"
