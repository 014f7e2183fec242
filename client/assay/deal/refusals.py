"""Why panels gave no answer, as far as an account may read the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import ValidationError

from assay.deal.history import History
from assay.errors import ManifestError, SealError, StoreError, StoreUnavailable
from assay.manifests import ValidationReport
from assay.manifests.evaluation import ReportStatus
from assay.manifests.reason import REASONS, Reason
from assay.seal import open_message, report_purpose
from assay.session import Session
from assay.structs import ZERO_DIGEST, Report

_ORACLE = "ValidationOracle"


@dataclass(frozen=True)
class Refusal:
    """What one validator reported instead of an answer.

    Attributes:
        about: "data", or an attempt such as "attempt 2".
        status: the public status.
        reasons: None if they are sealed to others or cannot be fetched.
    """

    about: str
    request_id: int
    validator: str
    status: ReportStatus
    reasons: tuple[Reason, ...] | None


def refusals(session: Session, history: History, key: X25519PrivateKey | None) -> Iterator[Refusal]:
    """What validators reported in a deal instead of an answer, with the reasons that *key* opens."""
    about, asked = "data", {}
    for event in history.events:
        if event.name == "ModelSubmitted":
            about = f"attempt {event.arguments['attempt']}"
        elif event.name == "VotingBegan":
            asked[event.arguments["requestId"]] = about
        elif event.name == "ReportRevealed":
            report = Report.model_validate(event.arguments["report"])
            if report.status != ReportStatus.ANSWERED:
                request_id, validator = event.arguments["requestId"], event.arguments["validator"]
                try:
                    reasons = _reasons(session, request_id, validator, report.manifest, key)
                except StoreUnavailable:
                    reasons = key = None  # it will not answer for the next one either
                yield Refusal(asked[request_id], request_id, validator, report.status, reasons)


def _reasons(
    session: Session, request_id: int, validator: str, manifest: bytes, key: X25519PrivateKey | None
) -> tuple[Reason, ...] | None:
    if key is None or manifest == ZERO_DIGEST:
        return None
    own = key.public_key().public_bytes_raw().hex()
    deployment = session.deployment
    purpose = report_purpose(deployment.chain_id, deployment.address(_ORACLE), request_id, validator)
    try:
        report = session.fetch(manifest, ValidationReport)
        sealed = next(one for one in report.sealed_reasons if one.public_key == own)
        return REASONS.validate_json(open_message(sealed, key, purpose=purpose))
    except StoreUnavailable:
        raise
    except (StopIteration, StoreError, ManifestError, SealError, ValidationError):
        return None  # sealed to others, or one validator's garbage; the others may have said more
