"""Keys that panels wait for: of models of this account that are being assessed."""

from __future__ import annotations

from assay.market import Market
from assay.structs import AssessmentState, RoundState

_MODEL = 1
"""The model's place in the question to an assessment's panel."""


class Panels:
    """The account's assessments that are open, and what their panels wait for."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._next: int | None = None
        self._open: set[int] = set()

    def poll(self) -> None:
        """Note assessments that were opened; raises :class:`ChainError`."""
        session = self._market.session
        head = session.connection.block_number()
        for event in session.events.find("Conformity", "AssessmentOpened", from_block=self._next):
            if event.arguments["applicant"] == self._market.address:
                self._open.add(event.arguments["id"])
        self._next = head

    def waiting(self) -> list[int]:
        """Assessments whose panel waits for this account's grant."""
        found = dict(
            zip(self._open, self._market.session.each(self._market.conformity.get, self._open), strict=True)
        )
        self._open = {number for number, one in found.items() if one.state == AssessmentState.JUDGING}
        return [number for number in sorted(self._open) if self._is_waiting(found[number].panel_id)]

    def grant(self, number: int) -> None:
        """Grant the model's key to the panel of an assessment."""
        self._market.conformity.grant_model(number)

    def _is_waiting(self, panel_id: int) -> bool:
        found = self._market.rounds.get(panel_id)
        return found.state == RoundState.GRANTING and bool(found.needed >> _MODEL & 1)
