"""The dossier as an ML-BOM: CycloneDX 1.6 (ECMA-424), generated from the dossier alone.

Implemented here because the CycloneDX library for Python does not support model cards; the tests use that
library to validate the result.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from assay.dossier.document import Bundle, Dossier
from assay.dossier.evidence import Said, grave_first, said_of
from assay.dossier.hub_licences import spdx_expression
from assay.dossier.parts import (
    ModelVersion,
)
from assay.manifests import (
    CommissionSpec,
    DatasetManifest,
    Figure,
    Licence,
    ModelManifest,
    SealedArtifact,
)
from assay.words import formatting
from assay.words.amounts import format_amount

_Json = dict[str, Any]


def ml_bom(bundle: Bundle) -> str:
    """The bill of materials, JSON; deterministic for a given dossier."""
    dossier, digest = bundle.dossier, bundle.dossier.digest()
    collected = datetime.fromtimestamp(dossier.block.at, UTC)
    content = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'sha256:{digest.hex()}')}",
        "version": 1,
        "metadata": {
            "timestamp": f"{collected:%Y-%m-%dT%H:%M:%SZ}",
            "component": _model(dossier),
            "properties": [
                _property("dossier:sha256", digest.hex()),
                _property("dossier:issuer", bundle.issuer or "unsigned"),
                _property("chain", str(dossier.chain_id)),
                _property("block", f"{dossier.block.number} {dossier.block.hash}"),
            ],
        },
        "components": [_dataset(dossier, ref) for ref in _datasets(dossier)],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _model(dossier: Dossier) -> _Json:
    version = dossier.versions[-1]
    component = _version(dossier, version)
    component["modelCard"] = _card(dossier, version)
    reports = ((opinion.report, one.name) for one in dossier.judged for opinion in one.said)
    component["externalReferences"] = component.get("externalReferences", []) + [
        {"type": "attestation", "url": f"ipfs://f01551220{report}", "comment": f"report in {name}"}
        for report, name in dict.fromkeys(reports)
    ]
    component["properties"] += [
        _property(f"{one.where}:verdict", f"{one.verdict} by {one.auditor}")
        for one in _said(dossier, version)
    ]
    component["properties"] += [
        _property(f"dispute:{one.number}", f"{one.question}; ruling: {one.ruling}; {one.effect}")
        for one in dossier.disputes
    ]
    earlier = [one for one in dossier.versions[:-1] if one.manifest != version.manifest]
    component["pedigree"] = {"ancestors": [_version(dossier, one) for one in (*earlier, *dossier.ancestry)]}
    return component


def _version(dossier: Dossier, version: ModelVersion) -> _Json:
    manifest = dossier.document(version.manifest)
    component: _Json = {
        "type": "machine-learning-model",
        "bom-ref": version.manifest,
        "name": f"model {version.model}",
        "version": version.manifest,
        "publisher": version.developer,
        "properties": [
            _property("model", str(version.model)),
            _property("score:ppm", str(version.score)),
            _property("registered:block", str(version.registered.block)),
            _property("registered:transaction", version.registered.transaction),
        ],
    }
    if isinstance(manifest, ModelManifest):
        component |= {
            "name": manifest.name,
            "description": manifest.intended_use,
            "hashes": [_sha256(manifest.artifact.plaintext_sha256)],
            "licenses": [_licence(manifest.licence)],
            "externalReferences": [_distribution(manifest.artifact)],
        }
    return component


def _card(dossier: Dossier, version: ModelVersion) -> _Json:
    manifest = dossier.document(version.manifest)
    deal = dossier.deal_of(version)
    spec = dossier.document(deal.request.spec.hex()) if deal else None
    parameters: _Json = {"datasets": [{"ref": ref} for ref in _datasets(dossier)]}
    metric, score = "score", version.score
    if isinstance(spec, CommissionSpec):
        parameters["task"] = spec.evaluation.task
        metric, score = spec.evaluation.metric.value, formatting.natural(score, spec.evaluation.metric)
    considerations: _Json = {}
    if isinstance(manifest, ModelManifest):
        parameters["inputs"] = [{"format": f"{one.name}: {one.dtype}"} for one in manifest.inputs]
        parameters["outputs"] = [{"format": f"{one.name}: {one.dtype}"} for one in manifest.outputs]
        declared = (("useCases", manifest.intended_use), ("technicalLimitations", manifest.limits))
        considerations = {name: [text] for name, text in declared if text.strip()}
    measured: list[_Json] = [
        {"type": metric, "value": _decimal(score), "slice": "hidden validation data, by a panel"}
    ]
    limits, risks = [], []
    for said in _said(dossier, version):
        if said.report is None:
            limits.append(f"The report of {said.where} could not be had.")
            continue
        measured += [_measured(one, said.where) for one in said.report.figures]
        limits.append(f"{said.where} did not look at, or says: {said.report.limitations}")
        risks += [{"name": f"{said.where}, {found}"} for found in grave_first(said.report)]
    if limits:
        considerations["technicalLimitations"] = [*considerations.get("technicalLimitations", []), *limits]
    if risks:
        considerations["ethicalConsiderations"] = risks
    return {
        "modelParameters": parameters,
        "quantitativeAnalysis": {"performanceMetrics": measured},
        "considerations": considerations,
    }


def _said(dossier: Dossier, version: ModelVersion) -> list[Said]:
    contents = {one.digest: one.content for one in dossier.documents if one.content is not None}
    return list(said_of(version.manifest, dossier.judged, contents))


def _measured(one: Figure, where: str) -> _Json:
    def text(value: int) -> str:
        return _decimal(value) if one.unit in ("ppm", "number") else str(value)

    metric: _Json = {"type": one.name, "value": text(one.value), "slice": where}
    if one.low is not None and one.high is not None:
        metric["confidenceInterval"] = {"lowerBound": text(one.low), "upperBound": text(one.high)}
    return metric


def _datasets(dossier: Dossier) -> list[str]:
    """Digests of the data that the newest version and its ancestors declare, then of the hidden data."""
    lineage = [edge for one in (*dossier.versions, *dossier.ancestry) for edge in one.lineage]
    named = [edge.ref for edge in lineage if edge.kind == "dataset"]
    return list(dict.fromkeys([*named, *(deal.request.dataset.hex() for deal in dossier.deals)]))


def _dataset(dossier: Dossier, ref: str) -> _Json:
    hidden = ref in {deal.request.dataset.hex() for deal in dossier.deals}
    use = "hidden validation data" if hidden else "declared training data"
    manifest = dossier.document(ref)
    component: _Json = {"type": "data", "bom-ref": ref, "name": ref, "version": ref, "description": use}
    about: _Json = {"type": "dataset", "description": use}
    if isinstance(manifest, DatasetManifest):
        component |= {
            "name": manifest.name,
            "hashes": [_sha256(manifest.artifact.plaintext_sha256)],
            "licenses": [_licence(manifest.licence)],
            "externalReferences": [_distribution(manifest.artifact)],
        }
        about |= {"name": manifest.name, "description": f"{use}: {manifest.description}"}
    component["data"] = [about]
    return component


def _distribution(artifact: SealedArtifact) -> _Json:
    return {
        "type": "distribution",
        "url": f"ipfs://{artifact.cid}",
        "comment": "encrypted",
    }


def _licence(licence: Licence) -> _Json:
    if licence.spdx:
        known = spdx_expression(licence)
        return {"expression": known} if known else {"license": {"name": licence.spdx}}
    return {"license": {"name": "terms of its own", "url": f"ipfs://{licence.text}"}}


def _sha256(digest: str) -> _Json:
    return {"alg": "SHA-256", "content": digest}


def _property(name: str, value: str) -> _Json:
    return {"name": f"assay:{name}", "value": value}


def _decimal(millionths: int) -> str:
    return format_amount(millionths, 6).replace(",", "")
