"""Takes the steps that anyone may take, and that earn a fee if the deal's rules provide one.

Each step is simulated first, so a step that is not due costs nothing, and several keepers at once do no harm:
the contracts take every step only once. So as not to race, keepers take turns: whose turn comes first depends
on the account and the step, so that everybody earns a share.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from eth_utils.crypto import keccak

from assay.chain.backoff import Backoff
from assay.errors import ContractError
from assay.market import Market
from assay.structs import RoundState
from assay_oracle.docket import Docket
from assay_oracle.watch import Watch

_log = logging.getLogger(__name__)
_DRAWING = (RoundState.DRAWING, RoundState.APPEAL_DRAWING)
_TURNS = 8
"""The number of turns among which keepers who are not members of a deal's panel are spread."""
_TURN_POLLS = 4
"""How many polls a turn lasts: long enough for the others to see a transaction."""


@dataclass(frozen=True)
class Due:
    """A deal whose next step may be due.

    Attributes:
        market: address of its contract, whichever it is.
        deal_id: its number there.
        since: when its present state began, or when it ends; this tells two steps of a deal apart.
        panel_id: its panel; 0 if that does not matter.
    """

    market: str
    deal_id: int
    since: int
    panel_id: int = 0

    def __str__(self) -> str:
        return f"deal {self.deal_id} of {self.market}"


class Keeper:
    """Has panels drawn, ends what only time ends, and moves on the deals on whose panels the account sits.

    Args:
        first: seconds until the next look at a deal whose time is over but that has no step due, because
            somebody else has to end it.
        longest: the longest such pause.
    """

    def __init__(self, market: Market, watch: Watch, *, first: float, longest: float) -> None:
        self._market, self._watch = market, watch
        self._backoff = Backoff(first, longest)
        self._polls: dict[Due, int] = {}  # for how many polls the step has been due

    @property
    def is_waiting(self) -> bool:
        """Whether a step is due that it is not yet the account's turn to take."""
        return bool(self._polls)

    def due(self, docket: Docket) -> list[Due]:
        """The deals to look after."""
        own = set(docket.own_rounds())
        found = [
            Due(watched.market, watched.deal_id, watched.since, number)
            for number, watched in sorted(docket.rounds.items())
            if number in own or watched.state in _DRAWING
        ]
        over = [
            Due(market, deal_id, deadline)
            for market, deadlines in sorted(docket.deadlines.items())
            for deal_id, deadline in sorted(deadlines.items())
            if deadline <= self._watch.head_time
        ]
        self._backoff.forget_others(set(over))
        found += [one for one in over if self._backoff.is_over(one)]
        self._polls = {one: self._polls[one] for one in found if one in self._polls}
        return found

    def step(self, one: Due) -> None:
        """Take the step that is due, if any; raises :class:`AssayError`, except if none is due."""
        try:
            self._market.rounds.check_advance(one.market, one.deal_id)
            polls = self._polls[one] = self._polls.get(one, -1) + 1
            if polls < _TURN_POLLS * self._turn(one):
                return
            receipt = self._market.rounds.advance_deal(one.market, one.deal_id)
        except ContractError as refusal:
            self._polls.pop(one, None)
            if not one.panel_id:
                self._backoff.failed(one)
            _log.debug("%s: %s", one, refusal)
        else:
            self._polls.pop(one, None)
            _log.info("%s: moved on in %s", one, receipt.tx_hash)

    def _turn(self, one: Due) -> int:
        """How many turns the account has to wait. Members of the deal's panel have one turn each."""
        own, members = self._market.address, self._watch.docket.members.get(one.panel_id, ())
        if own in members:
            return sorted(members, key=lambda member: _lot(member, one)).index(own)
        return _lot(own, one) % _TURNS


def _lot(account: str, one: Due) -> int:
    return int.from_bytes(keccak(text=f"{account} {one.market} {one.deal_id} {one.since}"))
