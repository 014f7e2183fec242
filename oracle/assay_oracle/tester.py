"""Works out what to say to one request: has an evaluator do the work, and puts its finding into a report.

What others made may be garbage, and garbage is an answer. What raises is what this validator lacks: its own
storage, chain or validation node, or a key that may still come.
"""

from __future__ import annotations

import logging
import re
import tempfile
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter

from assay.errors import InvalidCid, InvalidInput, ManifestError, SealError
from assay.manifests import SealedMessage, ValidationReport
from assay.manifests.evaluation import ReportStatus
from assay.market import Market
from assay.seal import seal_message
from assay.seal.message import MAX_MESSAGE_BYTES
from assay.structs import ZERO_DIGEST, Kind, Report
from assay.wallet import eip712
from assay_oracle.assignment import Assignment
from assay_oracle.journal import Decision
from assay_oracle.materials import OpenedMaterials
from assay_validation.evaluators import Finding, evaluator_of
from assay_validation.node import ValidationNode
from assay_validation.reports import PrivateDetails

_log = logging.getLogger(__name__)
_UNOPENABLE = (ManifestError, SealError, InvalidCid, InvalidInput)
"""Findings: the bytes were verified and are wrong, whoever served them."""
_PREFIX = "assay-answer-"
LEFTOVER = re.compile(rf"(?:{_PREFIX}|tmp)[a-z0-9_]{{8}}")
"""Name of a folder with plaintext, as this version and earlier ones make it."""
_DETAILS = TypeAdapter(tuple[PrivateDetails, ...])


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

    def decide(self, assignment: Assignment) -> Decision:
        """What to say.

        Raises:
            KeyAwaited: a key has not been granted yet, and may still be.
            StoreError, ChainError, ValidationError, OSError: this validator cannot tell now.
        """
        try:
            with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=self._scratch) as folder:
                return self._answer(assignment, Path(folder))
        except _UNOPENABLE as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None  # this machine's disk, not somebody's file
            return self.cannot_open(assignment, error.message)

    def cannot_open(self, assignment: Assignment, reason: str) -> Decision:
        """The answer to what does not open."""
        return self._decision(assignment, Finding(ReportStatus.CANNOT_OPEN, reason), ZERO_DIGEST)

    def _answer(self, assignment: Assignment, folder: Path) -> Decision:
        question = assignment.question
        work = self._market.session.fetch_any(question.work)
        evaluate = evaluator_of(question.kind, work)
        materials = OpenedMaterials(self._market, assignment, folder, self._max_bytes)
        if question.kind != Kind.DIGEST:
            word = materials.word(work)
            return self._decision(assignment, evaluate(work, materials, self._node), word)
        if question.delivers:
            raise ManifestError("A question for a digest delivers nothing: its word is the answer.")
        finding = evaluate(work, materials, self._node)
        return self._decision(assignment, finding, finding.digest)

    def _decision(self, assignment: Assignment, finding: Finding, word: bytes) -> Decision:
        """The finding as a report; of a score with a signed manifest for readers."""
        request_id, question = assignment.task.request_id, assignment.question
        if finding.reason:
            _log.info("request %d: %s: %.300r", request_id, finding.status.name, finding.reason)
        answered = finding.status == ReportStatus.ANSWERED
        if answered and len(finding.scores) != question.subjects:
            return self.cannot_open(assignment, f"{question.subjects} scores are asked for")
        report = Report(
            status=finding.status,
            scores=finding.scores,
            criteria=finding.criteria,
            word=word if answered else ZERO_DIGEST,
        )
        if question.kind != Kind.SCORE:
            return Decision(report)
        manifest = self._signed(assignment, report, finding)
        return Decision(report.model_copy(update={"manifest": manifest.digest()}), manifest.to_bytes())

    def _signed(self, assignment: Assignment, report: Report, finding: Finding) -> ValidationReport:
        """The public figures, and the details sealed to whom the work names."""
        session, question, request_id = self._market.session, assignment.question, assignment.task.request_id
        chain_id, oracle = session.deployment.chain_id, session.deployment.address("ValidationOracle")
        unsigned = ValidationReport(
            chain_id=chain_id,
            oracle=oracle,
            request_id=request_id,
            validator=session.address,
            status=report.status,
            scores=report.scores,
            criteria=report.criteria,
            word=report.word.hex(),
            work=question.work.hex(),
            artifacts=tuple(digest.hex() for digest in question.artifacts),
            evaluator=f"assay-validation {version('assay')}",
            sealed_details=self._sealed(request_id, finding),
        )
        text = eip712.report(
            chain_id,
            oracle,
            request_id=request_id,
            validator=session.address,
            status=report.status,
            scores=report.scores,
            criteria=report.criteria,
            word=report.word,
            manifest=unsigned.unsigned_digest(),
        )
        return unsigned.model_copy(update={"signature": session.wallet.sign_typed_data(text).hex()})

    def _sealed(self, request_id: int, finding: Finding) -> SealedMessage | None:
        if finding.reader is None:
            return None
        session = self._market.session
        oracle = session.deployment.address("ValidationOracle")
        purpose = details_purpose(session.deployment.chain_id, oracle, request_id, session.address)
        return seal_message(_details(finding.details), finding.reader, purpose=purpose)


def details_purpose(chain_id: int, oracle: str, request_id: int, validator: str) -> bytes:
    """What :func:`assay.seal.open_message` needs to open a report's ``sealed_details``."""
    return f"report {chain_id} {oracle} {request_id} {validator}".encode()


def _details(details: tuple[PrivateDetails, ...]) -> bytes:
    """JSON, a list with the details of each subject; of too many only the figures."""
    text = _DETAILS.dump_json(details)
    if len(text) <= MAX_MESSAGE_BYTES:
        return text
    return _DETAILS.dump_json(tuple(one.model_copy(update={"groups": {}, "reasons": ()}) for one in details))
