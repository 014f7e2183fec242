"""Takes the steps that anyone may take. Each is simulated first, so one that is not due costs nothing, and
several keepers at once do no harm: the contracts take every step once."""

from __future__ import annotations

import logging

from assay.errors import ContractError
from assay.market import Market
from assay.structs import RoundState
from assay_oracle.docket import Docket, WatchedRound
from assay_oracle.watch import Watch

_log = logging.getLogger(__name__)
_AGAIN_SECONDS = 30
"""A deal has deadlines that only its market knows: it is tried so often (seconds of the chain's time)."""
_DRAWING = (RoundState.DRAWING, RoundState.APPEAL_DRAWING)


class Keeper:
    """Has panels drawn, whoever's they are, and moves on the deals for which the account sits."""

    def __init__(self, market: Market, watch: Watch) -> None:
        self._market, self._watch = market, watch
        self._tried: dict[int, tuple[WatchedRound, int]] = {}  # as it was then, and when (Unix seconds)

    def rounds(self, docket: Docket) -> list[int]:
        """The rounds in which a step may be due."""
        self._tried = {number: tried for number, tried in self._tried.items() if number in docket.rounds}
        own = set(docket.own_rounds())
        return sorted(
            number
            for number, watched in docket.rounds.items()
            if watched.state in _DRAWING or (number in own and self._may_be_due(number, watched))
        )

    def step(self, round_id: int) -> None:
        """Take the step that is due, if one is; raises :class:`AssayError` for anything but that none is."""
        watched = self._watch.docket.rounds[round_id]
        try:
            receipt = self._market.rounds.advance_deal(watched.market, watched.deal_id)
        except ContractError as refusal:
            _log.debug("%s: %s", watched, refusal)
        else:
            _log.info("%s: moved on in %s", watched, receipt.tx_hash)
        self._tried[round_id] = watched, self._watch.head_time

    def _may_be_due(self, round_id: int, watched: WatchedRound) -> bool:
        before, at = self._tried.get(round_id, (None, 0))
        now = self._watch.head_time
        return before != watched or at < watched.deadline <= now or now - at >= _AGAIN_SECONDS
