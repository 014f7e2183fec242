"""Annex IV of Regulation (EU) 2024/1689 (the AI Act), point by point: what a dossier answers or lacks.

A point that nothing on record answers is shown as a gap. "Self-declared" marks what the developer wrote and
nobody tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assay.dossier.evidence import ATTACKS, Said, attack_named, figures_named, gap_of, objections, said_of
from assay.dossier.judgements import AuditRecord, OpinionRecord
from assay.dossier.parts import (
    AnnexPoint,
    Changes,
    Content,
    Deal,
    Enclosure,
    ModelVersion,
    Standing,
)
from assay.manifests import CommissionSpec, ModelManifest
from assay.manifests.audit_report import Scope
from assay.words.formatting import count

_TESTING: tuple[tuple[str, Scope], ...] = (
    ("Discriminatory impact", "fairness"),
    ("Robustness", "robustness"),
)
_FUNCTIONING: tuple[Scope, ...] = ("fairness", "explainability")
_NOWHERE = "Nothing in the market records this; the provider has to supply it."


@dataclass(frozen=True)
class _Evidence:
    """The evidence available for the newest version."""

    version: ModelVersion
    deal: Deal | None
    judged: Sequence[AuditRecord | OpinionRecord]
    changes: Changes
    standing: Standing
    contents: Mapping[str, Content]

    @property
    def model(self) -> bool:
        """Whether the version's manifest can be read."""
        return isinstance(self.contents.get(self.version.manifest), ModelManifest)

    @property
    def order(self) -> bool:
        """Whether the order can be read."""
        return self.deal is not None and self.deal.request.spec.hex() in self.contents

    @property
    def change_plan(self) -> bool:
        """Whether the order says what later versions may change."""
        spec = self.contents.get(self.deal.request.spec.hex()) if self.deal else None
        return isinstance(spec, CommissionSpec) and spec.change_plan is not None

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """What auditors, drawn or asked, say about the version."""
        return tuple(said_of(self.version.manifest, self.judged, self.contents))

    @property
    def trained_on(self) -> tuple[int, int]:
        """How many data sets the lineage names, and how many of them are described here."""
        named = {edge.ref for edge in self.version.lineage if edge.kind == "dataset"}
        return len(named), len(named & self.contents.keys())


def annex_iv(
    version: ModelVersion,
    deal: Deal | None,
    judged: Sequence[AuditRecord | OpinionRecord],
    changes: Changes,
    standing: Standing,
    documents: Sequence[Enclosure],
) -> tuple[AnnexPoint, ...]:
    """Every point of Annex IV in order, for the newest version and the deal that it comes from."""
    contents = {one.digest: one.content for one in documents if one.content is not None}
    known = _Evidence(version, deal, judged, changes, standing, contents)
    return (*_description(known), *_development(known), *_operation(known))


def _description(known: _Evidence) -> list[AnnexPoint]:
    unread = "" if known.model else "The model's manifest could not be had. "
    told = known.model
    return [
        _point(
            "1(a)",
            "intended purpose, provider, version and its relation to earlier ones",
            "Summary, Lineage and Changes: intended use (self-declared), the developer's account and "
            "jurisdiction, each version with those before it.",
            f"{unread}The provider's legal name and address: accounts stand for it, and an organisation is "
            "the hash of an identifier that its owner can reveal.",
        ),
        _point(
            "1(b)",
            "interaction with hardware, software and other AI systems",
            "Summary: inputs, outputs and operator set of the ONNX graph, read from the file."
            if told
            else "",
            f"{unread}Systems around the model.",
        ),
        _point(
            "1(c)",
            "versions of relevant software and firmware",
            "Summary: framework (self-declared) and ONNX operator set. Tests: the evaluator's version in "
            "each validation report."
            if told
            else "",
            f"{unread}Firmware.",
        ),
        _point(
            "1(d)",
            "forms in which it is placed on the market",
            "Order: a sealed ONNX file, delivered to one customer." if known.deal else "",
            "" if known.deal else _NOWHERE,
        ),
        _point("1(e)", "hardware it is meant to run on", "", _NOWHERE),
        _point("1(f)", "photographs and layout of products of which it is a component", "", _NOWHERE),
        _point("1(g)", "basic description of the user interface", "", _NOWHERE),
        _point(
            "1(h)",
            "instructions for use",
            "Summary: intended use and declared limits (self-declared)." if told else "",
            f"{unread}Instructions beyond these two texts.",
        ),
    ]


def _development(known: _Evidence) -> list[AnnexPoint]:
    named, described = known.trained_on
    parents = any(edge.kind == "model" for edge in known.version.lineage)
    lineage = f"Lineage: {count(named, 'training data set')} named, {described} described here"
    lineage += ", and the parent models." if parents else "; no parent model named."
    return [
        _point(
            "2(a)",
            "methods and steps of development, pre-trained systems and third-party tools",
            f"{lineage} Timeline: every submission.",
            "How it was trained: the market sees submissions only.",
        ),
        _point(
            "2(b)",
            "design specifications: logic, key choices, what it optimises",
            "Order: task, metric, threshold and criteria that were asked for." if known.order else "",
            "The developer's design choices and trade-offs.",
        ),
        _point(
            "2(c)",
            "system architecture and computational resources",
            "",
            "The graph is sealed: auditors and panel have seen it, this dossier has not. Resources of "
            "training.",
        ),
        _point(
            "2(d)",
            "data requirements: training data, provenance, characteristics, labelling, cleaning",
            f"{lineage} Order: rows, classes and groups of the hidden validation set, which the panel "
            "recounted.",
            "Who owns a training data set is not on record; labelling and cleaning are not described. A "
            "lineage is what the developer states to be complete: it cannot be changed, but may be false.",
        ),
        _point("2(e)", "human oversight measures", "", _NOWHERE),
        _point(
            "2(f)",
            "pre-determined changes",
            "Order: which changes later versions may make, and which of them take an audit."
            if known.change_plan
            else "",
            "Each change is a new version with a test of its own; nothing stops one that was not foreseen.",
        ),
        _point(
            "2(g)",
            "validation and testing: data, metrics, discriminatory impact, signed and dated reports",
            _tested(known),
            _untested(known),
        ),
        _point(
            "2(h)",
            "cybersecurity measures",
            _attacked(known),
            _unattacked(known),
        ),
    ]


def _tested(known: _Evidence) -> str:
    """Each test with its figures."""
    answer = ["Tests: metric, threshold, every validator's report."] if known.deal else []
    for title, scope in _TESTING:
        if named := figures_named(known.said, scope):
            answer.append(f"{title}: {named}.")
    return " ".join(answer)


def _untested(known: _Evidence) -> str:
    gaps = [] if known.deal else ["No deal of this market tested it."]
    gaps += [gap_of(known.said, scope) for _, scope in _TESTING]
    return " ".join(filter(None, [*gaps, objections(known.said)]))


def _attacked(known: _Evidence) -> str:
    """Each attack of Article 15(5) that was tried, with what it achieved."""
    tried = ((attack, attack_named(known.said, attack)) for attack in ATTACKS)
    return " ".join(f"{attack.capitalize()}: {named}." for attack, named in tried if named)


def _unattacked(known: _Evidence) -> str:
    """Attacks for which there is no figure; an auditor's mere mention of security is not one."""
    missing = [attack for attack in ATTACKS if not attack_named(known.said, attack)]
    gaps = ["Measures around the model, in use."]
    if not any(one.looked_at("security") for one in known.said):
        gaps.append("No auditor looked at security.")
    if missing:
        gaps.append(f"No auditor gives a figure for these threats to it: {', '.join(missing)}.")
    return " ".join(filter(None, [*gaps, objections(known.said, ("security", "privacy"))]))


def _operation(known: _Evidence) -> list[AnnexPoint]:
    changed, interval = known.changes, known.standing.reverify_interval
    later = f"{count(len(changed.later_versions), 'later version')}"
    later += f", {count(len(changed.later_audits), 'later audit')}"
    later += f", {count(len(changed.later_opinions), 'later opinion')}"
    groups, explained = (figures_named(known.said, scope) for scope in _FUNCTIONING)
    unknown = [gap for scope in _FUNCTIONING if (gap := gap_of(known.said, scope))]
    return [
        _point(
            "3",
            "monitoring, functioning, control: accuracy overall and for groups, foreseeable harm, input data",
            f"{'Summary: declared limits (self-declared). ' if known.model else ''}"
            f"{'Tests: the score on hidden data. ' if known.deal else ''}"
            f"{f'For groups: {groups}. ' if groups else ''}"
            f"{f'What decides: {explained}.' if explained else ''}".strip(),
            " ".join(["Foreseeable unintended outcomes.", *unknown]),
        ),
        _point(
            "4",
            "appropriateness of the performance metrics",
            "Order: metric, threshold and criteria, chosen by the customer, who knows the use."
            if known.order
            else "",
            "Why they are the right ones: nobody is asked to say so.",
        ),
        _point(
            "5",
            "risk management system (Article 9)",
            "Order: the risk class and what it asks for." if known.deal else "",
            "The provider's risk management system is not on record.",
        ),
        _point(
            "6",
            "changes made through the life cycle",
            f"Changes: {later}. A version's digest is its name, so what is deployed can be compared.",
            "Changes of systems around the model.",
        ),
        _point(
            "7",
            "harmonised standards applied",
            "",
            "Nothing in the market records this, unless an audit report of scope compliance does.",
        ),
        _point(
            "8",
            "EU declaration of conformity (Article 47)",
            "",
            "The provider issues it; an auditor's or regulator's verdict is none.",
        ),
        _point(
            "9",
            "post-market performance and monitoring plan (Article 72)",
            f"Summary: re-verification every {interval // 86_400} days, {known.standing.status} then."
            if interval
            else "",
            "The provider's plan is not on record."
            if interval
            else "Its risk class asks for no re-verification, and no plan is on record.",
        ),
        _point(
            "Art. 12",
            "automatic recording of events (record-keeping)",
            "Timeline and Money: every transaction of the market about this model, with block and time.",
            "What the system does in use: its logs are the deployer's.",
        ),
        _point(
            "Art. 18",
            "documentation kept for ten years",
            "The chain keeps all events, and the digest of each document.",
            "Documents last as long as somebody keeps them: keep this file, which encloses them.",
        ),
    ]


def _point(point: str, asks: str, answer: str, gap: str) -> AnnexPoint:
    return AnnexPoint(point=point, asks=asks, answer=answer, gap=gap)
