"""Takes the steps that anyone may take. Each is simulated first, so one that is not due costs nothing, and
several keepers at once do no harm: the contracts take every step once."""

from __future__ import annotations

import logging

from assay.errors import ContractError
from assay.market import Market
from assay.structs import State
from assay_oracle.watch import Docket

_log = logging.getLogger(__name__)
_FINAL = (State.NONE, State.SETTLED, State.REFUNDED)


class Keeper:
    """Draws panels of any deal, and moves on those in which the account sits."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def deals(self, docket: Docket) -> list[int]:
        """The deals to look after."""
        own = docket.own_deals()
        return sorted(
            deal
            for deal, state in docket.states.items()
            if state == State.DRAWING or (deal in own and state not in _FINAL)
        )

    def step(self, deal_id: int) -> None:
        """Take the step that is due, if one is; raises :class:`AssayError` for anything but that none is."""
        try:
            receipt = self._market.commissions.advance(deal_id)
        except ContractError as advanced:
            try:
                receipt = self._market.commissions.settle(deal_id)
            except ContractError:
                _log.debug("commission %d: %s", deal_id, advanced)
                return
        _log.info("commission %d: moved on in %s", deal_id, receipt.tx_hash)
