"""What a program on this machine may ask of the node: one request in JSON, answered by one report in JSON.

So a customer or developer learns beforehand what a panel would say, from the same code in the same jails.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic import ValidationError as InvalidRequest

from assay.manifests.base import problems
from assay.manifests.dataset import Column
from assay.manifests.evaluation import (
    CsvDialect,
    DatasetCounts,
    EvaluationSpec,
    Format,
    Reference,
    ReportStatus,
)
from assay.manifests.evaluation.units import Name
from assay.manifests.node_report import (
    DataDescription,
    DatasetReport,
    DescribedColumn,
    EvaluationReport,
    Oddity,
    ScoresReport,
    TriggerReport,
)
from assay.manifests.reason import MAX_REASONS, Code, Reason
from assay.manifests.trigger_set import TriggerSet
from assay_validation import class_scores, triggers
from assay_validation.attestation import attest
from assay_validation.dataset import Dataset
from assay_validation.description import describe
from assay_validation.errors import JobError, ValidationError
from assay_validation.evaluation import evaluate, file_digest
from assay_validation.gate import admit
from assay_validation.graph_facts import GraphFacts
from assay_validation.interface import check_interface
from assay_validation.limits import Limits
from assay_validation.made_up import write_made_up
from assay_validation.model import predict
from assay_validation.passes import CLEAN
from assay_validation.raw_answers import OpenedModel, read_rows
from assay_validation.reasons import about_file, about_run
from assay_validation.scratch import Scratch
from assay_validation.where_it_runs import check_target, rows_of

MAX_REQUEST_BYTES = 4 << 20
_ALSO = {
    "integer": {"integer", "float", "boolean", "text"},
    "float": {"float", "text"},
    "boolean": {"boolean", "integer", "float", "text"},
    "text": {"text", "boolean"},
    "time": {"time", "text"},
}
"""For each type of values found in a column, the types it may be described as."""
_MADE_UP_ROWS = 3
_MAX_MADE_UP = 1 << 24  # numbers in one input


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attest(_Request):
    """Is the data what its description says?"""

    ask: Literal["attest"]
    data: Path
    evaluation: EvaluationSpec
    counts: DatasetCounts
    reference: Reference
    reference_model: Path | None = None
    columns: tuple[Column, ...] = ()
    """As the order describes them; a panel does not look at these descriptions."""

    def answer(self, limits: Limits | None) -> DatasetReport:
        """What a panel would say, which columns are not as described, and which values may be gaps."""
        report = attest(self.data, self.evaluation, self.counts, self.reference, self.reference_model, limits)
        found = self._found(limits)
        more = (one for one in self._misdescribed(found) if one not in report.reasons)
        reasons = (*report.reasons, *more)[:MAX_REASONS]
        verdict = "mismatch" if reasons else "ok"
        more_said = {"verdict": verdict, "reasons": reasons, "sentinels": self._sentinels(found)}
        return report.model_copy(update=more_said)

    def _found(self, limits: Limits | None) -> dict[str, DescribedColumn]:
        """The columns of the data; empty where none were described or the data cannot be read."""
        if not self.columns:
            return {}
        try:
            mapping, limits = self.evaluation.data, limits or Limits.of(self.evaluation)
            described = describe(self.data, mapping.format, limits, mapping.csv.model_dump(mode="json"))
        except ValidationError:
            return {}  # the report already says that it cannot be read
        return {one.name: one for one in described.columns}

    def _sentinels(self, found: Mapping[str, DescribedColumn]) -> dict[str, Oddity]:
        return {
            column.name: odd
            for column in self.columns
            if column.name in found
            for odd in found[column.name].oddities
            if odd.kind in ("sentinel", "strays")
        }

    def _misdescribed(self, found: Mapping[str, DescribedColumn]) -> Iterator[Reason]:
        if not found:
            return
        for column in self.columns:
            if column.name not in found:
                yield Reason(code=Code.COLUMN_MISSING, name=column.name)
            elif not found[column.name].unread and not _may_be_called(column.type, found[column.name]):
                yield Reason(code=Code.COLUMN_TYPE, name=column.name)


def _may_be_called(kind: str, found: DescribedColumn) -> bool:
    """Whether a column may be described as of type *kind*; "boolean" needs at most two different values."""
    if kind == "boolean" and found.type != "boolean" and not 0 < len(found.values) <= 2:
        return False
    return kind in _ALSO[found.type]


class Evaluate(_Request):
    """How does the model do on these rows?"""

    ask: Literal["evaluate"]
    model: Path
    data: Path
    evaluation: EvaluationSpec

    def answer(self, limits: Limits | None) -> EvaluationReport:
        """What a panel would say, if the hidden rows were these."""
        return evaluate(self.model, self.data, self.evaluation, limits)


class TryOut(_Request):
    """Does the model accept the inputs and give the outputs that the order asks for, whatever the rows?"""

    ask: Literal["try out"]
    model: Path
    evaluation: EvaluationSpec

    def answer(self, limits: Limits | None) -> EvaluationReport:
        """ANSWERED, without a score, unless a panel would refuse it on any rows."""
        reasons, log = _try_out(self.model, self.evaluation, limits)
        return EvaluationReport(
            status=ReportStatus.REJECTED if reasons else ReportStatus.ANSWERED,
            model_sha256=file_digest(self.model),
            data_sha256="0" * 64,
            reasons=reasons,
            log=log[:4_000],
        )


class Describe(_Request):
    """What is in this file?"""

    ask: Literal["describe"]
    data: Path
    format: Format
    declared: dict[str, Any] = {}
    """Fields of a CSV dialect."""

    def answer(self, limits: Limits | None) -> DataDescription:
        """Columns or arrays, their types and counts."""
        try:
            CsvDialect.model_validate(self.declared)
        except InvalidRequest as error:
            raise ValidationError(f"No CSV file is written like this: {problems(error)}.") from None
        limits = limits or Limits.for_data(self.data.stat().st_size)
        return describe(self.data, self.format, limits, self.declared)


class AskTriggers(_Request):
    """How does the model answer a watermark's triggers?"""

    ask: Literal["triggers"]
    model: Path
    triggers: Path
    output: str | None = None

    def answer(self, limits: Limits | None) -> TriggerReport:
        """How many of them it answers as a model carrying the watermark would."""
        return triggers.ask(self.model, TriggerSet.load(self.triggers), self.output, limits)


class Scores(_Request):
    """What does the model answer to these rows?"""

    ask: Literal["scores"]
    model: Path
    rows: Path
    """An array (npy)."""
    classes: tuple[Name, ...]
    scores: Path
    """Where to write its scores: [rows, classes] (npy)."""
    output: str | None = None

    def answer(self, limits: Limits | None) -> ScoresReport:
        """Which output the scores come from."""
        rows = read_rows(self.rows)
        with OpenedModel(self.model, limits) as model:
            chosen = class_scores.scored_output(model.facts, self.output)
            found = model.answers(rows, [chosen.name])[chosen.name]
        with self.scores.open("wb") as file:
            np.save(file, class_scores.by_class(found, self.classes, chosen))
        return ScoresReport(output=chosen.name, rows=len(rows), model_sha256=file_digest(self.model))


Requests = Attest | Evaluate | TryOut | Describe | AskTriggers | Scores
_REQUESTS: TypeAdapter[Requests] = TypeAdapter(Annotated[Requests, Field(discriminator="ask")])


def answer(request: bytes, limits: Limits | None = None) -> BaseModel:
    """The report that a *request* in JSON asks for.

    Raises:
        ValidationError: the request is malformed or too large, a file cannot be read, or this machine has no
            safe jail.
    """
    if len(request) > MAX_REQUEST_BYTES:
        raise ValidationError(f"A request has at most {MAX_REQUEST_BYTES} bytes.")
    try:
        return _REQUESTS.validate_json(request).answer(limits)
    except InvalidRequest as error:
        raise ValidationError(f"Not a request: {problems(error)}.") from None
    except OSError as error:
        raise ValidationError(f"Cannot read {error.filename}: {error.strerror}.") from None


def _try_out(model: Path, spec: EvaluationSpec, limits: Limits | None) -> tuple[tuple[Reason, ...], str]:
    """Why the model would be refused whatever the rows, and the log."""
    limits = limits or Limits.of(spec)
    with Scratch() as folder:
        try:
            admitted = admit(model, limits, folder, rows=rows_of(spec))
            check_interface(admitted.facts, spec)
            check_target(admitted.facts, spec, model.stat().st_size)
        except JobError as finding:
            return about_file(finding, spec), finding.message
        dataset = _made_up(admitted.facts, spec, folder)
        if dataset is None:
            return (), "neither order nor model tells the shapes of the rows, so the model was not run"
        try:
            predict(admitted, dataset, spec, limits, folder, (CLEAN,))[CLEAN]
        except JobError as finding:
            reasons = about_run(finding)
            if reasons == (Reason(code=Code.ANSWERS_NAN),):
                return (), "the model answers NaN on made-up rows; real ones may be another matter"
            if reasons == (Reason(code=Code.UNFIT_VALUES),):
                return (), "the model takes no made-up fractions; real rows may be another matter"
            texts = any(one.dtype == "string" for one in spec.data.inputs)
            gaps = any(one.missing is not None for one in spec.data.inputs)
            if (texts or gaps) and reasons == (Reason(code=Code.DOES_NOT_RUN),):
                return (), "the model does not run on made-up rows; real ones may be another matter"
            if texts and reasons == (Reason(code=Code.LABEL_OUTSIDE),):
                return (), "the model knows no class for made-up words; real ones may be another matter"
            return reasons, finding.message
    return (), ""


def _made_up(facts: GraphFacts, spec: EvaluationSpec, folder: Scratch) -> Dataset | None:
    """A few rows in the shape that the order feeds; None where only the data itself determines the shape."""
    generator, inputs = np.random.default_rng(0), {}
    declared = {one.name: one.shape for one in facts.inputs}
    for index, mapping in enumerate(spec.data.inputs):
        shape: list[int | None] = list(mapping.row_shape)
        if spec.data.format == "npz" and mapping.shape is None:
            shape = (declared.get(mapping.name) or [])[1:]
        sizes = [size for size in shape if size is not None]
        if len(sizes) != len(shape) or np.prod(sizes, dtype=np.float64) > _MAX_MADE_UP:
            return None
        inputs[f"clean-{index}"] = folder / f"clean-{index}"
        rows = (_MADE_UP_ROWS, *sizes)
        write_made_up(inputs[f"clean-{index}"], mapping.name, mapping.dtype, rows, generator)
    truth = _truth_of(spec, facts)
    return Dataset(DatasetCounts(rows=_MADE_UP_ROWS), truth, None, inputs)


def _truth_of(spec: EvaluationSpec, facts: GraphFacts) -> NDArray[Any]:
    """A truth in the shape of the task; where only the data determines it, the model's shape is taken."""
    rows, data = (_MADE_UP_ROWS,), spec.data
    match spec.task:
        case "multilabel":
            return np.zeros((*rows, len(data.classes)), np.int64)
        case "ranking" | "survival":
            return np.zeros((*rows, 2))
        case "detection":
            return np.zeros((*rows, 1, 5))
        case "generation":
            return np.zeros(rows, np.str_)
        case "segmentation":
            return np.zeros((*rows, *_pixels(spec, facts)), np.int64)
        case "regression" if data.more_labels or data.scale:
            return np.zeros((*rows, len(data.truth)))
    return np.zeros(rows, np.int64)


def _pixels(spec: EvaluationSpec, facts: GraphFacts) -> tuple[int, int]:
    """Height and width of the order's masks, or else those that the graph's output or input declares."""
    if spec.data.label_files is not None:
        return spec.data.label_files.height, spec.data.label_files.width
    scored = {*spec.output.model_dump(exclude_none=True).values()}
    told = [one.shape or [] for one in facts.outputs if one.name in scored]
    told += [[None, *(one.shape or ())] for one in spec.data.inputs]
    sizes = [size for shape in told if len(shape) >= 3 for size in shape[-2:] if size is not None]
    return (sizes[0], sizes[1]) if len(sizes) > 1 else (1, 1)
