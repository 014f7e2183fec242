"""Compares the enclosed reports with what their authors said on-chain."""

from __future__ import annotations

from collections.abc import Iterator

from assay.dossier.compare import Claim
from assay.dossier.document import Dossier
from assay.dossier.judgements import AuditRecord, DisputeRecord, Exhibition, Opinion, OpinionRecord
from assay.dossier.parts import Deal, Round, Said
from assay.errors import WalletError
from assay.manifests import AuditReport, DatasetManifest, DisputeEvidence, ModelManifest, ValidationReport
from assay.wallet import eip712

_GROUP = "Reports"


def claims_of_reports(found: Dossier) -> Iterator[Claim]:
    """Claims that each enclosed report is its author's and agrees with the chain.

    A report that does not is only a note, because the dossier correctly shows what somebody published.
    """
    for deal in found.deals:
        yield from _delivered(found, deal)
        for one in deal.rounds:
            for said in one.said:
                report = found.document(said.manifest)
                if isinstance(report, ValidationReport):
                    yield _validation(found, one, said, report)
    for judged in found.judged:
        for opinion in judged.said:
            report = found.document(opinion.report)
            if isinstance(report, AuditReport):
                yield _audit(found, judged, opinion, report)
                yield from _examined(found, judged, opinion, report)
    for dispute in found.disputes:
        for exhibition in dispute.evidence:
            evidence = found.document(exhibition.evidence)
            if isinstance(evidence, DisputeEvidence):
                yield _evidence(found, dispute, exhibition, evidence)


def _delivered(found: Dossier, deal: Deal) -> Iterator[Claim]:
    manifest = found.document(deal.attempts[-1].manifest)
    if isinstance(manifest, ModelManifest):
        text = f"The key delivered in deal {deal.number} is that of its model"
        sealed = (manifest.artifact.key_hash, manifest.artifact.ciphertext)
        yield _said_so(text, sealed, (deal.delivery.key_hash, deal.delivery.ciphertext))


def _validation(found: Dossier, one: Round, said: Said, report: ValidationReport) -> Claim:
    text = f"Report of {said.validator} in request {one.request} is signed and says what was revealed"
    status = report.status.name.lower().replace("_", " ")
    oracle = found.contract("ValidationOracle")
    content = (report.validator, report.request_id, status, report.scores, report.criteria, report.oracle)
    scores = (said.score,) if said.status == "answered" else ()
    revealed = (said.validator, one.request, said.status, scores, said.criteria, oracle)
    said_so = _said_so(text, content, revealed)
    if said_so.mark == "note":
        return said_so
    typed = eip712.report(
        found.chain_id,
        report.oracle,
        request_id=report.request_id,
        validator=report.validator,
        status=report.status,
        scores=report.scores,
        criteria=report.criteria,
        word=bytes.fromhex(report.word),
        manifest=report.unsigned_digest(),
    )
    try:
        right = eip712.signer_of(typed, bytes.fromhex(report.signature or "")) == said.validator
    except WalletError:
        right = False
    return (
        Claim(_GROUP, text, "holds")
        if right
        else Claim(_GROUP, text, "note", "its signature is not the validator's")
    )


def _audit(
    found: Dossier, judged: AuditRecord | OpinionRecord, opinion: Opinion, report: AuditReport
) -> Claim:
    text = f"Report of {opinion.auditor} in {judged.name} gives the reasons of the verdict"
    content = (report.auditor, report.request_id, report.model, report.verdict, report.registry)
    posted = (
        opinion.auditor,
        judged.number,
        judged.subject,
        "approved" if opinion.approved else "rejected",
        found.contract("AuditRegistry" if isinstance(judged, AuditRecord) else "Opinions"),
    )
    return _said_so(text, content, posted)


def _examined(
    found: Dossier, judged: AuditRecord | OpinionRecord, opinion: Opinion, report: AuditReport
) -> Iterator[Claim]:
    """Which files were measured; a report made by other means names none."""
    if report.examination is None:
        return
    text = f"Report of {opinion.auditor} in {judged.name} examined this model and the deal's data"
    deal = next((one for one in found.deals if one.number == judged.deal), None)
    model, data = found.document(judged.subject), deal and found.document(deal.request.dataset.hex())
    if not isinstance(model, ModelManifest) or not isinstance(data, DatasetManifest):
        yield Claim(_GROUP, text, "unchecked", "the manifest of model or data is not enclosed")
        return
    measured = (report.examination.model_sha256, report.examination.data_sha256)
    yield _said_so(text, measured, (model.artifact.plaintext_sha256, data.artifact.plaintext_sha256))


def _evidence(
    found: Dossier, dispute: DisputeRecord, exhibition: Exhibition, evidence: DisputeEvidence
) -> Claim:
    text = f"Evidence {exhibition.evidence} in dispute {dispute.number} is of the party that published it"
    content = (evidence.chain_id, evidence.market, evidence.deal_id, evidence.party)
    published = (found.chain_id, found.contract("CommissionMarket"), dispute.deal, exhibition.party)
    return _said_so(text, content, published)


def _said_so(text: str, content: tuple[object, ...], on_chain: tuple[object, ...]) -> Claim:
    if content != on_chain:
        return Claim(_GROUP, text, "note", f"it says {content}"[:300])
    return Claim(_GROUP, text, "holds")
