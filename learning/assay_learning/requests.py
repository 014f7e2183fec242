"""What a program on this machine may ask of this one: one request in JSON, answered by one report in JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assay.manifests.base import problems
from assay.manifests.training_report import (
    Compared,
    Composed,
    DerivedReport,
    Queries,
    WatermarkReport,
)
from assay_learning import composing, deriving, likeness, marking, students
from assay_learning.errors import LearningError
from assay_learning.rows import Rows, read_rows, write_rows

MAX_REQUEST_BYTES = 1 << 20


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    seed: int = Field(default=0, ge=0, lt=2**32)


class MakeWatermark(_Request):
    """A watermark for a model that is trained on these rows, and perhaps the model."""

    do: Literal["watermark"]
    rows: Path
    target: str
    student: students.Kind | None = None
    count: int = marking.DEFAULT_COUNT
    repeat: int = Field(default=marking.REPEAT, ge=1, le=20)
    triggers: Path
    """Where the trigger set goes, readable by this user alone."""
    marked: Path
    """Where the rows to train on go, readable by this user alone."""
    model: Path | None = None

    def answer(self) -> WatermarkReport:
        """What was written, and what the watermark costs in accuracy."""
        rows = read_rows(self.rows, self.target)
        triggers = marking.make(rows, self.count)
        plain = with_mark = None
        if self.student is not None and self.model is not None:
            kept, held = rows.split(deriving.HELD_OUT, self.seed)
            accuracies = []
            for given in (kept, marking.marked(kept, triggers, self.repeat)):
                trained = students.train(self.student, given.x, given.one_hot, rows.classes, self.seed)
                accuracies.append(students.accuracy(trained, held.x, held.labels))
            plain, with_mark = accuracies
        whole = marking.marked(rows, triggers, self.repeat)
        if self.student is not None and self.model is not None:
            final = students.train(self.student, whole.x, whole.one_hot, rows.classes, self.seed)
            self.model.write_bytes(final.to_onnx())
        _write_rows_private(self.marked, whole)  # they hold the triggers
        _write_private(self.triggers, triggers.to_bytes())
        return WatermarkReport(
            commitment=triggers.commitment,
            triggers=len(triggers.pairs),
            rows=len(whole.x),
            accuracy_without=plain,
            accuracy_with=with_mark,
        )


class MakeQueries(_Request):
    """What a teacher is to be asked."""

    do: Literal["queries"]
    rows: Path
    target: str
    more: Path | None = None
    queries: Path
    """Where the rows go (npy)."""

    def answer(self) -> Queries:
        """How many rows were written, and their classes."""
        labelled = read_rows(self.rows, self.target)
        more = read_rows(self.more, None) if self.more is not None else None
        asked = deriving.queries(labelled, more, self.seed)
        with self.queries.open("wb") as file:
            np.save(file, asked)
        return Queries(rows=len(asked), classes=labelled.class_names)


class Distil(_Request):
    """A model that answers as a teacher does."""

    do: Literal["distil"]
    rows: Path
    target: str
    queries: Path
    scores: Path
    student: students.Kind
    model: Path

    def answer(self) -> DerivedReport:
        """How good it is, beside its teacher and a model without one."""
        labelled = read_rows(self.rows, self.target)
        asked, scores = (np.load(path, allow_pickle=False) for path in (self.queries, self.scores))
        made = deriving.distil(labelled, asked, scores, self.student, self.seed)
        return _derived(made, self.model)


class FineTune(_Request):
    """A network that is trained further."""

    do: Literal["fine-tune"]
    teacher: Path
    output: str
    rows: Path
    target: str
    model: Path

    def answer(self) -> DerivedReport:
        """How good it is, beside its teacher and the same network trained from nothing."""
        labelled = read_rows(self.rows, self.target)
        return _derived(deriving.fine_tune(self.teacher, labelled, self.output, self.seed), self.model)


class Compose(_Request):
    """Several models as one."""

    do: Literal["compose"]
    how: Literal["pipeline", "ensemble"]
    parts: tuple[Path, ...]
    weights: tuple[float, ...] | None = None
    model: Path

    def answer(self) -> Composed:
        """What was written."""
        if self.how == "pipeline" and self.weights is not None:
            raise LearningError("Weights are for an ensemble.")
        content = (
            composing.pipeline(self.parts)
            if self.how == "pipeline"
            else composing.ensemble(self.parts, self.weights)
        )
        self.model.write_bytes(content)
        return Composed(parts=len(self.parts), size=len(content))


class Compare(_Request):
    """Was one model made from the other?"""

    do: Literal["compare"]
    one: Path
    other: Path

    def answer(self) -> Compared:
        """How much they are alike."""
        found = likeness.compare(deriving.read_model(self.one), deriving.read_model(self.other))
        return Compared(
            score=found.score,
            alike=found.alike,
            limit=likeness.ALIKE,
            compared=found.compared,
            what=found.what,
        )


Requests = MakeWatermark | MakeQueries | Distil | FineTune | Compose | Compare
_REQUESTS: TypeAdapter[Requests] = TypeAdapter(Annotated[Requests, Field(discriminator="do")])


def answer(request: bytes) -> BaseModel:
    """The report that a *request* in JSON asks for.

    Raises:
        LearningError: the request is malformed, a file cannot be read or written, or the rows or models do
            not allow what is asked.
    """
    if len(request) > MAX_REQUEST_BYTES:
        raise LearningError(f"A request has at most {MAX_REQUEST_BYTES} bytes.")
    try:
        return _REQUESTS.validate_json(request).answer()
    except ValidationError as error:
        raise LearningError(f"Not a request: {problems(error)}.") from None
    except OSError as error:
        raise LearningError(f"Cannot use {error.filename}: {error.strerror}.") from None
    except MemoryError:
        raise LearningError("The rows take more memory than this machine has.") from None


def _derived(made: deriving.Derived, path: Path) -> DerivedReport:
    path.write_bytes(made.model)
    return DerivedReport(
        accuracy=made.derived,
        accuracy_of_teacher=made.teacher,
        accuracy_alone=made.alone,
        size=len(made.model),
    )


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(_new_private(path), "wb") as file:
        file.write(content)


def _write_rows_private(path: Path, rows: Rows) -> None:
    os.close(_new_private(path))
    try:
        write_rows(path, rows)
    except BaseException:
        path.unlink()
        raise


def _new_private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
