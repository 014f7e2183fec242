"""A model's card and scores for the Hugging Face Hub, from the index's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from assay.dossier import hub
from assay.dossier.hub import Result
from assay.manifests import CommissionSpec, ConformitySpec, ModelManifest
from assay.manifests.evaluation import EvaluationSpec
from assay_indexer import tables as t
from assay_indexer.parts import ModelParts
from assay_indexer.queries import View

M = TypeVar("M", bound=BaseModel)
_JUDGED, _UNKNOWN = ("passed", "failed"), "not on record"


def results(view: View, parts: ModelParts, chain_id: int, source: str) -> list[Result]:
    """The newest version's scores whose documents the index has: the order's own, then third parties'.

    Args:
        view, parts: what the index says.
        chain_id: of the market.
        source: the model's page.
    """
    return [*_of_order(view, parts, chain_id, source), *_of_third_parties(view, parts, chain_id, source)]


def _of_order(view: View, parts: ModelParts, chain_id: int, source: str) -> Iterator[Result]:
    version = parts.versions[0]
    deal = view.get(t.Deal, version.module, version.deal_id)
    if version.module != "CommissionMarket" or deal is None or deal.dataset is None:
        return
    spec = _document(view, deal.spec, CommissionSpec)
    manifest = bytes.fromhex(version.manifest)
    event = view.event_about("model", parts.model.id, "VersionRegistered", manifest)
    if spec and event:
        yield _result(view, chain_id, source, event, spec.evaluation, deal.dataset, version.score, test_set=0)


def _of_third_parties(view: View, parts: ModelParts, chain_id: int, source: str) -> Iterator[Result]:
    newest: dict[int, t.Assessment] = {}
    for one in sorted(parts.assessments, key=lambda one: (one.opened_at, one.id)):
        if one.manifest == parts.versions[0].manifest and one.state in _JUDGED:
            newest[one.set_id] = one
    for set_id, one in sorted(newest.items()):
        test_set = view.get(t.TestSet, set_id)
        spec = _document(view, test_set.spec, ConformitySpec) if test_set else None
        event = view.event_about("assessment", one.id, "Assessed", one.id.to_bytes(32))
        if test_set and spec and event and one.score is not None:
            yield _result(
                view, chain_id, source, event, spec.evaluation, test_set.dataset, one.score, test_set=set_id
            )


def _result(
    view: View,
    chain_id: int,
    source: str,
    event: t.Event,
    evaluation: EvaluationSpec,
    dataset: str,
    score: int,
    *,
    test_set: int,
) -> Result:
    content = _content(view, dataset)
    return Result(
        test=hub.third_party_test(test_set) if test_set else hub.ORDER_TEST,
        test_set=test_set,
        evaluation=evaluation,
        score=score,
        dataset=str(content.get("name", dataset)),
        commitment=dataset,
        chain_id=chain_id,
        block=event.block,
        at=event.at,
        transaction=event.tx_hash,
        source=source,
    )


def card(view: View, parts: ModelParts, manifest: ModelManifest | None, results: list[Result]) -> str:
    """The model card, ``README.md``; what others wrote stands in it as text."""
    name = f"Model {parts.model.id}"
    use, limits = (manifest.intended_use, manifest.limits) if manifest else ("", "")
    lines = [
        *hub.front_matter(hub.metadata(manifest, name, results)),
        f"# {hub.text(manifest.name) if manifest else name}",
        "",
        f"From the index of an Assay market, as of block {view.block}.",
        *_section("Intended use", [hub.text(use) or _UNKNOWN]),
        *_section("Limits", [hub.text(limits) or _UNKNOWN]),
        *_section("Evaluation", hub.scored(results) or ["None whose documents the index has."]),
        *_section("Audits", list(_audits(parts)) or ["None."]),
        *_section("Training data and lineage", list(_lineage(parts)) or ["The developer has declared none."]),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _audits(parts: ModelParts) -> Iterator[str]:
    newest = parts.versions[0].manifest
    audits = {one.id for one in parts.audits if one.subject == newest}
    for seat in parts.audit_seats:
        if seat.audit_id in audits and seat.approved is not None:
            said = "approved" if seat.approved else "rejected"
            yield f"- audit {seat.audit_id}, {seat.auditor}: {said}; report sha2-256 `{seat.report}`"


def _lineage(parts: ModelParts) -> Iterator[str]:
    for edge in parts.ancestors:
        if edge.manifest == parts.versions[0].manifest:
            yield f"- {edge.kind} `{edge.ref}`"


def _document(view: View, digest: str, kind: type[M]) -> M | None:
    try:
        return kind.model_validate(_content(view, digest), strict=False)
    except ValidationError:
        return None


def _content(view: View, digest: str) -> dict[str, Any]:
    return next((one.content for one in view.manifests([digest]) if one.content), {})
