"""Works out what to say to one request: attests a dataset, has a model tested, or prepares its delivery.

What others made may be garbage, and garbage is an answer. What raises is what this validator lacks: its own
storage, chain or validation node, or a key that may still come.
"""

from __future__ import annotations

import logging
import tempfile
from importlib.metadata import version
from pathlib import Path

from assay import eip712
from assay.cid import Cid
from assay.errors import InvalidCid, ManifestError, SealError
from assay.manifests import CommissionSpec, DatasetManifest, ModelManifest, SealedArtifact, ValidationReport
from assay.manifests.evaluation import ReportStatus
from assay.market import Market
from assay.seal import ContentKey, check_public_key, grant, open_artifact, seal_message
from assay.seal.message import MAX_MESSAGE_BYTES
from assay.structs import ZERO_DIGEST, Artifact, Kind, Report
from assay_oracle.assignment import Assignment
from assay_oracle.deal import read_test
from assay_oracle.errors import KeyAwaited
from assay_oracle.journal import Decision
from assay_oracle.keyring import Keyring
from assay_validation.node import ValidationNode
from assay_validation.reports import EvaluationReport, PrivateDetails

_log = logging.getLogger(__name__)
_UNOPENABLE = (ManifestError, SealError, InvalidCid)
"""Findings: the bytes were verified and are wrong, whoever served them."""


class Tester:
    """Answers requests.

    Args:
        market: the market with the validator's wallet.
        node: tests models and data.
        scratch: private folder for plaintext, emptied after each answer.
        max_bytes: the largest artifact that is opened.
    """

    def __init__(self, market: Market, node: ValidationNode, scratch: Path, max_bytes: int) -> None:
        self._market, self._node = market, node
        self._scratch, self._max_bytes = scratch, max_bytes
        self._keyring = Keyring(market)

    def decide(self, assignment: Assignment) -> Decision:
        """What to say.

        Raises:
            KeyAwaited: a key has not been granted yet, and may still be.
            StoreError, ChainError, ValidationError, OSError: this validator cannot tell now.
        """
        work = {
            Kind.ATTESTATION: self._attest,
            Kind.EVALUATION: self._evaluate,
            Kind.DELIVERY: self._deliver,
        }[assignment.question.kind]
        try:
            with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
                return work(assignment, Path(folder))
        except _UNOPENABLE as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None  # this machine's disk, not somebody's file
            return self.cannot_open(assignment, error.message)

    def cannot_open(self, assignment: Assignment, reason: str) -> Decision:
        """The answer to what does not open."""
        _log.info("request %d cannot be opened: %.300r", assignment.question.request_id, reason)
        if assignment.question.kind == Kind.EVALUATION:
            return self._signed(assignment, EvaluationReport.model_construct(status=ReportStatus.CANNOT_OPEN))
        return _plain(ReportStatus.CANNOT_OPEN)

    def _attest(self, assignment: Assignment, folder: Path) -> Decision:
        spec = self._market.session.fetch(assignment.case.spec, CommissionSpec)
        dataset = self._market.session.fetch(assignment.question.subject, DatasetManifest)
        if bytes.fromhex(spec.dataset) != assignment.question.subject:
            return self._reject(assignment, "the order names another dataset")
        if dataset.format != spec.evaluation.data.format:
            return self._reject(assignment, f"the data is {dataset.format}")
        try:
            check_public_key(bytes.fromhex(spec.customer_key))
        except SealError:
            return self._reject(assignment, "nothing can be sealed to the customer's key")
        reference = None
        if spec.reference.artifact is not None:
            reference = folder / "reference.onnx"
            self._market.session.store.fetch_to(
                Cid.parse(spec.reference.artifact), reference, max_bytes=self._max_bytes
            )
        data = self._open(assignment, Artifact.DATASET, dataset.artifact, folder / "data")
        report = self._node.attest(data, spec.evaluation, dataset.counts, spec.reference, reference)
        if report.verdict != "ok":
            return self._reject(assignment, "; ".join(report.reasons))
        return _plain(ReportStatus.SCORED)

    def _reject(self, assignment: Assignment, reason: str) -> Decision:
        _log.info(
            "request %d: the dataset is not as committed: %.300s", assignment.question.request_id, reason
        )
        return _plain(ReportStatus.REJECTED)

    def _evaluate(self, assignment: Assignment, folder: Path) -> Decision:
        session, case = self._market.session, assignment.case
        test, reader = read_test(session, case)
        model = session.fetch(assignment.question.subject, ModelManifest)
        dataset = session.fetch(case.dataset, DatasetManifest)
        model_file = self._open(assignment, Artifact.MODEL, model.artifact, folder / "model.onnx")
        data_file = self._open(assignment, Artifact.DATASET, dataset.artifact, folder / "data")
        report = self._node.evaluate(model_file, data_file, test)
        if report.private.reasons:
            _log.info("request %d: %.300r", assignment.question.request_id, report.private.reasons[0])
        return self._signed(assignment, report, reader=reader)

    def _deliver(self, assignment: Assignment, _folder: Path) -> Decision:
        session, deal = self._market.session, assignment.case.deal
        _, reader = read_test(session, assignment.case)
        model = session.fetch(assignment.question.subject, ModelManifest)
        key = self._key(assignment, Artifact.MODEL, model.artifact)
        session.store.pin(Cid.parse(model.artifact.cid))
        context = self._market.keys.context(deal.number, "delivery", deal.contract)
        grants = grant(key, {assignment.customer: reader}, context)
        report = Report(status=ReportStatus.SCORED, score=0, criteria=0, manifest=grants.digest())
        return Decision(report, grants.to_bytes())

    def _open(self, assignment: Assignment, artifact: Artifact, sealed: SealedArtifact, dest: Path) -> Path:
        key = self._key(assignment, artifact, sealed)
        open_artifact(sealed, key, self._market.session.store, dest, max_bytes=self._max_bytes)
        return dest

    def _key(self, assignment: Assignment, artifact: Artifact, sealed: SealedArtifact) -> ContentKey:
        key = self._keyring.find(assignment.case.deal, artifact, sealed)
        if key is not None:
            return key
        if assignment.newcomer:
            raise KeyAwaited(f"The key of the {artifact.words} has not been granted yet.")
        raise SealError(f"No grant opens the {artifact.words}.")

    def _signed(
        self, assignment: Assignment, report: EvaluationReport, *, reader: bytes | None = None
    ) -> Decision:
        """The public figures as a signed manifest, the details sealed to the customer or the body."""
        session, question = self._market.session, assignment.question
        chain_id, oracle = session.deployment.chain_id, session.deployment.address("ValidationOracle")
        unsigned = ValidationReport(
            chain_id=chain_id,
            oracle=oracle,
            request_id=question.request_id,
            validator=session.address,
            status=report.status,
            score=report.score,
            criteria=report.criteria,
            model=question.subject.hex(),
            dataset=assignment.case.dataset.hex(),
            evaluator=f"assay-validation {version('assay')}",
            sealed_details=None
            if reader is None
            else seal_message(
                _details(report.private),
                reader,
                purpose=details_purpose(chain_id, oracle, question.request_id, session.address),
            ),
        )
        text = eip712.report(
            chain_id,
            oracle,
            request_id=question.request_id,
            validator=session.address,
            status=report.status,
            score=report.score,
            criteria=report.criteria,
            manifest=unsigned.unsigned_digest(),
        )
        signed = unsigned.model_copy(update={"signature": session.wallet.sign_typed_data(text).hex()})
        said = Report(
            status=report.status, score=report.score, criteria=report.criteria, manifest=signed.digest()
        )
        return Decision(said, signed.to_bytes())


def details_purpose(chain_id: int, oracle: str, request_id: int, validator: str) -> bytes:
    """What :func:`assay.seal.open_message` needs to open a report's ``sealed_details``."""
    return f"report {chain_id} {oracle} {request_id} {validator}".encode()


def _details(private: PrivateDetails) -> bytes:
    text = private.model_dump_json().encode()
    if len(text) <= MAX_MESSAGE_BYTES:
        return text
    return private.model_copy(update={"groups": {}, "reasons": ()}).model_dump_json().encode()


def _plain(status: ReportStatus) -> Decision:
    return Decision(Report(status=status, score=0, criteria=0, manifest=ZERO_DIGEST))
