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
from assay.manifests.reason import Code, Reason
from assay.market import Market
from assay.structs import ValidationRequest
from assay_oracle.assignment import Assignment
from assay_oracle.errors import JournalError
from assay_oracle.journal import Decision, Journal, Task
from assay_oracle.tester import Tester, fault_of
from assay_oracle.watch import Watch
from assay_validation.errors import ValidationError
from assay_validation.evaluators import Fault

_log = logging.getLogger(__name__)
_LATE = 3 / 4
"""After this share of the commit window, whatever still cannot be fetched is reported as unopenable."""
_LAST_CALL = 15 / 16
_LONGEST_TEST = 1 / 8
"""After the last call, so is anything that a test has worked on for longer than this share of the window."""
_PROBE = b"assay storage probe"


@dataclass(frozen=True)
class _Test:
    """A test that was started when the share *begun* of the commit window was over."""

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
        tester: decides on answers.
        parallel: how many tests run at once.
        dry_run: decide and log, but send nothing.
        on_report: called with every decision.
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
        on_report: Callable[[Task, Decision], None] = lambda _task, _decision: None,
    ) -> None:
        self._market, self._watch, self._journal, self._tester = market, watch, journal, tester
        self._dry_run, self._on_report = dry_run, on_report
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="test")
        self._tests: dict[Task, _Test] = {}

    def close(self) -> None:
        """Take no more work; tests that are running end with the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def is_testing(self) -> bool:
        """Whether a test is running, or its result has not been taken yet."""
        return bool(self._tests)

    @property
    def has_result(self) -> bool:
        """Whether a test has finished whose result has not been taken yet."""
        return any(test.future.done() for test in self._tests.values())

    def step(self, request_id: int) -> bool:
        """Take the step that is due.

        Returns:
            whether nothing more will be due for this request.

        Raises:
            AssayError: the step could not be taken; it is safe to take it again.
        """
        asked = self._watch.docket.requests[request_id]
        request = self._market.oracle.request(request_id)
        task = Task(request_id, asked.panel_id, request.terms.kind, asked.question.digest())
        members = self._market.oracle.panel(asked.panel_id).members
        if self._market.address in members:
            self._step(task, request, members.index(self._market.address))
        # not as soon as it is revealed: a chain reorganisation may undo that
        over = self._watch.confirmed_time >= request.reveal_ends
        if over:
            self._tests.pop(task, None)
        return over

    def _step(self, task: Task, request: ValidationRequest, seat: int) -> None:
        vote = self._market.oracle.vote(task.request_id, seat)
        decision = self._journal.find(task)
        if vote.revealed:
            self._publish(task, decision)
        elif vote.committed:
            self._reveal(task, seat, request, decision)
        elif self._watch.head_time < request.commit_ends:
            decision = decision or self._decided(task, request)
            if decision is not None:
                self._commit(task, seat, decision)

    def _decided(self, task: Task, request: ValidationRequest) -> Decision | None:
        """The decision in the journal once the test is over; None while it runs."""
        assignment = self._assignment(task, request)
        elapsed = assignment.elapsed(self._watch.head_time)
        test = self._tests.get(task)
        if test is None:
            self._tests[task] = _Test(self._pool.submit(self._tester.decide, assignment), elapsed)
            return None
        if test.future.done():
            del self._tests[task]
            try:
                decision = test.future.result()
            except Exception as error:
                if elapsed < _LATE or self._is_own_fault(error):
                    raise
                decision = self._tester.cannot_open(assignment, str(error), fault_of(error))
        elif test.is_endless(elapsed) and self._storage_works():
            late = Fault(None, Reason(code=Code.OUT_OF_TIME))
            decision = self._tester.cannot_open(assignment, "time is running out", late)
        else:
            return None
        decision = self._journal.record(task, decision)
        self._on_report(task, decision)
        report = decision.report
        _log.info("request %d: decided %s %s", task.request_id, report.status.name, list(report.scores))
        return decision

    def _assignment(self, task: Task, request: ValidationRequest) -> Assignment:
        docket = self._watch.docket
        asked = docket.requests[task.request_id]
        watched = docket.rounds[asked.round_id]
        return Assignment(
            task=task,
            question=asked.question,
            request=request,
            round_id=asked.round_id,
            asked=asked.asked,
            market=watched.market,
            deal_id=watched.deal_id,
            newcomer=docket.has_newcomers(asked),
        )

    def _is_own_fault(self, error: Exception) -> bool:
        """Whether *error* says something about this validator rather than about what it was given."""
        if isinstance(error, StoreError):
            return not self._storage_works()
        return isinstance(error, (ChainError, ValidationError, JournalError, OSError))

    def _storage_works(self) -> bool:
        store = self._market.session.store
        try:
            return store.get_block(store.put_block(_PROBE)) == _PROBE
        except StoreError:
            return False

    def _commit(self, task: Task, seat: int, decision: Decision) -> None:
        if self._dry_run:
            return
        vote = self._market.oracle.vote_hash(task.request_id, decision.report, self._salt(task))
        receipt = self._market.oracle.commit(task.request_id, seat, vote)
        _log.info("request %d: committed in %s", task.request_id, receipt.tx_hash)

    def _reveal(self, task: Task, seat: int, request: ValidationRequest, decision: Decision | None) -> None:
        now = self._watch.confirmed_time
        if request.judged or not request.commit_ends <= now < request.reveal_ends:
            return
        if decision is None:
            raise JournalError(
                "The report that was committed to is not in the journal, so it cannot be revealed."
            )
        try:
            self._publish(task, decision)
        except StoreError as error:
            _log.warning("request %d: published later: %s", task.request_id, error)
        receipt = self._market.oracle.reveal(task.request_id, seat, decision.report, self._salt(task))
        _log.info("request %d: revealed in %s", task.request_id, receipt.tx_hash)

    def _publish(self, task: Task, decision: Decision | None) -> None:
        """Store the report's manifest; not before the reveal, or others could copy it."""
        if decision is not None and decision.document is not None and not decision.published:
            self._market.session.store.put_block(decision.document)
            self._journal.mark_published(task)

    def _salt(self, task: Task) -> bytes:
        """The salt of the vote. It is derived, so that the wallet alone is enough to reveal; and from the
        whole question, so that a salt never serves two reports, whatever is asked after a reorganisation of
        the chain."""
        session = self._market.session
        info = (
            f"assay vote salt v1 {session.deployment.chain_id} "
            f"{session.deployment.address('ValidationOracle')} {task.request_id} {task.panel_id} "
            f"{int(task.kind)} "
        ).encode()
        secret = session.encryption_key().private_bytes_raw()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info + task.question).derive(secret)
