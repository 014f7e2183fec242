"""What an audit found, summed up."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import rfc8785

from assay.manifests.audit_report import SCOPES, Examination, Figure, Finding, Scope, Tool
from assay_validation.audit.order import LIBRARIES, Order
from assay_validation.audit.section import MAX_PROSE, Section
from assay_validation.audit.subject import Subject
from assay_validation.audit.thresholds import GRAVE, SEVERITIES
from assay_validation.errors import ValidationError
from assay_validation.evaluation import file_digest

NOT_ASKED = "Not asked for"
_MAX_LISTED = 200
_SINGLE = re.compile(", (group|class|label) ")
_MISSING = {
    "fairness": "a spec or --group that names a column with two groups",
    "robustness": "inputs that are continuous numbers",
    "privacy": "training data (--training) and audit data of 50 rows each",
    "explainability": "at most 300 columns, or one input of pixels",
}
"""What each scope cannot do without."""
_TOOLS = ("assay", "onnxruntime", "numpy", "scipy", "scikit-learn", "fairlearn", "matplotlib")


@dataclass(frozen=True)
class Outcome:
    """What was found. ``scopes`` are those in which something was examined."""

    order: Order
    sections: tuple[Section, ...]
    scopes: tuple[Scope, ...]
    findings: tuple[Finding, ...]
    """Most serious first."""
    figures: tuple[Figure, ...]
    limitations: tuple[str, ...]
    rows: int
    training_rows: int
    rows_asked: int
    tools: tuple[Tool, ...]

    @property
    def approved(self) -> bool:
        """Whether the figures suggest approval: no major or critical finding. The auditor decides."""
        return not any(finding.severity in GRAVE for finding in self.findings)

    @property
    def limitations_text(self) -> str:
        """The limitations as the manifest states them."""
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


def unexaminable(order: Order, why: str, rows: int = 0, rows_asked: int = 0) -> Outcome:
    """The outcome for a model that could not be examined, and *why*."""
    section = Section("security", "Security", "The model was refused, or failed on the audit data itself.")
    section.find("critical", why, "No figure of it is known: it cannot be used as it was delivered.")
    unseen = ", ".join(scope for scope in order.scopes if scope != "security")
    limits = (f"Nothing else was examined: {unseen}.",) if unseen else ()
    tools = _tools(order)
    return Outcome(
        order, (section,), ("security",), tuple(section.findings), (), limits, rows, 0, rows_asked, tools
    )


def summary(order: Order, sections: tuple[Section, ...], subject: Subject, rows: int) -> Outcome:
    """The outcome of all *sections*; *rows* is how many rows there were to choose from.

    Raises:
        ValidationError: nothing could be examined.
    """
    findings = sorted(
        (finding for section in sections for finding in section.findings),
        key=lambda finding: SEVERITIES.index(finding.severity),
    )
    measures = [measure.figure(section.scope) for section in sections for measure in section.measures]
    kept = _most_telling(measures)
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
        limitations.append(f"{NOT_ASKED}: {', '.join(unseen)}.")
    if len(subject.rows) < rows:
        limitations.append(f"Rows that were not sampled: {len(subject.rows):,} of {rows:,} were examined.")
    if len(measures) > _MAX_LISTED:
        limitations.append(
            f"Figures of single groups and classes: of {len(measures)} figures {len(kept)} are in the "
            "manifest; these are left out first."
        )
    limitations.append("Other data than this, and changes of the world since: not looked at.")
    return Outcome(
        order=order,
        sections=sections,
        scopes=tuple(scope for scope in SCOPES if scope in seen),
        findings=tuple(findings[:_MAX_LISTED]),
        figures=tuple(kept),
        limitations=tuple(limitations),
        rows=len(subject.rows),
        training_rows=0 if subject.training is None else len(subject.training.rows),
        rows_asked=subject.model.rows_asked,
        tools=_tools(order),
    )


def _most_telling(figures: Sequence[Figure]) -> list[Figure]:
    """As many figures as a manifest holds: each part's own before those of single groups and classes."""
    order = sorted(range(len(figures)), key=lambda one: bool(_SINGLE.search(figures[one].name)))
    return [figures[one] for one in sorted(order[:_MAX_LISTED])]


def _tools(order: Order) -> tuple[Tool, ...]:
    found = []
    for name in (*_TOOLS, *(() if order.quick else LIBRARIES.values())):
        try:
            found.append(Tool(name=name, version=version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
