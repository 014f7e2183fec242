"""Works out the answer to one request: has an evaluator do the work, and puts its finding into a report.

What others made may be garbage, and that is an answer. Errors are raised only for what this validator lacks:
its own storage, chain or validation node, or a key that may still arrive.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter

from assay.errors import ManifestError, SealError, StoreError
from assay.manifests import SealedMessage, ValidationReport
from assay.manifests.evaluation import ReportStatus
from assay.manifests.node_report import PrivateDetails
from assay.manifests.reason import MAX_REASONS, REASONS, Code, Reason
from assay.market import Market
from assay.seal import report_purpose, seal_message
from assay.seal.message import MAX_MESSAGE_BYTES
from assay.structs import ZERO_ADDRESS, ZERO_DIGEST, Kind, Report
from assay.wallet import eip712
from assay_oracle.assignment import Assignment
from assay_oracle.errors import KeyAwaited, Unopenable
from assay_oracle.journal import Decision
from assay_oracle.materials import UNOPENABLE, OpenedMaterials
from assay_validation.evaluators import Fault, Finding, evaluator_of
from assay_validation.node import ValidationNode
from assay_validation.scratch import Scratch

_log = logging.getLogger(__name__)
_DETAILS = TypeAdapter(tuple[PrivateDetails, ...])
_STEP = 1_008
"""Lengths of sealed texts are rounded up to a multiple of this, in bytes, as is the longest message."""


class Tester:
    """Answers requests.

    Args:
        market: the market with the validator's wallet.
        node: tests models and data.
        folder: a private folder for files with plaintext, which have no names there.
        max_bytes: the largest artifact that is opened.
    """

    def __init__(self, market: Market, node: ValidationNode, folder: Path, max_bytes: int) -> None:
        self._market, self._node = market, node
        self._folder, self._max_bytes = folder, max_bytes

    def decide(self, assignment: Assignment) -> Decision:
        """Decide what to answer.

        Raises:
            KeyAwaited: a key has not been granted yet, but may still be.
            StoreError, ChainError, ValidationError, OSError: this validator cannot answer at present.
        """
        try:
            with Scratch(self._folder) as scratch:
                return self._answer(assignment, scratch)
        except (Unopenable, *UNOPENABLE) as error:
            return self.cannot_open(assignment, error.message, fault_of(error))

    def cannot_open(self, assignment: Assignment, log: str, fault: Fault) -> Decision:
        """The answer if an artifact does not open."""
        finding = Finding(ReportStatus.CANNOT_OPEN, log, (fault,))
        return self._decision(assignment, finding, ZERO_DIGEST)

    def _answer(self, assignment: Assignment, scratch: Scratch) -> Decision:
        question = assignment.question
        work = self._market.session.fetch_any(question.work)
        evaluate = evaluator_of(question.kind, work)
        materials = OpenedMaterials(self._market, assignment, scratch, self._max_bytes)
        if question.kind != Kind.DIGEST:
            word = materials.word(work)
            return self._decision(assignment, evaluate(work, materials, self._node), word)
        if question.delivers:
            raise ManifestError("A question for a digest delivers nothing: its word is the answer.")
        finding = evaluate(work, materials, self._node)
        return self._decision(assignment, finding, finding.digest)

    def _decision(self, assignment: Assignment, finding: Finding, word: bytes) -> Decision:
        """The finding as a report; with a score, or with reasons for no answer, it has a signed manifest."""
        request_id, question = assignment.task.request_id, assignment.question
        if finding.log:
            _log.info("request %d: %s: %.300r", request_id, finding.status.name, finding.log)
        answered = finding.status == ReportStatus.ANSWERED
        if answered and len(finding.scores) != question.subjects:
            log = f"{question.subjects} scores are asked for"
            return self.cannot_open(assignment, log, Fault(None, Reason(code=Code.BAD_MANIFEST)))
        report = Report(
            status=finding.status,
            scores=finding.scores,
            criteria=finding.criteria,
            word=word if answered else ZERO_DIGEST,
        )
        if question.kind != Kind.SCORE and not finding.faults:
            return Decision(report)
        manifest = self._signed(assignment, report, finding)
        return Decision(report.model_copy(update={"manifest": manifest.digest()}), manifest.to_bytes())

    def _signed(self, assignment: Assignment, report: Report, finding: Finding) -> ValidationReport:
        """The public figures, and the details sealed to the reader that the work names."""
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
            sealed_details=self._sealed_details(request_id, finding),
            sealed_reasons=tuple(self._sealed_reasons(assignment, finding)),
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

    def _sealed_details(self, request_id: int, finding: Finding) -> SealedMessage | None:
        if finding.reader is None:
            return None
        return seal_message(
            _padded(_details(finding.details)), finding.reader, purpose=self._purpose(request_id)
        )

    def _sealed_reasons(self, assignment: Assignment, finding: Finding) -> Iterator[SealedMessage]:
        """For each party with an artifact in the question: its own faults in full, the others in outline."""
        purpose = self._purpose(assignment.task.request_id)
        owners = dict.fromkeys(one for one in assignment.question.granters if one != ZERO_ADDRESS)
        for owner in owners if finding.faults else ():
            key = self._market.participants.encryption_key(owner)
            reasons = reasons_for(owner, assignment.question.granters, finding.faults)
            with suppress(SealError):  # if nothing can be sealed to a key, its owner is to blame
                yield seal_message(_padded(REASONS.dump_json(reasons)), key, purpose=purpose)

    def _purpose(self, request_id: int) -> bytes:
        session = self._market.session
        oracle = session.deployment.address("ValidationOracle")
        return report_purpose(session.deployment.chain_id, oracle, request_id, session.address)


def fault_of(error: Exception) -> Fault:
    """Why *error* leaves a question without an answer."""
    match error:
        case Unopenable():
            return Fault(error.place, Reason(code=error.code))
        case KeyAwaited():
            return Fault(error.place, Reason(code=Code.NOT_GRANTED))
        case StoreError():
            return Fault(None, Reason(code=Code.UNAVAILABLE))
    return Fault(None, Reason(code=Code.BAD_MANIFEST))


def reasons_for(owner: str, granters: Sequence[str], faults: Iterable[Fault]) -> tuple[Reason, ...]:
    """What *owner* may read about *faults*; *granters* are those of the artifacts, by their places."""
    told = (
        fault.reason
        if fault.place is not None and granters[fault.place : fault.place + 1] == (owner,)
        else fault.reason.outline()
        for fault in faults
    )
    return tuple(dict.fromkeys(told))[:MAX_REASONS]


def _details(details: tuple[PrivateDetails, ...]) -> bytes:
    """A JSON list with the details of each subject; if that is too long, without the groups."""
    text = _DETAILS.dump_json(details)
    if len(text) <= MAX_MESSAGE_BYTES:
        return text
    return _DETAILS.dump_json(tuple(one.model_copy(update={"groups": {}}) for one in details))


def _padded(text: bytes) -> bytes:
    """JSON padded with spaces, because everybody can see how long the sealed text is."""
    return text.ljust(-(-len(text) // _STEP) * _STEP)
