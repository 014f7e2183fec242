"""The reports that are enclosed, beside what their authors said on the chain."""

from __future__ import annotations

from collections.abc import Iterator

from assay import eip712
from assay.dossier.compare import Claim
from assay.dossier.document import Dossier
from assay.dossier.parts import (
    AuditRecord,
    Opinion,
    Round,
    Said,
)
from assay.errors import WalletError
from assay.manifests import AuditReport, ValidationReport

_GROUP = "Reports"


def claims_of_reports(found: Dossier) -> Iterator[Claim]:
    """Each enclosed report is its author's and says what was said on-chain.

    One that does not is a note: the dossier shows rightly what a validator or an auditor has published.
    """
    for deal in found.deals:
        for one in deal.rounds:
            for said in one.said:
                report = found.document(said.manifest)
                if isinstance(report, ValidationReport) and one.kind != "delivery":
                    yield _validation(found, one, said, report)
    for audit in found.audits:
        for opinion in audit.opinions:
            report = found.document(opinion.report)
            if isinstance(report, AuditReport):
                yield _audit(found, audit, opinion, report)


def _validation(found: Dossier, one: Round, said: Said, report: ValidationReport) -> Claim:
    text = f"Report of {said.validator} in request {one.request} is signed and says what was revealed"
    status = report.status.name.lower().replace("_", " ")
    oracle = found.contract("ValidationOracle")
    content = (report.validator, report.request_id, status, report.score, report.criteria, report.oracle)
    revealed = (said.validator, one.request, said.status, said.score, said.criteria, oracle)
    if content != revealed:
        return Claim(_GROUP, text, "note", f"it says {content}"[:300])
    typed = eip712.report(
        found.chain_id,
        report.oracle,
        request_id=report.request_id,
        validator=report.validator,
        status=report.status,
        score=report.score,
        criteria=report.criteria,
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


def _audit(found: Dossier, audit: AuditRecord, opinion: Opinion, report: AuditReport) -> Claim:
    text = f"Report of {opinion.auditor} in audit {audit.number} gives the reasons of the verdict"
    content = (report.auditor, report.request_id, report.model, report.verdict, report.registry)
    posted = (
        opinion.auditor,
        audit.number,
        audit.subject,
        "approved" if opinion.approved else "rejected",
        found.contract("AuditRegistry"),
    )
    if content != posted:
        return Claim(_GROUP, text, "note", f"it says {content}"[:300])
    return Claim(_GROUP, text, "holds")
