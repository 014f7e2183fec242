"""What panels and trials wait for: keys of this account's models that are assessed, or tried by a buyer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from assay.market import Market
from assay.structs import AssessmentState, RoundState, Trial, TrialState

_MODEL = 1
"""The model's place in the question, of an assessment's panel and of a trial's."""

Duty = tuple[str, object, Callable[[], None]]


class Panels:
    """The account's open assessments, and open trials of its offers."""

    def __init__(self, market: Market, confirmations: int) -> None:
        self._market, self._confirmations = market, confirmations
        self._next: int | None = None
        self._assessments: set[int] = set()
        self._trials: set[int] = set()

    def poll(self) -> None:
        """Note what was opened; raises :class:`ChainError`."""
        session, own = self._market.session, self._market.address
        last = session.connection.block_number() - self._confirmations
        if last < (self._next or 0):
            return
        for event in session.events.find(
            "Conformity", "AssessmentOpened", from_block=self._next, to_block=last
        ):
            if event.arguments["applicant"] == own:
                self._assessments.add(event.arguments["id"])
        for event in session.events.find("Trials", "TrialOpened", from_block=self._next, to_block=last):
            if event.arguments["request"]["terms"]["seller"] == own:
                self._trials.add(event.arguments["id"])
        self._next = last + 1

    def duties(self) -> Iterator[Duty]:
        """Grants and deliveries that are due now."""
        for number, panel_id in self._judged(self._assessments):
            if self._needs_key(panel_id):
                yield "grant to assessment", number, partial(self._grant, number)
        found = self._market.session.each(self._market.trials.get, sorted(self._trials))
        trials = dict(zip(sorted(self._trials), found, strict=True))
        self._trials = {number for number, one in trials.items() if one.state in _OPEN}
        for number in sorted(self._trials):
            yield from self._of_trial(number, trials[number])

    def _judged(self, numbers: set[int]) -> list[tuple[int, int]]:
        """Those assessments that are still open, each with its panel; the others are forgotten."""
        found = self._market.session.each(self._market.conformity.get, sorted(numbers))
        known = dict(zip(sorted(numbers), found, strict=True))
        self._assessments = {number for number, one in known.items() if one.state == AssessmentState.JUDGING}
        return [(number, known[number].panel_id) for number in sorted(self._assessments)]

    def _of_trial(self, number: int, trial: Trial) -> Iterator[Duty]:
        if trial.state == TrialState.JUDGING and self._needs_key(trial.panel_id):
            yield "grant to trial", number, partial(self._grant_to_trial, number)
        elif trial.state == TrialState.DELIVERING and self._market.session.now() < trial.deadline:
            yield "deliver to trial", number, partial(self._deliver, number)

    def _needs_key(self, panel_id: int) -> bool:
        found = self._market.rounds.get(panel_id)
        return found.state == RoundState.GRANTING and bool(found.needed >> _MODEL & 1)

    def _grant(self, number: int) -> None:
        self._market.conformity.grant_model(number)

    def _grant_to_trial(self, number: int) -> None:
        self._market.trials.grant(number)

    def _deliver(self, number: int) -> None:
        self._market.trials.deliver(number)


_OPEN = (TrialState.JUDGING, TrialState.DELIVERING)
