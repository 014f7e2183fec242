"""What panels and trials are waiting for: keys of this account's models that are assessed or on trial."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from assay.errors import AssayError, InvalidInput, ManifestError, StoreError
from assay.market import Market
from assay.selling.duties import Duty, Rank
from assay.structs import AssessmentState, ConformityAssessment, Round, RoundState, Trial, TrialState

_log = logging.getLogger(__name__)
_MODEL = 1
"""The model's index in the question to the panel of an assessment or a trial."""
_OVER = (TrialState.SOLD, TrialState.REFUNDED)
_LATE_SECONDS = 5_400
"""How long before the deadline a key is granted even if the buyer withholds what the panel is asked."""

T = TypeVar("T")


class Panels:
    """The account's open assessments, and open trials of its offers.

    Args:
        confirmations: blocks on top of an event before it is trusted.
        units: converts an amount of a token to token units.
    """

    def __init__(self, market: Market, confirmations: int, units: Callable[[str, int], float]) -> None:
        self._market, self._confirmations, self._units = market, confirmations, units
        self.forget()

    def forget(self) -> None:
        """Read everything again at the next poll, because the chain no longer matches what was read."""
        self._next: int | None = None
        self._believed: tuple[int, str] | None = None
        self._assessments: set[int] = set()
        self._trials: set[int] = set()
        self._kept: set[int] = set()

    def poll(self) -> None:
        """Record what was opened; raises :class:`ChainError`."""
        session, own = self._market.session, self._market.address
        last = session.connection.head().number - self._confirmations
        if self._believed is not None and not self._is_still_there(*self._believed):
            _log.info("the chain has changed; reading all panels again")
            self.forget()
        if last < (self._next or session.deployment.block):
            return
        block = session.connection.find_block(last)  # before the events: should they be of another chain,
        if block is None:  # the next poll finds out
            return
        for event in session.events.find(
            "Conformity", "AssessmentOpened", from_block=self._next, to_block=last
        ):
            if event.arguments["applicant"] == own:
                self._assessments.add(event.arguments["id"])
        for event in session.events.find("Trials", "TrialOpened", from_block=self._next, to_block=last):
            if event.arguments["request"]["terms"]["seller"] == own:
                self._trials.add(event.arguments["id"])
        self._believed, self._next = (last, block.hash), last + 1

    def duties(self) -> Iterator[Duty]:
        """Grants and deliveries that are due now."""
        for number, assessment in self._read("assessment", self._assessments, self._market.conformity.get):
            if assessment.state != AssessmentState.JUDGING:
                self._assessments.discard(number)
                continue
            yield from self._each("assessment", number, partial(self._of_assessment, number, assessment))
        now = self._market.session.now()
        for number, trial in self._read("trial", self._trials, self._market.trials.get):
            if trial.state in _OVER:
                self._trials.discard(number)
                continue
            yield from self._each("trial", number, partial(self._of_trial, number, trial, now))

    def _is_still_there(self, number: int, name: str) -> bool:
        block = self._market.session.connection.find_block(number)
        return block is not None and block.hash == name

    def _read(self, what: str, numbers: set[int], get: Callable[[int], T]) -> list[tuple[int, T]]:
        """Each as it stands; one that cannot be read does not hold up the others."""

        def found(number: int) -> list[tuple[int, T]]:
            return self._each(what, number, lambda: [(number, get(number))])

        return [one for some in self._market.session.each(found, sorted(numbers)) for one in some]

    def _each(self, what: str, number: int, look: Callable[[], list[T]]) -> list[T]:
        try:
            return look()
        except AssayError as error:
            _log.warning("%s %d: %s Looking again later.", what, number, error)
            return []

    def _of_assessment(self, number: int, assessment: ConformityAssessment) -> list[Duty]:
        panel = self._waiting(assessment.panel_id)
        if panel is None:
            return []
        step = partial(self._grant, number)
        return [Duty("grant to assessment", number, step, Rank.OWN, deadline=panel.deadline)]

    def _of_trial(self, number: int, trial: Trial, now: int) -> list[Duty]:
        bond = self._units(trial.token, trial.bond)
        if trial.state == TrialState.DELIVERING and now < trial.deadline:
            step = partial(self._deliver, number)
            return [Duty("deliver to trial", number, step, Rank.BONDED, bond, trial.deadline)]
        if trial.state != TrialState.JUDGING:
            return []
        panel = self._waiting(trial.panel_id)
        if panel is not None:
            step = partial(self._grant_to_trial, number, panel.deadline)
            return [Duty("grant to trial", number, step, Rank.BONDED, bond, panel.deadline)]
        if number in self._kept:
            return []
        return [Duty("keep request of trial", number, partial(self._keep, number))]

    def _waiting(self, panel_id: int) -> Round | None:
        """The panel, if it is waiting for the model's key."""
        found = self._market.rounds.get(panel_id)
        return found if found.state == RoundState.GRANTING and bool(found.needed >> _MODEL & 1) else None

    def _grant(self, number: int) -> None:
        self._market.conformity.grant_model(number)

    def _grant_to_trial(self, number: int, deadline: int) -> None:
        try:
            self._keep(number)
        except StoreError as error:
            if self._market.session.now() < deadline - _LATE_SECONDS:
                raise
            _log.warning("trial %d: %s The key is granted without a copy, as time is short.", number, error)
        self._market.trials.grant(number)

    def _keep(self, number: int) -> None:
        """Pin what the panel is asked, with the buyer's delivery key, so the buyer cannot withhold it."""
        if number in self._kept:
            return
        try:
            self._market.session.publish(self._market.trials.spec(number))
        except (ManifestError, InvalidInput) as error:  # no panel can read it either
            _log.warning("trial %d: %s Nothing is kept.", number, error)
        self._kept.add(number)

    def _deliver(self, number: int) -> None:
        self._market.trials.deliver(number)
