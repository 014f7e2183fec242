"""Takes the steps that anyone may take. Each is simulated first, so one that is not due costs nothing, and
several keepers at once do no harm: the contracts take every step once."""

from __future__ import annotations

import logging

from assay.errors import ContractError
from assay.market import Market
from assay.structs import RoundState
from assay_oracle.watch import Docket, Watch

_log = logging.getLogger(__name__)
_DRAWING = (RoundState.DRAWING, RoundState.APPEAL_DRAWING)


class Keeper:
    """Has panels drawn, whoever's they are, and moves on the deals for which the account sits."""

    def __init__(self, market: Market, watch: Watch) -> None:
        self._market, self._watch = market, watch

    def rounds(self, docket: Docket) -> list[int]:
        """The rounds to look after."""
        own = set(docket.own_rounds())
        return sorted(
            number for number, watched in docket.rounds.items() if number in own or watched.state in _DRAWING
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
