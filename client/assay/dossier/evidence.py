"""What auditors' reports say of a version: verdicts, findings, and the figures that answer a question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assay.dossier.judgements import AuditRecord, OpinionRecord
from assay.dossier.parts import Content
from assay.manifests import AuditReport, Figure
from assay.manifests.audit_report import Scope
from assay.words import formatting
from assay.words.formatting import count

_SHOWN = 4
_NAMES: dict[Scope, str] = {
    "fairness": r"\bgroups?\b|parity|equali[sz]ed odds|equal opportunity|impact ratio",
    "robustness": r"noise|flip|perturb|adversar|robust",
    "security": r"other rows|millionth|attack|poison|backdoor|trigger",
    "explainability": r"attribution|shapley|deletion|saliency",
}
"""What figures of a scope are called in reports that do not say of which scope a figure is."""


@dataclass(frozen=True)
class Said:
    """One auditor's verdict on a version, with its report where that can be read."""

    where: str
    """The audit or opinion."""
    auditor: str
    approved: bool
    report: AuditReport | None

    @property
    def verdict(self) -> str:
        """In one word."""
        return "approved" if self.approved else "rejected"

    def figures(self, scope: Scope) -> tuple[Figure, ...]:
        """The figures of *scope*, where the report says that it looked at that."""
        if self.report is None or scope not in self.report.scopes:
            return ()
        return tuple(one for one in self.report.figures if _is_about(one, scope))


def said_of(
    version: str, judged: Sequence[AuditRecord | OpinionRecord], contents: Mapping[str, Content]
) -> Iterator[Said]:
    """Everything that auditors, drawn or asked, said of the version with this manifest."""
    for record in judged:
        for opinion in record.said if record.subject == version else ():
            report = contents.get(opinion.report)
            known = report if isinstance(report, AuditReport) else None
            yield Said(record.name, opinion.auditor, opinion.approved, known)


def figures_named(said: Sequence[Said], scope: Scope) -> str:
    """The figures of *scope* with where they are from; empty where nobody gives one."""
    return "; ".join(
        f"{one.where} ({one.verdict}): {_listed(found)}" for one in said if (found := one.figures(scope))
    )


def gap_of(said: Sequence[Said], scope: Scope) -> str:
    """Why *scope* is not answered: nobody looked, or nobody gives a figure; empty where somebody does."""
    if figures_named(said, scope):
        return ""
    looked = [one.where for one in said if one.report is not None and scope in one.report.scopes]
    if looked:
        return f"{', '.join(dict.fromkeys(looked)).capitalize()} names {scope} and gives no figure for it."
    return f"No auditor looked at {scope}."


def rejections(said: Sequence[Said]) -> Iterator[str]:
    """Each rejection, with its gravest finding."""
    for one in said:
        if not one.approved:
            gravest = next(iter(grave_first(one.report)), "") if one.report else ""
            yield f"{one.where.capitalize()} rejects this version{f': {gravest}' if gravest else ''}."


def grave_first(report: AuditReport) -> list[str]:
    """The findings of *report* as lines, the gravest first."""
    order = ("critical", "major", "minor", "note")
    found = sorted(report.findings, key=lambda one: order.index(one.severity))
    return [f"{one.severity}, {one.scope}: {one.summary}" for one in found]


def _is_about(figure: Figure, scope: Scope) -> bool:
    if figure.unit not in ("ppm", "number"):
        return False
    if figure.scope is not None:
        return figure.scope == scope
    return scope in _NAMES and re.search(_NAMES[scope], figure.name, re.IGNORECASE) is not None


def _listed(figures: Sequence[Figure]) -> str:
    """The first few by name; differences between groups before single groups."""
    ordered = sorted(figures, key=lambda one: ", group " in one.name)
    shown = ", ".join(f"{one.name} {formatting.figure(one.value, one.unit)}" for one in ordered[:_SHOWN])
    more = len(ordered) - _SHOWN
    return f"{shown} and {count(more, 'more figure')}" if more > 0 else shown
