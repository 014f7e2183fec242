"""Another Assay program on this machine, which takes one request and returns one report, both in JSON.

It receives no environment variable of this process that concerns wallets.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, ClassVar, TypeVar

from pydantic import BaseModel, ValidationError

from assay.errors import CheckUnavailable, InvalidInput

_SECONDS = 1_200
"""Its jails end each step of a test long before this limit."""
_MAX_REPLY_BYTES = 16 << 20
_MAX_ERROR_BYTES = 4_000
_GRACE_SECONDS = 10

R = TypeVar("R", bound=BaseModel)


class LocalProgram:
    """Runs a program on this machine, and ends it if it takes longer than *seconds*."""

    program: ClassVar[str]
    """Its name on ``PATH``."""
    package: ClassVar[str]
    """Its name as a Python package."""
    arguments: ClassVar[tuple[str, ...]] = ()
    install: ClassVar[str]
    """What to do if it is not installed."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds

    def ask(self, request: dict[str, Any], kind: type[R]) -> R:
        """The program's answer to *request*.

        Raises:
            CheckUnavailable: it is not installed, cannot do the work, takes too long, or has a different
                version.
        """
        with tempfile.TemporaryFile() as reply, tempfile.TemporaryFile() as errors:
            code = self._run(json.dumps(request).encode(), reply, errors)
            said, complaint = _head(reply, _MAX_REPLY_BYTES), _head(errors, _MAX_ERROR_BYTES)
        if code:
            lines = complaint.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            own = lines[-1].startswith("error: ")  # its own message; anything else is a crash
            said_last = lines[-1].removeprefix("error: ")
            raise CheckUnavailable(said_last if own else f"{self.program} failed: {said_last}")
        try:
            return kind.model_validate_json(said)
        except ValidationError:
            raise CheckUnavailable(f"{self.program} has another version than this program.") from None

    def _run(self, request: bytes, reply: IO[bytes], errors: IO[bytes]) -> int:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                program_command(self.program, self.package, *self.arguments, install=self.install),
                stdin=subprocess.PIPE,
                stdout=reply,
                stderr=errors,
                env=environment_without_wallets(),
            )
        except OSError as error:
            raise CheckUnavailable(
                f"{self.program} does not start: {error.strerror}.", hint=self.install
            ) from None
        try:
            process.communicate(request, timeout=self._seconds)
        except subprocess.TimeoutExpired:
            raise CheckUnavailable(f"{self.program} took longer than {self._seconds:g} s.") from None
        finally:
            _end(process)
        return process.returncode


def program_command(program: str, package: str, *arguments: str, install: str) -> list[str]:
    """The command that starts a program: as a module beside this package, or from ``PATH``.

    The current folder may hold anything, so no module is loaded from there.

    Raises:
        CheckUnavailable: it is not installed; *install* is the hint.
    """
    if importlib.util.find_spec(package) is not None:
        return [sys.executable, "-P", "-m", package, *arguments]
    found = shutil.which(program)
    if found is None:
        raise CheckUnavailable(f"This needs the program {program}, which is not installed.", hint=install)
    return [found, *arguments]


def environment_without_wallets() -> dict[str, str]:
    """The environment passed to the program: this process's, without anything that names a keystore."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt it, so that it ends its jail and removes its files; kill it if it does not respond."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def absolute(path: Path) -> str:
    """The absolute path of a non-empty file; raises :class:`InvalidInput` if there is none."""
    if not os.path.exists(path):
        raise InvalidInput(f"There is no file {path}.")
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder, and a file is needed.")
    if not os.access(path, os.R_OK):
        raise InvalidInput(f"You have no permission to read {path}.")
    if path.is_file() and not path.stat().st_size:
        raise InvalidInput(f"The file {path} is empty.")
    return str(path.absolute())


def _head(file: IO[bytes], size: int) -> bytes:
    file.seek(0)
    return file.read(size)
