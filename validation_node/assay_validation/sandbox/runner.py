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
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import ValidationError as InvalidReply

from assay.manifests.reason import MAX_REASONS, Code, Reason
from assay_validation.errors import JobError, MachineFault, SandboxUnavailable
from assay_validation.limits import MIB, Limits
from assay_validation.sandbox import forking, landlock, namespaces, seccomp
from assay_validation.sandbox.child import NO_STORAGE
from assay_validation.sandbox.process import Started
from assay_validation.sandbox.texts import head, last_line, tail

REPLY_BYTES = 4 * MIB
_OWN_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP, signal.SIGSYS)
"""Signals that a process brings upon itself."""
_NO_MEMORY = ("Out of memory", "std::bad_alloc", "Cannot allocate memory")
"""The last words of libraries that crash for lack of memory."""
_THREADS = 64
_WATCH_SECONDS = 0.25
"""Seconds between two checks of how much a job has written."""


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
    """ABI version; 0: none."""


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    result: dict[str, Any] | None = None
    refusal: str | None = None
    faults: list[Any] = []


def run(job: Job, limits: Limits) -> dict[str, Any]:
    """Run *job* in the strongest jail available and return its result, which the caller must not trust.

    Raises:
        JobError: the job refused its input, exceeded a limit, died or answered nonsense.
        MachineFault: it could not finish because of this machine.
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


@cache
def _code_folders() -> list[Path]:
    return namespaces.code_folders()


def _candidates() -> list[Jail]:
    abi = landlock.abi()
    found = [Jail("native", abi)]
    if shutil.which("bwrap"):
        found.append(Jail("bubblewrap", abi))
    if abi:
        found.append(Jail("none", abi))
    return found


def _run_in(jail: Jail, job: Job, limits: Limits) -> dict[str, Any]:
    with contextlib.ExitStack() as files:
        lent_in = {name: files.enter_context(path.open("rb")).fileno() for name, path in job.inputs.items()}
        lent_out = {
            name: files.enter_context(path.open("w+b")).fileno() for name, path in job.outputs.items()
        }
        started = start(jail, job, limits, lent_in, lent_out, files)
        try:
            ended = _ends(started, [*lent_out.values()], limits)
        finally:
            started.kill()
        if not ended:
            raise MachineFault(f"A job took longer than {limits.wall_seconds} s, most of which it waited.")
        return result(started)


def _ends(started: Started, files: Sequence[int], limits: Limits) -> bool:
    """Whether it ends in time. The kernel limits each file that it writes; this limits all of them together:
    *files*, which it was lent, and its own.

    Raises:
        JobError: it writes more than it may.
    """
    deadline, ended = time.monotonic() + limits.wall_seconds, False
    while not ended and time.monotonic() < deadline:
        ended = started.wait(_WATCH_SECONDS)
        written = [*(os.fstat(one).st_size for one in files), *started.written()]
        if max(written) >= limits.file_bytes or sum(written) > limits.written_bytes:
            raise JobError("wrote more than allowed", Code.WROTE_TOO_MUCH)
    return ended


def start(
    jail: Jail,
    job: Job,
    limits: Limits,
    lent_in: Mapping[str, int],
    lent_out: Mapping[str, int],
    files: contextlib.ExitStack,
) -> Started:
    """Start *job* with the descriptors it is lent; its own files close with *files*. The caller ends it."""
    asked, reply, errors, ready = (files.enter_context(_scratch()) for _ in range(4))
    folders = [*_code_folders(), *(p.resolve() for p in job.import_from)]
    lent = [ready.fileno(), *lent_in.values(), *lent_out.values()]
    command: list[str] = []
    if jail.namespaces == "bubblewrap":
        bwrap = str(shutil.which("bwrap"))
        command = namespaces.bubblewrap_command(bwrap, folders, forking.ENVIRONMENT)
    request = {
        "job": job.module,
        "arguments": dict(job.arguments),
        # descriptors are given by their places among those that are lent
        "ready": 0,
        "inputs": dict(zip(lent_in, count(1), strict=False)),
        "outputs": dict(zip(lent_out, count(1 + len(lent_in)), strict=False)),
        "import_from": [str(p.resolve()) for p in job.import_from],
        "folders": [str(f) for f in folders],
        "command": command,
        "namespaces": jail.namespaces,
        "landlock": bool(jail.landlock),
        "limits": {
            **limits.model_dump(include={"memory_bytes", "cpu_seconds", "file_bytes"}),
            # without a user namespace the kernel would count all of the operator's processes
            "threads": 0 if jail.namespaces == "none" else _THREADS,
        },
    }
    asked.write(json.dumps(request).encode())
    asked.seek(0)
    standard = [one.fileno() for one in (asked, reply, errors)]
    server, connection = forking.fork(standard + lent, apart=jail.namespaces == "native")
    return Started(server, files.enter_context(connection), asked, reply, errors, ready, limits.cpu_seconds)


def _scratch() -> IO[bytes]:
    return tempfile.TemporaryFile()


def result(ended: Started) -> dict[str, Any]:
    """What a process answered before it *ended*.

    Raises:
        JobError: it refused its input, died or answered nonsense.
        MachineFault: it died because of this machine.
        SandboxUnavailable: the jail could not be locked, so nothing was run.
    """
    if ended.code is None:
        raise ended.server.cause_of_death()
    if not ended.has_started():
        raise SandboxUnavailable(f"The sandbox did not start: {last_line(ended.errors)}")
    if ended.code != 0:
        raise _cause_of_death(ended.code, ended.used >= ended.cpu_seconds, ended.errors)
    return _answer(ended.reply)


def _answer(reply: IO[bytes]) -> dict[str, Any]:
    try:
        answer = _Reply.model_validate_json(head(reply, REPLY_BYTES))
    except InvalidReply:
        raise JobError("answered nonsense", Code.ANSWERS_NONSENSE) from None
    if answer.refusal is not None:
        raise JobError(answer.refusal, *_reasons(answer.faults))
    if answer.result is None:
        raise JobError("answered nonsense", Code.ANSWERS_NONSENSE)
    return answer.result


def _reasons(faults: list[Any]) -> list[Reason]:
    """Those of a job's *faults* that have the form of reasons; what they say need not be true."""
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
        if any(words in tail(errors) for words in _NO_MEMORY):
            return JobError("needs more memory than allowed, and crashed", Code.TOO_COSTLY)
        name = signal.Signals(number).name if number in set(signal.Signals) else str(code)
        return JobError(f"crashed ({name})", Code.CRASHED)
    return JobError(f"failed: {last_line(errors)}", Code.CRASHED)
