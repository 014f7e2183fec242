"""The dossier as a model card in the form that Hugging Face reads: Markdown with metadata in YAML on top."""

from __future__ import annotations

import json
import re
from typing import Any

from assay.dossier.document import Bundle, Dossier
from assay.dossier.evidence import grave_first, said_of
from assay.dossier.hub_licences import hub_licence
from assay.dossier.judgement_tables import OPINIONS, verdict
from assay.dossier.tables import moment, test_taken
from assay.manifests import CommissionSpec, DatasetManifest, Licence, ModelManifest
from assay.manifests.evaluation import PPM, EvaluationSpec
from assay.words import formatting

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|&~$=:])")
_UNKNOWN = "not on record"


def model_card(bundle: Bundle) -> str:
    """The card, ``README.md``; what others wrote stands in it as text, whatever it contains."""
    dossier = bundle.dossier
    lines = [f"{name}: {_yaml(value)}" for name, value in _metadata(dossier).items()]
    return "\n".join(("---", *lines, "---", "", *_body(bundle))) + "\n"


def _metadata(dossier: Dossier) -> dict[str, Any]:
    """Keys of https://huggingface.co/docs/hub/model-cards; nothing is said that is not on record."""
    manifest, spec = _manifest(dossier), _order(dossier)
    metadata: dict[str, Any] = {"library_name": "onnx", "tags": ["assay", "onnx"]}
    if manifest:
        metadata |= _licence(manifest.licence)
    if spec:
        metadata["pipeline_tag"] = _pipeline(spec.evaluation)
        metadata["metrics"] = [spec.evaluation.metric.value]
        metadata["model-index"] = [_index(dossier, manifest, spec)]
    return metadata


def _pipeline(evaluation: EvaluationSpec) -> str:
    """The tag that Hugging Face has for the task."""
    tags = {
        "segmentation": "image-segmentation",
        "detection": "object-detection",
        "generation": "text-generation",
        "retrieval": "feature-extraction",
        "ranking": "text-ranking",
    }
    if evaluation.task in ("classification", "regression") and evaluation.data.format != "npz":
        return f"tabular-{evaluation.task}"
    return tags.get(evaluation.task, "other")


def _index(dossier: Dossier, manifest: ModelManifest | None, spec: CommissionSpec) -> dict[str, Any]:
    hidden = dossier.document(spec.dataset)
    name = hidden.name if isinstance(hidden, DatasetManifest) else spec.dataset
    metric = spec.evaluation.metric
    score = formatting.natural(dossier.versions[-1].score, metric) / PPM
    return {
        "name": manifest.name if manifest else f"model {dossier.model}",
        "results": [
            {
                "task": {"type": spec.evaluation.task},
                "dataset": {"name": name, "type": "hidden validation data"},
                "metrics": [{"type": metric.value, "value": score, "verified": False}],
            }
        ],
    }


def _licence(licence: Licence) -> dict[str, Any]:
    """As the Hub has it; a licence that it does not list is "other", with a name as it allows them."""
    if licence.spdx is None:
        return {
            "license": "other",
            "license_name": "terms-of-its-own",
            "license_link": f"ipfs://{licence.text}",
        }
    if known := hub_licence(licence.spdx):
        return {"license": known}
    name = re.sub(r"[^a-z0-9.]+", "-", licence.spdx.lower()).strip("-")
    found = {"license": "other", "license_name": name or "unnamed"}
    single = re.fullmatch(r"[A-Za-z0-9.\-]+", licence.spdx)
    return found | ({"license_link": f"https://spdx.org/licenses/{licence.spdx}.html"} if single else {})


def _body(bundle: Bundle) -> list[str]:
    dossier = bundle.dossier
    manifest, version = _manifest(dossier), dossier.versions[-1]
    deal = dossier.deal_of(version)
    metric, standing = dossier.metric_of(version), dossier.standing
    asked = f" (asked for: {formatting.threshold(deal.request.threshold, metric)})" if deal else ""
    return [
        f"# {_text(manifest.name) if manifest else f'Model {dossier.model}'}",
        "",
        f"Made from the dossier with the digest `{dossier.digest().hex()}`, collected from chain "
        f"{dossier.chain_id} at block {dossier.block.number}. `assay verify dossier.json` checks it.",
        "",
        "## Intended use",
        "",
        _text(manifest.intended_use) if manifest else _UNKNOWN,
        "",
        "## Limits",
        "",
        _text(manifest.limits) if manifest else _UNKNOWN,
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
    """What auditors found, and what they did not look at."""
    contents = {one.digest: one.content for one in dossier.documents if one.content is not None}
    lines = []
    for said in said_of(dossier.versions[-1].manifest, dossier.judged, contents):
        lines.append(f"- {said.where}, by {said.auditor}: {said.verdict}")
        if said.report is None:
            lines.append("  - its report could not be had")
            continue
        lines += [f"  - {_text(found)}" for found in grave_first(said.report)]
        lines.append(f"  - limits: {_text(said.report.limitations)}")
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
        lines.append(f"- {edge.kind} {_text(name)} `{edge.ref}`")
    return lines or ["The developer has declared none."]


def _manifest(dossier: Dossier) -> ModelManifest | None:
    content = dossier.document(dossier.versions[-1].manifest)
    return content if isinstance(content, ModelManifest) else None


def _order(dossier: Dossier) -> CommissionSpec | None:
    deal = dossier.deal_of(dossier.versions[-1])
    content = dossier.document(deal.request.spec.hex()) if deal else None
    return content if isinstance(content, CommissionSpec) else None


def _yaml(value: Any) -> str:
    """JSON, which YAML holds: no name can break out of it."""
    return json.dumps(value, ensure_ascii=False)


def _text(words: str) -> str:
    """Words as Markdown that shows them and does nothing else."""
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))
