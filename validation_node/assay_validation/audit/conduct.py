"""Conducts an audit: opens model and data in the jail, runs the parts that were asked for, sums them up.

A model that refuses, hangs, dies or answers nonsense is a finding. Only data that cannot be read, and a
machine without a jail, are errors.
"""

import hashlib
import importlib.util
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import rfc8785

from assay.manifests.audit_report import SCOPES, Examination, Figure, Finding, Scope, Tool
from assay.manifests.dataset import DatasetManifest
from assay.manifests.evaluation import PPM, DatasetCounts, EvaluationSpec, Fairness
from assay.manifests.model import ModelManifest
from assay.words.printable import quoted
from assay_validation.audit import (
    calibration,
    compliance,
    drift,
    explainability,
    fairness,
    overlap,
    performance,
    privacy,
    robustness,
    security,
    slices,
)
from assay_validation.audit.effort import FULL, QUICK
from assay_validation.audit.groups import MAX_COLUMNS, Grouping, read_groups
from assay_validation.audit.jailed_model import JailedModel
from assay_validation.audit.layout import Layout
from assay_validation.audit.section import MAX_PROSE, Section
from assay_validation.audit.subject import Array, Subject, Training
from assay_validation.audit.thresholds import GRAVE, SEVERITIES
from assay_validation.dataset import Dataset, prepare
from assay_validation.errors import JobError, ValidationError
from assay_validation.evaluation import file_digest
from assay_validation.gate import admit
from assay_validation.interface import order_of_columns
from assay_validation.jobs.truth import JOINT
from assay_validation.limits import Limits
from assay_validation.predictions import read_array
from assay_validation.sandbox.runner import jail
from assay_validation.sandbox.session import SessionLimits
from assay_validation.scratch import Scratch

MAX_ROWS = 20_000
"""More rows than that are sampled."""
_MAX_LISTED = 200
_MISSING = {
    "fairness": "a spec or --group that names a column with two groups",
    "robustness": "inputs that are continuous numbers",
    "privacy": "training data (--training) and audit data of 50 rows each",
    "explainability": "at most 300 columns, or one input of pixels",
}
"""What a scope cannot do without."""
_LIBRARIES = {"shap": "shap", "art": "adversarial-robustness-toolbox"}
_TOOLS = ("assay", "onnxruntime", "numpy", "scipy", "scikit-learn", "fairlearn", "matplotlib")

PARTS: tuple[tuple[Scope, str, Callable[[Subject], Section]], ...] = (
    ("performance", "Performance", performance.examine),
    ("performance", "Calibration", calibration.examine),
    ("performance", "Overlap with the training data", overlap.examine),
    ("performance", "Weak slices", slices.examine),
    ("fairness", "Fairness", fairness.examine),
    ("robustness", "Robustness", robustness.examine),
    ("privacy", "Privacy", privacy.examine),
    ("security", "Security", security.examine),
    ("explainability", "Explainability", explainability.examine),
    ("compliance", "Compliance", compliance.examine),
    ("compliance", "Data", drift.examine),
)
Watch = Callable[[str], Callable[[int], None]]
"""Told of each step's title; what it returns is told of the rows that the step has the model answer."""


@dataclass(frozen=True)
class Order:
    """What is to be audited, and how.

    Attributes:
        threshold: ppm of the primary score, of the deal.
        favourable: the class that people hope for; the last one when not said.
        groups: columns that tell groups apart, beside the spec's.
        fairness: what groups are held to; the spec's when not said.
        training: rows that the model was trained on, in the same columns.
    """

    model: Path
    data: Path
    spec: EvaluationSpec
    training: Path | None = None
    manifest: ModelManifest | None = None
    dataset: DatasetManifest | None = None
    threshold: int | None = None
    favourable: str | None = None
    groups: tuple[str, ...] = ()
    fairness: Fairness | None = None
    scopes: tuple[Scope, ...] = SCOPES
    seed: int = 0
    quick: bool = False
    limits: SessionLimits = field(default_factory=SessionLimits)


@dataclass(frozen=True)
class Outcome:
    """What was found. ``scopes`` are those of which something was examined."""

    order: Order
    sections: tuple[Section, ...]
    scopes: tuple[Scope, ...]
    findings: tuple[Finding, ...]
    """Gravest first."""
    figures: tuple[Figure, ...]
    limitations: tuple[str, ...]
    rows: int
    training_rows: int
    rows_asked: int
    tools: tuple[Tool, ...]

    @property
    def approved(self) -> bool:
        """What the figures propose: no major and no critical finding. The auditor decides."""
        return not any(finding.severity in GRAVE for finding in self.findings)

    @property
    def limitations_text(self) -> str:
        """As the manifest has them."""
        return "\n".join(self.limitations)[:MAX_PROSE]

    def examination(self, page: bytes) -> Examination:
        """How it was measured, with the digest of the readable *page*."""
        spec = rfc8785.dumps(self.order.spec.model_dump(mode="json"))
        training = self.order.training
        return Examination(
            page=hashlib.sha256(page).hexdigest(),
            model_sha256=file_digest(self.order.model),
            data_sha256=file_digest(self.order.data),
            training_sha256=file_digest(training) if training else None,
            spec_sha256=hashlib.sha256(spec).hexdigest(),
            seed=self.order.seed,
            quick=self.order.quick,
            rows=self.rows,
            training_rows=self.training_rows,
            rows_asked=self.rows_asked,
            tools=self.tools,
        )


def conduct(order: Order, watch: Watch = lambda title: lambda rows: None) -> Outcome:
    """Examine the model in the scopes of *order*.

    Raises:
        DataError: audit or training data is unreadable, oversized, or does not fit the spec.
        SandboxUnavailable: this machine has no safe jail; nothing was run.
        ValidationError: the libraries of a full audit are missing, no class has the favourable one's name, no
            error can reach the threshold, or what was given lets nothing in the scopes be examined.
        OSError: a file is not there or not readable.
    """
    jail()
    _require_task(order)
    _require_libraries(order)
    favourable = _favourable(order)
    _require_reachable(order)
    watch("Opening model and data in the sandbox")
    limits = Limits()
    with Scratch() as audited, Scratch() as trained:
        try:
            admitted = admit(order.model, limits, audited, rounding=False)
            graph = admitted.facts
            order_of_columns(graph, order.spec)
        except JobError as failure:
            return _dead(order, f"The gate refuses the model: {failure.message}", 0, 0)
        dataset, arrays = _open(order.data, order.spec, audited)
        groupings = _groupings(order, dataset.counts.rows, audited)
        layout = Layout.of(order.spec.data, arrays)
        rows = layout.matrix(arrays)
        chosen = _chosen(order, len(rows))
        training = _training(order, layout, trained)
        with JailedModel(admitted, order.spec, layout, order.limits) as model:
            model.watch = watch("Asking the model for all rows")
            try:
                answers = model.predict(rows[chosen])
            except JobError as failure:
                why = f"The model cannot be examined: {failure.message}"
                return _dead(order, why, len(chosen), model.rows_asked)
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
    return _summary(order, tuple(sections), subject, len(rows))


def _require_task(order: Order) -> None:
    if order.spec.task not in ("classification", "regression") or len(order.spec.data.truth) > 1:
        raise ValidationError(
            "An audit examines a classification, or a regression with a single label.",
            hint="Score a model of another task with `assay-validation evaluate`.",
        )


def _require_libraries(order: Order) -> None:
    missing = [package for module, package in _LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing and not order.quick:
        raise ValidationError(
            f"A full audit needs {' and '.join(missing)}.",
            hint="pip install 'assay[node,demo,audit]', or ask for a quick audit.",
        )


def _require_reachable(order: Order) -> None:
    if order.threshold is not None and order.threshold > 0 and order.spec.metric.is_error:
        name = order.spec.metric.value.replace("_", " ")
        raise ValidationError(
            f"The threshold of an error is not positive: greater is better, so {name} is counted negatively.",
            hint=f"{-order.threshold} asks for a {name} of at most {order.threshold / PPM:g}.",
        )


def _favourable(order: Order) -> int:
    classes = order.spec.data.classes
    if order.favourable is None:
        return len(classes) - 1
    if order.favourable not in classes:
        raise ValidationError(f"{quoted(order.favourable)} is not a class of the evaluation spec.")
    return classes.index(order.favourable)


def _open(path: Path, spec: EvaluationSpec, folder: Scratch) -> tuple[Dataset, list[Array]]:
    limits = Limits()
    without = spec.data.model_copy(update={"group": None, "more_groups": ()})
    ungrouped = spec.model_copy(update={"data": without})
    dataset = prepare(path, ungrouped, limits, folder)
    rows, most = dataset.counts.rows, limits.file_bytes
    inputs = range(len(spec.data.inputs))
    return dataset, [read_array(dataset.inputs[f"clean-{i}"], rows, most) for i in inputs]


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
    """With the rows of each group that the spec's own columns tell, as a data manifest declares them."""
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
        section.find("major", f"The model fails on valid input: {failure.message}")
        section.limitations.append(f"{title}: ended early, because the model failed.")
        return section


def _dead(order: Order, why: str, rows: int, rows_asked: int) -> Outcome:
    section = Section("security", "Security", "The model was refused, or failed on the audit data itself.")
    section.find("critical", why)
    unseen = ", ".join(scope for scope in order.scopes if scope != "security")
    limits = (f"Nothing else was examined: {unseen}.",) if unseen else ()
    tools = _tools(order)
    return Outcome(
        order, (section,), ("security",), tuple(section.findings), (), limits, rows, 0, rows_asked, tools
    )


def _summary(order: Order, sections: tuple[Section, ...], subject: Subject, rows: int) -> Outcome:
    findings = sorted(
        (finding for section in sections for finding in section.findings),
        key=lambda finding: SEVERITIES.index(finding.severity),
    )
    measures = [measure.figure(section.scope) for section in sections for measure in section.measures]
    limitations = [text for section in sections for text in section.limitations]
    seen = {section.scope for section in sections if section.measures or section.findings}
    if not seen:
        raise ValidationError(
            f"Nothing could be examined in what was asked for: {', '.join(order.scopes)}.",
            hint="It needs "
            + "; ".join(_MISSING[scope] for scope in order.scopes if scope in _MISSING)
            + ".",
        )
    if unseen := [scope for scope in SCOPES if scope not in order.scopes]:
        limitations.append(f"Not asked for: {', '.join(unseen)}.")
    if len(subject.rows) < rows:
        limitations.append(f"{len(subject.rows):,} of {rows:,} rows were sampled.")
    if len(measures) > _MAX_LISTED:
        limitations.append(f"Of {len(measures)} figures the first {_MAX_LISTED} are in the manifest.")
    limitations.append(
        "Behaviour on other data than this, and changes of the world since, were not looked at."
    )
    return Outcome(
        order=order,
        sections=sections,
        scopes=tuple(scope for scope in SCOPES if scope in seen),
        findings=tuple(findings[:_MAX_LISTED]),
        figures=tuple(measures[:_MAX_LISTED]),
        limitations=tuple(limitations),
        rows=len(subject.rows),
        training_rows=0 if subject.training is None else len(subject.training.rows),
        rows_asked=subject.model.rows_asked,
        tools=_tools(order),
    )


def _tools(order: Order) -> tuple[Tool, ...]:
    found = []
    for name in (*_TOOLS, *(() if order.quick else _LIBRARIES.values())):
        try:
            found.append(Tool(name=name, version=version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
