"""What panels can be asked to do: one function for each kind of question and each kind of work.

A question names its work by a manifest, and `EVALUATORS` says who does it. A new kind of work needs a new
entry there; nothing else in a validator changes. An evaluator judges what it is given, whoever asks. Bad
models and bad data are findings. An artifact that does not open raises an error and is reported as such.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from assay.errors import ManifestError, SealError
from assay.manifests import (
    CommissionSpec,
    ConformitySpec,
    DatasetManifest,
    DigestWork,
    Manifest,
    ModelManifest,
)
from assay.manifests.evaluation import EvaluationSpec, ReportStatus
from assay.manifests.node_report import EvaluationReport, PrivateDetails
from assay.manifests.reason import Code, Reason
from assay.seal import check_public_key
from assay.structs import Kind
from assay.wallet.secp256k1 import Point
from assay_validation.node import ValidationNode

M = TypeVar("M", bound=Manifest)
_READ_BYTES = 1 << 20


class Materials(Protocol):
    """What a question is about. Artifacts are identified by their place in the question, from 0.

    If something is unavailable, every method raises an error that says whose fault it is.
    """

    @property
    def digests(self) -> tuple[bytes, ...]:
        """The digests of the artifacts' manifests."""
        ...

    @property
    def beacon(self) -> str:
        """32 bytes, in hexadecimal, that nobody knew before the panel was asked."""
        ...

    def manifest(self, place: int, kind: type[M]) -> M:
        """The manifest of an artifact."""
        ...

    def open(self, place: int) -> Path:
        """An artifact's plaintext, which is deleted after the evaluation."""
        ...

    def fetch(self, cid: str) -> Path:
        """A file that is not encrypted."""
        ...


@dataclass(frozen=True)
class Fault:
    """Why there is no answer, and the place of the artifact at fault; None if it may be any of them."""

    place: int | None
    reason: Reason


@dataclass(frozen=True)
class Finding:
    """The result of an evaluator.

    Attributes:
        status: as it is reported.
        log: why there is no answer, for the validator's own eyes.
        faults: the same for the owners of the artifacts.
        scores: ppm, one for each subject; empty unless the question asks for a score.
        criteria: bit i is set when every subject passes criterion i.
        digest: the answer to a question for a digest.
        details: details of each subject, for the reader alone.
        reader: the X25519 key of whoever may read the details.
    """

    status: ReportStatus
    log: str = ""
    faults: tuple[Fault, ...] = ()
    scores: tuple[int, ...] = ()
    criteria: int = 0
    digest: bytes = bytes(32)
    details: tuple[PrivateDetails, ...] = ()
    reader: bytes | None = None


Evaluator = Callable[[Any, Materials, ValidationNode], Finding]
"""Takes the work's manifest, the materials, and a node that runs models."""


def evaluator_of(kind: Kind, work: Manifest) -> Evaluator:
    """Who does *work* for a question of this *kind*; raises :class:`ManifestError` when nobody does."""
    try:
        return EVALUATORS[kind, type(work)]
    except KeyError:
        raise ManifestError(f"A {work.kind} is no work that ends in a {kind.words}.") from None


def attest(spec: CommissionSpec, materials: Materials, node: ValidationNode) -> Finding:
    """Whether the hidden data is what its owner committed to."""
    dataset = materials.manifest(0, DatasetManifest)
    if materials.digests != (bytes.fromhex(spec.dataset),):
        return _rejected(Code.OTHER_DATASET)
    if dataset.format != spec.evaluation.data.format:
        return _rejected(Reason(code=Code.OTHER_FORMAT, name=dataset.format))
    try:
        check_public_key(bytes.fromhex(spec.customer_key))
    except SealError:
        return _rejected(Code.CUSTOMER_KEY)
    try:
        Point.parse(spec.delivery_key)
    except SealError:
        return _rejected(Code.DELIVERY_KEY)
    reference = materials.fetch(spec.reference.artifact) if spec.reference.artifact is not None else None
    evaluation = spec.evaluation.model_copy(update={"beacon": materials.beacon})
    report = node.attest(materials.open(0), evaluation, dataset.counts, spec.reference, reference)
    if report.verdict == "ok":
        return Finding(ReportStatus.ANSWERED)
    return _rejected(*report.reasons, log=report.log)


def score_for_customer(spec: CommissionSpec, materials: Materials, node: ValidationNode) -> Finding:
    """How models perform on a customer's data."""
    return _score(spec.evaluation, bytes.fromhex(spec.customer_key), materials, node)


def score_for_body(spec: ConformitySpec, materials: Materials, node: ValidationNode) -> Finding:
    """How models perform on a third party's data."""
    return _score(spec.evaluation, bytes.fromhex(spec.body_key), materials, node)


def digest(work: DigestWork, materials: Materials, _node: ValidationNode) -> Finding:
    """What an artifact opens to: sha2-256 of the challenge and the plaintext."""
    if len(materials.digests) != 1:
        raise ManifestError("A digest is asked of one artifact.")
    found = hashlib.sha256(bytes.fromhex(work.challenge))
    with materials.open(0).open("rb") as file:
        while piece := file.read(_READ_BYTES):
            found.update(piece)
    return Finding(ReportStatus.ANSWERED, digest=found.digest())


def _score(spec: EvaluationSpec, reader: bytes, materials: Materials, node: ValidationNode) -> Finding:
    """Score the models; the first artifact is the data, the others are the models."""
    subjects = range(1, len(materials.digests))
    if not subjects:
        raise ManifestError("A score is asked of data and at least one model.")
    materials.manifest(0, DatasetManifest)
    for place in subjects:
        materials.manifest(place, ModelManifest)
    data, spec = materials.open(0), spec.model_copy(update={"beacon": materials.beacon})
    reports = [node.evaluate(materials.open(place), data, spec) for place in subjects]
    details = tuple(one.private for one in reports)
    failed = next((one for one in reports if one.status != ReportStatus.ANSWERED), None)
    if failed is not None:
        faults = tuple(
            Fault(0 if reason.code.subject == "data" else place, reason)
            for place, one in zip(subjects, reports, strict=True)
            for reason in one.reasons
        )
        return Finding(failed.status, failed.log, faults, details=details, reader=reader)
    return Finding(
        ReportStatus.ANSWERED,
        scores=tuple(one.score for one in reports),
        criteria=_passed_by_all(reports),
        details=details,
        reader=reader,
    )


def _passed_by_all(reports: Sequence[EvaluationReport]) -> int:
    criteria = reports[0].criteria
    for report in reports[1:]:
        criteria &= report.criteria
    return criteria


def _rejected(*faults: Code | Reason, log: str = "") -> Finding:
    """A finding against the data."""
    reasons = [Reason(code=one) if isinstance(one, Code) else one for one in faults]
    said = log or ", ".join(reason.code for reason in reasons)
    return Finding(ReportStatus.REJECTED, said, tuple(Fault(0, reason) for reason in reasons))


EVALUATORS: dict[tuple[Kind, type[Manifest]], Evaluator] = {
    (Kind.VERDICT, CommissionSpec): attest,
    (Kind.SCORE, CommissionSpec): score_for_customer,
    (Kind.SCORE, ConformitySpec): score_for_body,
    (Kind.DIGEST, DigestWork): digest,
}
