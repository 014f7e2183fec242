"""Takes one request from its question to the revealed report, one step at a time.

Each step starts from what the chain shows, so a step that was cut off is simply taken again:
test -> write the journal -> commit -> publish and reveal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.errors import ChainError, StoreError
from assay.market import Market
from assay.structs import ValidationRequest
from assay_oracle.assignment import Assignment
from assay_oracle.deal import read_case
from assay_oracle.errors import JournalError
from assay_oracle.journal import Decision, Journal, Question
from assay_oracle.tester import Tester
from assay_oracle.watch import Watch
from assay_validation.errors import ValidationError

_log = logging.getLogger(__name__)
_LATE = 3 / 4
"""From this part of the commit window on, what still cannot be had is reported as unopenable."""
_LAST_CALL = 15 / 16
_LONGEST_TEST = 1 / 8
"""From the last call on, so is what a test has been busy with for longer than this part of the window."""
_PROBE = b"assay storage probe"


@dataclass(frozen=True)
class _Test:
    """A test that was begun when a part of the commit window, *begun*, was over."""

    future: Future[Decision]
    begun: float

    def is_endless(self, elapsed: float) -> bool:
        return self.future.running() and elapsed >= max(_LAST_CALL, self.begun + _LONGEST_TEST)


class Voter:
    """Answers requests to panels on which the account sits.

    Args:
        market: the market with the validator's wallet.
        watch: what the chain has asked.
        journal: what was decided.
        tester: decides.
        parallel: tests at once.
        dry_run: decide and log, send nothing.
        on_report: told of every decision.
    """

    def __init__(
        self,
        market: Market,
        watch: Watch,
        journal: Journal,
        tester: Tester,
        *,
        parallel: int,
        dry_run: bool = False,
        on_report: Callable[[Question, Decision], None] = lambda _question, _decision: None,
    ) -> None:
        self._market, self._watch, self._journal, self._tester = market, watch, journal, tester
        self._dry_run, self._on_report = dry_run, on_report
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="test")
        self._tests: dict[Question, _Test] = {}

    def close(self) -> None:
        """Take no more work; tests that run are left to end with the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def step(self, request_id: int) -> bool:
        """Take the step that is due.

        Returns:
            whether nothing will be due for this request any more.

        Raises:
            AssayError: the step could not be taken; it is safe to take it again.
        """
        request = self._market.oracle.request(request_id)
        terms = request.terms
        question = Question(request_id, terms.panel_id, terms.kind, terms.subject)
        members = self._market.oracle.panel(terms.panel_id).members
        if self._market.address in members:
            self._step(question, request, members.index(self._market.address))
        # not as soon as it is revealed: a reorganisation of the chain may take that back
        over = self._watch.confirmed_time >= request.reveal_ends
        if over:
            self._tests.pop(question, None)
        return over

    def _step(self, question: Question, request: ValidationRequest, seat: int) -> None:
        vote = self._market.oracle.vote(question.request_id, seat)
        decision = self._journal.find(question)
        if vote.revealed:
            self._publish(question, decision)
        elif vote.committed:
            self._reveal(question, seat, request, decision)
        elif self._watch.head_time < request.commit_ends:
            decision = decision or self._decided(question, request)
            if decision is not None:
                self._commit(question, seat, decision)

    def _decided(self, question: Question, request: ValidationRequest) -> Decision | None:
        """What stands in the journal once the test is over; none while it runs."""
        assignment = self._assignment(question, request)
        if assignment is None:
            return None
        elapsed = assignment.elapsed(self._watch.head_time)
        test = self._tests.get(question)
        if test is None:
            self._tests[question] = _Test(self._pool.submit(self._tester.decide, assignment), elapsed)
            return None
        if test.future.done():
            del self._tests[question]
            try:
                decision = test.future.result()
            except Exception as error:
                if elapsed < _LATE or self._is_own_fault(error):
                    raise
                decision = self._tester.cannot_open(assignment, str(error))
        elif test.is_endless(elapsed) and self._storage_works():
            decision = self._tester.cannot_open(assignment, "time is running out")
        else:
            return None
        decision = self._journal.record(question, decision)
        self._on_report(question, decision)
        report = decision.report
        _log.info("request %d: decided %s %d", question.request_id, report.status.name, report.score)
        return decision

    def _assignment(self, question: Question, request: ValidationRequest) -> Assignment | None:
        docket = self._watch.docket
        deal = docket.deal_of(question.panel_id)
        if deal is None:
            return None  # a panel of a module that this version does not know
        case, customer = (
            read_case(self._market, deal),
            self._market.oracle.panel(question.panel_id).terms.customer,
        )
        return Assignment(question, request, case, customer, question.panel_id in docket.appeals)

    def _is_own_fault(self, error: Exception) -> bool:
        """Whether *error* says something of this validator rather than of what it was given."""
        if isinstance(error, StoreError):
            return not self._storage_works()
        return isinstance(error, (ChainError, ValidationError, JournalError, OSError))

    def _storage_works(self) -> bool:
        store = self._market.session.store
        try:
            return store.get_block(store.put_block(_PROBE)) == _PROBE
        except StoreError:
            return False

    def _commit(self, question: Question, seat: int, decision: Decision) -> None:
        if self._dry_run:
            return
        vote = self._market.oracle.vote_hash(question.request_id, decision.report, self._salt(question))
        receipt = self._market.oracle.commit(question.request_id, seat, vote)
        _log.info("request %d: committed in %s", question.request_id, receipt.tx_hash)

    def _reveal(
        self, question: Question, seat: int, request: ValidationRequest, decision: Decision | None
    ) -> None:
        now = self._watch.confirmed_time
        if request.tallied or not request.commit_ends <= now < request.reveal_ends:
            return
        if decision is None:
            raise JournalError(
                "The report that was committed to is not in the journal, so it cannot be revealed."
            )
        try:
            self._publish(question, decision)
        except StoreError as error:
            _log.warning("request %d: published later: %s", question.request_id, error)
        receipt = self._market.oracle.reveal(question.request_id, seat, decision.report, self._salt(question))
        _log.info("request %d: revealed in %s", question.request_id, receipt.tx_hash)

    def _publish(self, question: Question, decision: Decision | None) -> None:
        """Store the report's manifest: not before the reveal, or others could copy it."""
        if decision is not None and decision.document is not None and not decision.published:
            self._market.session.store.put_block(decision.document)
            self._journal.mark_published(question)

    def _salt(self, question: Question) -> bytes:
        """Derived, so that the wallet alone can reveal; of the whole question, so that one salt never serves
        two reports, whatever a reorganisation of the chain asks."""
        session = self._market.session
        info = (
            f"assay vote salt v1 {session.deployment.chain_id} "
            f"{session.deployment.address('ValidationOracle')} {question.request_id} {question.panel_id} "
            f"{int(question.kind)} "
        ).encode()
        secret = session.encryption_key().private_bytes_raw()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info + question.subject).derive(secret)
