"""An untrusted model's own outputs for rows that the caller has at hand, without an order or a score."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.reason import Code
from assay.words.printable import quoted
from assay_validation import frames
from assay_validation.errors import JobError, ValidationError
from assay_validation.gate import admit
from assay_validation.graph_facts import DeclaredTensor, GraphFacts
from assay_validation.limits import MIB, Limits
from assay_validation.predictions import check_array
from assay_validation.sandbox.runner import Job
from assay_validation.sandbox.session import Session, SessionLimits
from assay_validation.scratch import Scratch

Array = NDArray[Any]
_QUESTION_BYTES = 16 * MIB
_MAX_ROWS_BYTES = 2048 * MIB
_TEXT = 8


class OpenedModel:
    """A model that has passed the gate, ready to be queried in a jail. Use it within its ``with`` block.

    Raises:
        JobError: the gate refuses it.
        ValidationError: it takes more than one input, or none, or texts.
        SandboxUnavailable: this machine has no safe jail.
    """

    def __init__(self, model: Path, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._folder = Scratch()
        try:
            self._admitted = admit(model, self._limits, self._folder)
            self.facts: GraphFacts = self._admitted.facts
            self._input = _only_input(self.facts)
        except BaseException:
            self._folder.close()
            raise

    def __enter__(self) -> "OpenedModel":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.close()

    def answers(self, rows: Array, outputs: Sequence[str]) -> dict[str, Array]:
        """The *outputs* for *rows*, each [rows, ...], checked to be finite numbers or texts.

        Raises:
            ValidationError: the model does not take rows of this shape.
            JobError: it does not load or run, exceeds a limit, or answers nonsense.
        """
        fed = _shaped(rows, self._input)
        arguments = {"inputs": [self._input.name], "outputs": list(outputs), "marks": ""}
        job = Job("assay_validation.jobs.answer_questions", arguments, self._admitted.files)
        limits = SessionLimits(whole=self._limits, answer_seconds=self._limits.wall_seconds)
        size = max(1, _QUESTION_BYTES // max(1, fed.itemsize * int(np.prod(fed.shape[1:]))))
        pieces = []
        with Session(job, limits) as session:
            for start in range(0, len(fed), size):
                piece = fed[start : start + size]
                pieces.append(_decoded(session.ask(frames.encode([piece])), len(piece), len(outputs)))
        return {name: np.concatenate([piece[i] for piece in pieces]) for i, name in enumerate(outputs)}


def read_rows(path: Path) -> Array:
    """The one array in the file *path* (npy), [rows, ...]; raises :class:`ValidationError`."""
    if path.stat().st_size > _MAX_ROWS_BYTES:
        raise ValidationError(f"{path} is larger than {_MAX_ROWS_BYTES // MIB} MiB.")
    try:
        rows = np.load(path, allow_pickle=False)
    except Exception:  # a hostile header can make numpy raise anything
        raise ValidationError(f"{path} is no array of numbers.") from None
    if not isinstance(rows, np.ndarray) or rows.ndim < 2 or not len(rows) or rows.dtype.kind not in "iuf":
        raise ValidationError(f"{path} is no array of numbers with rows.")
    return rows


def _only_input(facts: GraphFacts) -> DeclaredTensor:
    if len(facts.inputs) != 1:
        names = ", ".join(quoted(one.name) for one in facts.inputs[:5])
        raise ValidationError(f"The model takes {len(facts.inputs)} inputs ({names}); one is allowed here.")
    if facts.inputs[0].dtype == _TEXT:
        raise ValidationError("The model takes texts; only models that take numbers can be asked here.")
    return facts.inputs[0]


def _shaped(rows: Array, declared: DeclaredTensor) -> Array:
    """*rows* in the shape that the graph takes, if that has the same number of numbers per row."""
    wanted = declared.shape
    if wanted is None or not wanted:
        return rows
    sizes = list(wanted[1:])
    given = rows.shape[1:]
    if len(sizes) == len(given) and all(w in (None, g) for w, g in zip(sizes, given, strict=True)):
        return rows
    known = [one for one in sizes if one is not None]
    if len(known) == len(sizes) and np.prod(known) == np.prod(given):
        return rows.reshape(len(rows), *known)
    told = " x ".join("any" if one is None else str(one) for one in sizes) or "one number"
    raise ValidationError(
        f"The model takes rows of {told}, and these rows are {' x '.join(map(str, given))}."
    )


def _decoded(answer: bytes, rows: int, count: int) -> list[Array]:
    try:
        arrays = frames.decode(answer)
    except frames.Refused as refusal:
        raise JobError(str(refusal)) from None
    except frames.FrameError:
        raise JobError("answers nonsense", Code.ANSWERS_NONSENSE) from None
    if len(arrays) != count:
        raise JobError("answers nonsense", Code.ANSWERS_NONSENSE)
    return [check_array(one, rows) for one in arrays]
