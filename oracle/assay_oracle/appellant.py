"""Appeals automatically if a panel's answer would cost this validator its stake and its settings allow it.

An honest validator that is outvoted by liars loses its seat's stake unless somebody appeals in time.
"""

from __future__ import annotations

import logging

from assay.manifests.evaluation import ReportStatus
from assay.market import Market
from assay.structs import ZERO_DIGEST, Outcome, Report, Result, RoundState, ValidationRequest
from assay_oracle.journal import Journal, Task
from assay_oracle.watch import Watch

_log = logging.getLogger(__name__)


class Appellant:
    """Watches the answers of panels on which the account sits.

    Args:
        market: the market with the validator's wallet.
        watch: what the chain has asked.
        journal: what was decided.
        most: the largest deposit that is paid, whole tokens in decimal, such as "500".
    """

    def __init__(self, market: Market, watch: Watch, journal: Journal, most: str) -> None:
        self._market, self._watch, self._journal, self._most = market, watch, journal, most

    def step(self, round_id: int) -> None:
        """Appeal a panel's answer if it contradicts this validator, which stands by its own.

        Raises:
            AssayError: it could not be done; it is safe to try again.
        """
        watched = self._watch.docket.rounds[round_id]
        question = watched.question
        if question is None or not question.appealable or watched.state != RoundState.VOTING:
            return
        found = self._market.rounds.get(round_id)
        members = self._market.oracle.panel(round_id).members
        if found.state != RoundState.VOTING or self._market.address not in members:
            return
        request = self._market.oracle.request(found.request_id)
        ends = request.reveal_ends + found.timeouts.appeal
        if not request.reveal_ends <= self._watch.head_time < ends:
            return
        task = Task(found.request_id, round_id, request.terms.kind, question.digest())
        if self._would_be_slashed(task, request, members.index(self._market.address)):
            self._appeal(round_id, found.token)

    def _would_be_slashed(self, task: Task, request: ValidationRequest, seat: int) -> bool:
        decision = self._journal.find(task)
        vote = self._market.oracle.vote(task.request_id, seat)
        if decision is None or not vote.revealed:
            return False
        own = decision.report.model_copy(update={"manifest": ZERO_DIGEST})
        if own != vote.report.model_copy(update={"manifest": ZERO_DIGEST}):
            return False  # this validator does not stand by what was revealed
        return is_false(own, request.result, request.terms.tolerance)

    def _appeal(self, round_id: int, token: str) -> None:
        deposit = self._market.rounds.appeal_deposit(round_id)
        paid_in = self._market.escrow.token(token)
        if deposit > paid_in.parse(self._most):
            _log.warning("panel %d: an appeal takes %s, more than allowed", round_id, paid_in.format(deposit))
            return
        receipt = self._market.rounds.appeal(round_id)
        _log.warning("panel %d: appealed in %s", round_id, receipt.tx_hash)


def is_false(report: Report, result: Result, tolerance: int) -> bool:
    """Whether *report* costs its seat's stake if *result* stands."""
    if result.outcome != Outcome.ANSWERED or report.status != ReportStatus.ANSWERED:
        return False
    if report.word != result.word or len(report.scores) != len(result.scores):
        return True
    pairs = zip(report.scores, result.scores, strict=True)
    return any(abs(own - agreed) > tolerance for own, agreed in pairs)
