"""What a panel would say, found out beforehand: the panel's own code, in a process on this machine.

This package runs no model itself. ``assay-validation`` gets a request in JSON on its standard input and
answers with a report in JSON. It reads the named files in its jail, and is given nothing of this process's
environment that concerns wallets.
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
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, TypeVar

from pydantic import BaseModel, ValidationError

from assay.errors import CheckUnavailable, InvalidInput
from assay.manifests import Column
from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Reference
from assay.manifests.node_report import DataDescription, DatasetReport, EvaluationReport

PROGRAM, _PACKAGE = "assay-validation", "assay_validation"
_INSTALL = "pip install 'assay[node]' (Linux only), or leave the check out with --unchecked."
_SECONDS = 1_200
"""Its jails end each step of a test long before."""
_MAX_REPLY_BYTES = 16 << 20
_MAX_ERROR_BYTES = 4_000
_GRACE_SECONDS = 10

R = TypeVar("R", bound=BaseModel)


class LocalNode:
    """Asks the validation node on this machine.

    All methods raise :class:`CheckUnavailable` where it is not installed, cannot do the work, or takes longer
    than *seconds*, and :class:`InvalidInput` where there is no such file, or an empty one.
    """

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds

    def attest(
        self,
        data: Path,
        evaluation: EvaluationSpec,
        counts: DatasetCounts,
        reference: Reference,
        reference_model: Path | None = None,
        columns: tuple[Column, ...] = (),
    ) -> DatasetReport:
        """Whether *data* is what its description says, and can be used in the evaluation."""
        request = {
            "ask": "attest",
            "data": _absolute(data),
            "evaluation": evaluation.model_dump(mode="json"),
            "counts": counts.model_dump(mode="json"),
            "reference": reference.model_dump(mode="json"),
            "reference_model": reference_model and _absolute(reference_model),
            "columns": [column.model_dump(mode="json") for column in columns],
        }
        return self._ask(request, DatasetReport)

    def evaluate(self, model: Path, data: Path, evaluation: EvaluationSpec) -> EvaluationReport:
        """How *model* does on *data*."""
        return self._ask(_about(model, evaluation, ask="evaluate", data=_absolute(data)), EvaluationReport)

    def try_out(self, model: Path, evaluation: EvaluationSpec) -> EvaluationReport:
        """Whether a panel would take *model* at all; the report has no score."""
        return self._ask(_about(model, evaluation, ask="try out"), EvaluationReport)

    def describe(
        self, data: Path, form: str, declared: Mapping[str, Any] = MappingProxyType({})
    ) -> DataDescription:
        """What is in *data*, which has the format *form*; *declared* are fields of its CSV dialect."""
        request = {"ask": "describe", "data": _absolute(data), "format": form, "declared": dict(declared)}
        return self._ask(request, DataDescription)

    def _ask(self, request: dict[str, Any], kind: type[R]) -> R:
        with tempfile.TemporaryFile() as reply, tempfile.TemporaryFile() as errors:
            code = self._run(json.dumps(request).encode(), reply, errors)
            said, complaint = _head(reply, _MAX_REPLY_BYTES), _head(errors, _MAX_ERROR_BYTES)
        if code:
            lines = complaint.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            own = lines[-1].startswith("error: ")  # a sentence of its own; anything else is a crash
            said_last = lines[-1].removeprefix("error: ")
            raise CheckUnavailable(said_last if own else f"{PROGRAM} failed: {said_last}")
        try:
            return kind.model_validate_json(said)
        except ValidationError:
            raise CheckUnavailable(f"{PROGRAM} is of another version than this program.") from None

    def _run(self, request: bytes, reply: IO[bytes], errors: IO[bytes]) -> int:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                validation_command("answer"),
                stdin=subprocess.PIPE,
                stdout=reply,
                stderr=errors,
                env=environment_without_wallets(),
            )
        except OSError as error:
            raise CheckUnavailable(f"{PROGRAM} does not start: {error.strerror}.", hint=_INSTALL) from None
        try:
            process.communicate(request, timeout=self._seconds)
        except subprocess.TimeoutExpired:
            raise CheckUnavailable(f"{PROGRAM} took longer than {self._seconds:g} s.") from None
        finally:
            _end(process)
        return process.returncode


def validation_command(subcommand: str, *, install: str = _INSTALL) -> list[str]:
    """How to start the program: as a module beside this package, or from the path.

    Raises:
        CheckUnavailable: it is not installed; *install* is the hint.
    """
    if importlib.util.find_spec(_PACKAGE) is not None:
        return [sys.executable, "-m", _PACKAGE, subcommand]
    found = shutil.which(PROGRAM)
    if found is None:
        raise CheckUnavailable(f"This needs the program {PROGRAM}, which is not installed.", hint=install)
    return [found, subcommand]


def environment_without_wallets() -> dict[str, str]:
    """What the program is given of this process's environment: nothing that names a keystore."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt it, so that it ends its jail and removes its files; kill it if it does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _about(model: Path, evaluation: EvaluationSpec, **more: str) -> dict[str, Any]:
    return {"model": _absolute(model), "evaluation": evaluation.model_dump(mode="json"), **more}


def _absolute(path: Path) -> str:
    """Where a file with something in it is; raises :class:`InvalidInput` when there is none."""
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
