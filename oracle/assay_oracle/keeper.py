"""Takes the steps that anyone may take. Each is simulated first, so one that is not due costs nothing, and
several keepers at once do no harm: the contracts take every step once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from assay.chain import Receipt
from assay.errors import ContractError
from assay.market import Market
from assay_oracle.deal import CONFORMITY, Deal
from assay_oracle.watch import Docket

_log = logging.getLogger(__name__)
_FINAL = ("NONE", "SETTLED", "REFUNDED", "PASSED", "FAILED", "VOID")


class Keeper:
    """Draws panels of any deal, and moves on those in which the account sits."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def deals(self, docket: Docket) -> list[Deal]:
        """The deals to look after."""
        own = docket.own_deals()
        return sorted(
            deal
            for deal, state in docket.states.items()
            if state == "DRAWING" or (deal in own and state not in _FINAL)
        )

    def step(self, deal: Deal) -> None:
        """Take the step that is due, if one is; raises :class:`AssayError` for anything but that none is."""
        for take in self._steps(deal):
            try:
                receipt = take(deal.number)
            except ContractError as refusal:
                _log.debug("%s: %s", deal, refusal)
            else:
                _log.info("%s: moved on in %s", deal, receipt.tx_hash)
                return

    def _steps(self, deal: Deal) -> tuple[Callable[[int], Receipt], ...]:
        if deal.contract == CONFORMITY:
            return (self._market.conformity.advance,)
        return self._market.commissions.advance, self._market.commissions.settle
