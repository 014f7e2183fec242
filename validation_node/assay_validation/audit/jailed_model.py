"""The untrusted model as a function from rows to checked predictions; it runs in the jail only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import EvaluationSpec
from assay_validation import frames, tasks
from assay_validation.audit.layout import Layout
from assay_validation.errors import JobError
from assay_validation.gate import Admitted
from assay_validation.interface import order_of_columns, output_of_marks, scored_outputs
from assay_validation.limits import MIB
from assay_validation.metrics import Predictions
from assay_validation.predictions import check_array
from assay_validation.sandbox.runner import Job
from assay_validation.sandbox.session import Session, SessionLimits

MAX_ROWS = 20_000_000
"""The most rows that the model may be asked in one audit."""
MAX_STARTS = 8
"""A model whose process dies this often is not asked again."""
_QUESTION_ROWS, _QUESTION_BYTES = 8_192, 16 * MIB

Array = NDArray[Any]


@dataclass
class JailedModel:
    """Queries *model* through a session that is opened when needed, and again after a failure."""

    model: Admitted
    spec: EvaluationSpec
    layout: Layout
    limits: SessionLimits
    pattern: Array
    """The truth of one row, [1, ...]: answers must have its shape."""
    watch: Callable[[int], None] = lambda rows: None
    """Called with the number of rows as they are answered."""
    rows_asked: int = 0
    _starts: int = 0
    _session: Session | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def predict(self, matrix: Array) -> Predictions:
        """The checked predictions for the rows of *matrix*, asked in questions of bounded size.

        Raises:
            JobError: the model does not run, exceeds a limit, dies, or answers NaN, text or the wrong shape.
            SandboxUnavailable: this machine has no safe jail.
        """
        size = max(1, min(_QUESTION_ROWS, _QUESTION_BYTES // max(1, self.layout.row_bytes(matrix))))
        pieces = [self._ask(matrix[start : start + size]) for start in range(0, len(matrix), size)]
        together = {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}
        order = order_of_columns(self.model.facts, self.spec)
        truth = np.broadcast_to(self.pattern, (len(matrix), *self.pattern.shape[1:]))
        return tasks.read(self.spec, together, truth, order)

    def _ask(self, matrix: Array) -> dict[str, Array]:
        self.rows_asked += len(matrix)
        if self.rows_asked > MAX_ROWS:
            raise JobError(f"more than {MAX_ROWS:,} rows were asked")
        question = frames.encode(self.layout.arrays(matrix))
        try:
            answer = frames.decode(self._open().ask(question))
        except frames.Refused as refusal:
            raise JobError(str(refusal)) from None
        except frames.FrameError:
            self.close()
            raise JobError("answers nonsense") from None
        except JobError:
            self.close()
            raise
        self.watch(len(matrix))
        outputs = scored_outputs(self.model.facts, self.spec)
        if len(answer) != len(outputs):
            raise JobError("answers nonsense")
        return {key: check_array(array, len(matrix)) for key, array in zip(outputs, answer, strict=True)}

    def _open(self) -> Session:
        if self._session is None:
            if self._starts >= MAX_STARTS:
                raise JobError(f"failed {MAX_STARTS} times and is not asked again")
            self._starts += 1
            arguments = {
                "inputs": [one.name for one in self.layout.inputs],
                "outputs": list(scored_outputs(self.model.facts, self.spec).values()),
                "marks": output_of_marks(self.model.facts, self.spec),
            }
            job = Job("assay_validation.jobs.answer_questions", arguments, self.model.files)
            self._session = Session(job, self.limits)
        return self._session
