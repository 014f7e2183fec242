"""What auditors' reports say about a version: verdicts, findings, and the figures that answer a question."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assay.dossier.judgements import AuditRecord, OpinionRecord
from assay.dossier.parts import Content
from assay.manifests import AuditReport, Figure, Finding
from assay.manifests.audit_report import SCOPES, Scope
from assay.words import formatting
from assay.words.formatting import count

_SHOWN = 4
_MAX_ANSWER = 3_000
"""Limit in characters for the figures, or the objections, of all auditors together."""
_NAMES: dict[Scope, str] = {
    "fairness": r"\bgroups?\b|parity|equali[sz]ed odds|equal opportunity|impact ratio",
    "robustness": r"noise|flip|perturb|adversar|robust",
    "explainability": r"attribution|shapley|deletion|saliency",
}
"""Names of each scope's figures, for reports that do not state the scope of a figure."""

ATTACKS: dict[str, str] = {
    "data and model poisoning": r"trigger|backdoor|poison",
    "adversarial examples and model evasion": r"adversar|evasion|flip",
    "confidentiality attacks": r"membership|members found|inversion|extraction",
}
"""The attacks listed in Article 15(5) of the AI Act, and the names of their figures."""


@dataclass(frozen=True)
class Said:
    """One auditor's verdict on a version, with its report if that can be read."""

    where: str
    """The audit or opinion."""
    auditor: str
    approved: bool
    report: AuditReport | None

    @property
    def verdict(self) -> str:
        """The verdict in one word."""
        return "approved" if self.approved else "rejected"

    def looked_at(self, scope: Scope) -> bool:
        """Whether the report says that it covers *scope*."""
        return self.report is not None and scope in self.report.scopes

    def figures(self, scope: Scope) -> tuple[Figure, ...]:
        """The figures of *scope*, if the report says that it covers that."""
        if self.report is None or not self.looked_at(scope):
            return ()
        return tuple(one for one in self.report.figures if _is_about(one, scope))

    def figures_of_attack(self, attack: str) -> tuple[Figure, ...]:
        """The figures of one of the ATTACKS, whatever their scope."""
        known = () if self.report is None else self.report.figures
        return tuple(
            one for one in known if _is_measured(one) and re.search(ATTACKS[attack], one.name, re.IGNORECASE)
        )


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
    """The figures of *scope* with their sources; empty if nobody gives any."""
    return _named((one, one.figures(scope)) for one in said)


def attack_named(said: Sequence[Said], attack: str) -> str:
    """The figures of one of the ATTACKS with their sources; empty if nobody gives any."""
    return _named((one, one.figures_of_attack(attack)) for one in said)


def gap_of(said: Sequence[Said], scope: Scope) -> str:
    """Why *scope* is unanswered: nobody examined it, or nobody gives a figure; empty if somebody does."""
    if figures_named(said, scope):
        return ""
    looked = {one.where: None for one in said if one.looked_at(scope)}
    if looked:
        verbs = ("names", "gives") if len(looked) == 1 else ("name", "give")
        return f"{_cut(', ', looked).capitalize()} {verbs[0]} {scope} and {verbs[1]} no figure for it."
    return f"No auditor looked at {scope}."


def objections(said: Sequence[Said], scopes: Collection[Scope] = SCOPES) -> str:
    """Objections to the version in *scopes*: rejections, and approvals in spite of a grave finding.

    Each comes with its gravest finding. Unless *scopes* are all, rejections for other reasons are left out.
    """
    return _cut(" ", filter(None, (_objection(one, scopes) for one in said)))


def _objection(one: Said, scopes: Collection[Scope]) -> str:
    report = one.report
    findings = () if report is None else (found for found in report.findings if found.scope in scopes)
    found = min(findings, key=_gravity, default=None)
    if found is not None and (not one.approved or found.severity in ("critical", "major")):
        verb = "approves this version in spite of" if one.approved else "rejects this version"
        return f"{one.where.capitalize()} {verb}: {_line(found)}."
    all_asked = set(scopes) == set(SCOPES)
    return f"{one.where.capitalize()} rejects this version." if not one.approved and all_asked else ""


def grave_first(report: AuditReport) -> list[str]:
    """The findings of *report* as lines, gravest first."""
    return [_line(one) for one in sorted(report.findings, key=_gravity)]


def _gravity(one: Finding) -> int:
    return ("critical", "major", "minor", "note").index(one.severity)


def _line(one: Finding) -> str:
    return f"{one.severity}, {one.scope}: {one.summary}"


def _is_measured(figure: Figure) -> bool:
    """Whether it is a share or a number; file sizes and counts of queries answer no question."""
    return figure.unit in ("ppm", "number")


def _is_about(figure: Figure, scope: Scope) -> bool:
    if not _is_measured(figure):
        return False
    if figure.scope is not None:
        return figure.scope == scope
    return scope in _NAMES and re.search(_NAMES[scope], figure.name, re.IGNORECASE) is not None


def _named(said: Iterable[tuple[Said, Sequence[Figure]]]) -> str:
    return _cut("; ", (f"{one.where} ({one.verdict}): {_listed(found)}" for one, found in said if found))


def _cut(between: str, parts: Iterable[str]) -> str:
    """The first *parts* that fit, and how many more there are, as anyone may order any number of opinions."""
    kept, left, size = [], 0, 0
    for part in parts:
        size += len(part) + len(between)
        if size <= _MAX_ANSWER:
            kept.append(part)
        else:
            left += 1
    return between.join([*kept, *([f"and {left:,} more"] if left else [])])


def _listed(figures: Sequence[Figure]) -> str:
    """The first few by name: differences between groups before single groups, and some of each column."""
    stems = list(dict.fromkeys(map(_stem, figures)))
    ordered = sorted(figures, key=lambda one: (", group " in one.name, stems.index(_stem(one))))
    most = max(_SHOWN, sum(_stem(one) == _stem(ordered[0]) for one in ordered))
    shown = ", ".join(f"{one.name} {formatting.figure(one.value, one.unit)}" for one in ordered[:most])
    more = len(ordered) - most
    return f"{shown} and {count(more, 'more figure')}" if more > 0 else shown


def _stem(one: Figure) -> str:
    """The figure's name without the column that defines the groups."""
    return one.name if ", group " in one.name else one.name.partition(" by ")[0]
