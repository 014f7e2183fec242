"""Conducts an audit: opens model and data in the jail, runs the parts that were asked for, and sums them up.

A model that refuses, hangs, crashes or answers nonsense is a finding. Only unreadable data and a machine
without a jail are errors.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from assay.manifests.audit_report import Scope
from assay.manifests.evaluation import DatasetCounts, EvaluationSpec
from assay_validation.audit import (
    calibration,
    compliance,
    drift,
    explainability,
    fairness,
    integrity,
    leaks,
    overlap,
    performance,
    privacy,
    relation,
    robustness,
    security,
    slices,
)
from assay_validation.audit.effort import FULL, QUICK
from assay_validation.audit.groups import MAX_COLUMNS, Grouping, read_groups
from assay_validation.audit.jailed_model import JailedModel
from assay_validation.audit.layout import Layout
from assay_validation.audit.order import Order
from assay_validation.audit.outcome import Outcome, summary, unexaminable
from assay_validation.audit.section import Section
from assay_validation.audit.subject import Array, Subject, Training
from assay_validation.dataset import DataError, Dataset, prepare
from assay_validation.errors import JobError, ValidationError
from assay_validation.gate import admit
from assay_validation.interface import order_of_columns
from assay_validation.jobs.texts import Texts, is_texts
from assay_validation.jobs.truth import JOINT
from assay_validation.limits import Limits
from assay_validation.sandbox.runner import jail
from assay_validation.scratch import Scratch

MAX_ROWS = 20_000
"""Larger data is sampled down to this many rows."""

PARTS: tuple[tuple[Scope, str, Callable[[Subject], Section]], ...] = (
    ("performance", "Performance", performance.examine),
    ("performance", "Calibration", calibration.examine),
    ("performance", "Overlap with the training data", overlap.examine),
    ("performance", "Weak slices", slices.examine),
    ("performance", "Leaked labels", leaks.examine),
    ("fairness", "Fairness", fairness.examine),
    ("robustness", "Robustness", robustness.examine),
    ("privacy", "Privacy", privacy.examine),
    ("security", "Security", security.examine),
    ("explainability", "Explainability", explainability.examine),
    ("compliance", "Compliance", compliance.examine),
    ("compliance", "Data", drift.examine),
    ("compliance", "Integrity of the data", integrity.examine),
    ("compliance", "Relation of inputs to truth", relation.examine),
)
Watch = Callable[[str], Callable[[int], None]]
"""Called with each step's title; returns a function that is called with the rows the model answers in it."""


def conduct(order: Order, watch: Watch = lambda title: lambda rows: None) -> Outcome:
    """Examine the model in the scopes of *order*.

    Raises:
        DataError: audit or training data is unreadable, oversized, or does not fit the spec.
        SandboxUnavailable: this machine has no safe jail; nothing was run.
        ValidationError: the libraries of a full audit are missing, no class has the favourable class's name,
            no error can meet the threshold, or nothing in the scopes can be examined with what was given.
        OSError: a file is not there or not readable.
    """
    jail()
    order.check()
    favourable = order.favourable_place
    watch("Opening model and data in the sandbox")
    limits = Limits()
    with Scratch() as audited, Scratch() as trained:
        try:
            admitted = admit(order.model, limits, audited)
            graph = admitted.facts
            order_of_columns(graph, order.spec)
        except JobError as failure:
            return unexaminable(order, f"The gate refuses the model: {failure.message}")
        dataset, arrays = _open(order.data, order.spec, audited)
        groupings = _groupings(order, dataset.counts.rows, audited)
        layout = Layout.of(order.spec.data, arrays)
        rows = layout.matrix(arrays)
        chosen = _chosen(order, len(rows))
        training = _training(order, layout, trained)
        with JailedModel(admitted, order.spec, layout, order.limits, dataset.truth[:1]) as model:
            model.watch = watch("Asking the model for all rows")
            try:
                answers = model.predict(rows[chosen])
            except JobError as failure:
                why = f"The model cannot be examined: {failure.message}"
                return unexaminable(order, why, len(chosen), model.rows_asked)
            subject = Subject(
                spec=order.spec,
                model_file=order.model,
                data_file=order.data,
                model=model,
                graph=graph,
                layout=layout,
                rows=rows[chosen],
                truth=dataset.truth[chosen],
                groupings=tuple(one.take(chosen) for one in groupings),
                fairness=order.fairness or order.spec.fairness,
                counts=_counted(dataset.counts, order.spec, groupings),
                answers=answers,
                training=training,
                manifest=order.manifest,
                dataset=order.dataset,
                threshold=order.threshold,
                favourable=favourable,
                seed=order.seed,
                effort=QUICK if order.quick else FULL,
            )
            sections = []
            for scope, title, examine in PARTS:
                if scope in order.scopes:
                    model.watch = watch(title)
                    sections.append(_attempt(scope, title, examine, subject))
    return summary(order, tuple(sections), subject, len(rows))


def _open(path: Path, spec: EvaluationSpec, folder: Scratch) -> tuple[Dataset, list[Array]]:
    limits = Limits()
    without = spec.data.model_copy(update={"group": None, "more_groups": ()})
    ungrouped = spec.model_copy(update={"data": without})
    dataset = prepare(path, ungrouped, limits, folder)
    inputs = range(len(spec.data.inputs))
    return dataset, [_read(dataset.inputs[f"clean-{i}"], dataset.counts.rows, limits) for i in inputs]


def _read(path: Path, rows: int, limits: Limits) -> Array:
    """An input's array, possibly with gaps, or its texts; raises :class:`DataError` for anything else."""
    with path.open("rb") as file:
        if is_texts(file):
            return _read_texts(file, rows, limits)
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        raise DataError("the data left no readable array") from None
    if mapped.ndim == 0 or len(mapped) != rows or mapped.dtype.kind not in "iufb":
        raise DataError("the data left an array of the wrong shape")
    if 8 * mapped.size > limits.file_bytes:
        raise DataError(f"the inputs take more than {limits.file_bytes} bytes as numbers of 64 bits")
    return np.array(mapped)


def _read_texts(file: IO[bytes], rows: int, limits: Limits) -> Array:
    try:
        texts = Texts(file)
        if len(texts) != rows:
            raise DataError("the data left texts of the wrong shape")
        if texts.nbytes > limits.file_bytes:
            raise DataError(f"the texts take more than {limits.file_bytes} bytes")
        return texts[:]
    except ValueError:
        raise DataError("the data left no readable texts") from None


def _groupings(order: Order, rows: int, folder: Scratch) -> tuple[Grouping, ...]:
    data = order.spec.data
    named = [] if data.group is None else [data.group, *data.more_groups]
    columns = list(dict.fromkeys([*named, *order.groups]))
    if len(columns) > MAX_COLUMNS:
        raise ValidationError(
            f"At most {MAX_COLUMNS} columns can tell groups apart; {len(columns)} are named."
        )
    return read_groups(order.data, order.spec.data, columns, rows, folder)


def _counted(counts: DatasetCounts, spec: EvaluationSpec, groupings: tuple[Grouping, ...]) -> DatasetCounts:
    """*counts* with the rows of each group by the spec's own columns, as a data manifest declares them."""
    if spec.data.group is None:
        return counts
    own = groupings[: 1 + len(spec.data.more_groups)]
    groups = Counter(zip(*(np.array(one.names)[one.codes] for one in own), strict=True))
    sizes = {JOINT.join(parts): groups[parts] for parts in sorted(groups)}
    return counts.model_copy(update={"groups": sizes})


def _chosen(order: Order, rows: int) -> Array:
    everything = np.arange(rows)
    if rows <= MAX_ROWS:
        return everything
    return np.sort(np.random.default_rng(order.seed).permutation(everything)[:MAX_ROWS])


def _training(order: Order, layout: Layout, folder: Scratch) -> Training | None:
    if order.training is None:
        return None
    dataset, arrays = _open(order.training, order.spec, folder)
    if Layout.of(order.spec.data, arrays).names != layout.names:
        raise ValidationError("The training data has other shapes than the audit data.")
    chosen = _chosen(order, dataset.counts.rows)
    return Training(layout.matrix(arrays)[chosen], dataset.truth[chosen], dataset.counts.rows)


def _attempt(scope: Scope, title: str, examine: Callable[[Subject], Section], subject: Subject) -> Section:
    try:
        return examine(subject)
    except JobError as failure:
        section = Section(scope, title, "The model failed while it was examined.")
        section.find(
            "major",
            f"The model fails on valid input: {failure.message}",
            "In use it will fail too, and what this part would have found is unknown.",
        )
        section.limitations.append(f"{title}: ended early, because the model failed.")
        return section
