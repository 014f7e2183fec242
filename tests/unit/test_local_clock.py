"""The clock of a local chain follows what others do by a few blocks, and rests."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assay_local import clock
from assay_local.clock import Clock

TICKS = st.lists(st.integers(0, 3), max_size=30)
"""How many blocks others mine before each tick."""


class Chain:
    def __init__(self) -> None:
        self.head, self.mined = 10, 0

    def call(self, method: str) -> str:
        assert method == "eth_blockNumber"
        return hex(self.head)

    def mine(self) -> None:
        self.head, self.mined = self.head + 1, self.mined + 1


def started() -> tuple[Chain, Clock]:
    chain: Any = Chain()
    one = Clock(chain)
    for _ in range(10):
        one.tick()
    chain.mined = 0
    return chain, one


@given(TICKS)
def test_a_draw_gets_its_block_whatever_happens_in_between(busy):
    """It names the next block but one, and reads its hash from the one after."""
    chain, one = started()
    for others in busy:
        chain.head += others
        one.tick()
    chain.head += 1  # somebody names a block
    named = chain.head + 2
    for _ in range(5):
        one.tick()
    assert chain.head > named


@given(TICKS)
def test_it_rests_when_nothing_happens(busy):
    chain, one = started()
    for others in busy:
        chain.head += others
        one.tick()
    for _ in range(10):
        one.tick()
    before = chain.mined
    for _ in range(50):
        one.tick()
    assert chain.mined == before


def test_time_passes_on_a_chain_that_rests(monkeypatch):
    chain, one = started()
    now = clock.time.monotonic()
    monkeypatch.setattr(clock.time, "monotonic", lambda: now + 61)
    for _ in range(5):
        one.tick()
    assert chain.mined == 1
