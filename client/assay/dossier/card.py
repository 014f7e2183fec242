"""The dossier as a model card for Hugging Face: Markdown with YAML metadata on top."""

from __future__ import annotations

from collections.abc import Sequence

from assay.dossier import hub
from assay.dossier.document import Bundle, Dossier
from assay.dossier.evidence import grave_first, said_of
from assay.dossier.hub import Result
from assay.dossier.judgement_tables import OPINIONS, verdict
from assay.dossier.results import order_result
from assay.dossier.tables import moment, test_taken
from assay.manifests import DatasetManifest, ModelManifest
from assay.words import formatting

_UNKNOWN = "not on record"


def model_card(bundle: Bundle, results: Sequence[Result] | None = None) -> str:
    """The card, ``README.md``; text written by others is escaped, whatever it contains.

    Args:
        bundle: the dossier.
        results: the scores to list; by default the order's own.
    """
    dossier = bundle.dossier
    if results is None:
        own = order_result(dossier)
        results = [own] if own else []
    metadata = hub.metadata(_manifest(dossier), f"model {dossier.model}", results)
    return "\n".join((*hub.front_matter(metadata), *_body(bundle, results))) + "\n"


def _body(bundle: Bundle, results: Sequence[Result]) -> list[str]:
    dossier = bundle.dossier
    manifest, version = _manifest(dossier), dossier.versions[-1]
    deal = dossier.deal_of(version)
    metric, standing = dossier.metric_of(version), dossier.standing
    asked = f" (asked for: {formatting.threshold(deal.request.threshold, metric)})" if deal else ""
    return [
        f"# {hub.text(manifest.name) if manifest else f'Model {dossier.model}'}",
        "",
        f"Made from the dossier with the digest `{dossier.digest().hex()}`, collected from chain "
        f"{dossier.chain_id} at block {dossier.block.number}. `assay verify dossier.json` checks it.",
        "",
        "## Intended use",
        "",
        _declared(manifest.intended_use) if manifest else _UNKNOWN,
        "",
        "## Limits",
        "",
        _declared(manifest.limits) if manifest else _UNKNOWN,
        "",
        "Both texts are the developer's own.",
        "",
        "## Evaluation",
        "",
        f"{formatting.score(version.score, metric)}{asked} on data that the developer never saw, by a panel "
        "drawn by stake.",
        f"Standing at collection: {standing.status}"
        + (f", to be verified again by {moment(standing.due_at)} UTC." if standing.due_at else "."),
        *_tested(dossier),
        "",
        *hub.scored(results),
        "",
        "## Audits",
        "",
        *_audits(dossier),
        "",
        "## Opinions",
        "",
        *_opinions(dossier),
        "",
        "## Findings and limits",
        "",
        *_findings(dossier),
        "",
        "## Disputes",
        "",
        *_disputes(dossier),
        "",
        "## Training data and lineage",
        "",
        *_lineage(dossier),
    ]


def _declared(text: str) -> str:
    return hub.text(text) if text.strip() else "The developer says nothing."


def _tested(dossier: Dossier) -> list[str]:
    tested = dossier.standing.tested
    return [f"A third party's test: {test_taken(tested, dossier.metric(tested.spec))}."] if tested else []


def _audits(dossier: Dossier) -> list[str]:
    lines = []
    for one in dossier.standing.verdicts:
        said = "approved" if one.approved else "rejected"
        lines.append(
            f"- audit {one.audit}, {one.auditor}: {said}; {one.state} (until {moment(one.expires)} UTC)"
        )
    return lines or ["None."]


def _opinions(dossier: Dossier) -> list[str]:
    lines = [
        f"- opinion {one.number}, asked for by {one.asker} of {one.auditors[-1].auditor}: {verdict(one)}"
        for one in dossier.opinions
        if one.subject == dossier.versions[-1].manifest
    ]
    return [OPINIONS, "", *lines] if lines else ["None."]


def _findings(dossier: Dossier) -> list[str]:
    """What auditors found, and what they did not examine."""
    contents = {one.digest: one.content for one in dossier.documents if one.content is not None}
    lines = []
    for said in said_of(dossier.versions[-1].manifest, dossier.judged, contents):
        lines.append(f"- {said.where}, by {said.auditor}: {said.verdict}")
        if said.report is None:
            lines.append("  - its report could not be had")
            continue
        lines += [f"  - {hub.text(found)}" for found in grave_first(said.report)]
        lines.append(f"  - limits: {hub.text(said.report.limitations)}")
    return lines or ["No auditor has reported on this version."]


def _disputes(dossier: Dossier) -> list[str]:
    lines = [
        f"- dispute {one.number} of deal {one.deal}, by the {one.side}: {one.question}; "
        f"ruling: {one.ruling}; {one.effect}"
        for one in dossier.disputes
    ]
    return lines or ["None."]


def _lineage(dossier: Dossier) -> list[str]:
    lines = []
    for edge in dossier.versions[-1].lineage:
        content = dossier.document(edge.ref)
        name = content.name if isinstance(content, (ModelManifest, DatasetManifest)) else "not described"
        lines.append(f"- {edge.kind} {hub.text(name)} `{edge.ref}`")
    return lines or ["The developer has declared none."]


def _manifest(dossier: Dossier) -> ModelManifest | None:
    content = dossier.document(dossier.versions[-1].manifest)
    return content if isinstance(content, ModelManifest) else None
