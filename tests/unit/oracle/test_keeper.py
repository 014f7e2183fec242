"""A keeper tries what may be due, and not each deal of its own at each block."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from assay.errors import ContractError
from assay.structs import RoundState
from assay_oracle.docket import Docket, WatchedRound
from assay_oracle.keeper import _AGAIN_SECONDS, Keeper

MARKET, OWN, FOREIGN = "0x" + "33" * 20, 1, 2
START = 1_000


class World:
    def __init__(self) -> None:
        rounds = {number: WatchedRound(MARKET, number, RoundState.IDLE) for number in (OWN, FOREIGN)}
        self.docket = Docket(rounds=rounds, seated={OWN})
        self.watch: Any = SimpleNamespace(docket=self.docket, head_time=START)
        self.tried: list[int] = []
        rounds_area = SimpleNamespace(advance_deal=self.advance)
        market: Any = SimpleNamespace(rounds=rounds_area)
        self.keeper = Keeper(market, self.watch)

    def advance(self, _market: str, deal_id: int) -> None:
        self.tried.append(deal_id)
        raise ContractError("Nothing is due.", name="NothingDue")

    def change(self, number: int, **changes: Any) -> None:
        self.docket.rounds[number] = replace(self.docket.rounds[number], **changes)

    def at(self, seconds: int) -> list[int]:
        """What is tried in a cycle, so many seconds after the start."""
        self.watch.head_time = START + seconds
        self.tried.clear()
        for number in self.keeper.rounds(self.docket):
            self.keeper.step(number)
        return list(self.tried)


@pytest.fixture
def world() -> World:
    return World()


def test_a_deal_is_tried_once_until_something_may_have_changed(world):
    assert world.at(0) == [OWN]
    assert [world.at(seconds) for seconds in range(1, _AGAIN_SECONDS)] == [[]] * (_AGAIN_SECONDS - 1)
    assert world.at(_AGAIN_SECONDS) == [OWN]


def test_a_change_and_a_deadline_are_reasons(world):
    world.at(0)
    world.change(OWN, state=RoundState.VOTING, deadline=START + 7)
    assert world.at(1) == [OWN]
    assert world.at(6) == []
    assert world.at(7) == [OWN]
    assert world.at(8) == []


def test_every_panel_is_drawn_at_once_whoever_it_is(world):
    world.at(0)
    world.change(FOREIGN, state=RoundState.DRAWING)
    assert world.at(1) == world.at(2) == [FOREIGN]


def test_deals_that_are_over_are_forgotten(world):
    world.at(0)
    world.docket.rounds.clear()
    world.docket.seated.clear()
    assert world.at(1) == []
    assert world.keeper._tried == {}
