"""A keeper takes what is due, in its turn, and nothing twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import ChainUnavailable, ContractError
from assay.structs import RoundState
from assay_oracle.docket import Docket, WatchedRound
from assay_oracle.keeper import Due, Keeper

MARKET, OTHER_MARKET = "0x" + "33" * 20, "0x" + "44" * 20
ACCOUNTS = ["0x" + f"{number:02x}" * 20 for number in range(1, 8)]
ME = ACCOUNTS[0]
PANEL, DEAL = 5, 7
MOST_POLLS = 64


class Chain:
    """A deal whose step is due until somebody has taken it, and what was sent."""

    def __init__(self, docket: Docket) -> None:
        self.docket, self.head_time = docket, 1000
        self.due, self.sent = True, list[str]()
        self.checks = 0

    def keeper(self, account: str) -> Keeper:
        def check(_market: str, _deal_id: int) -> None:
            self.checks += 1
            if not self.due:
                raise ContractError("Nothing is due.", name="NothingDue")

        def advance(_market: str, _deal_id: int) -> SimpleNamespace:
            check(_market, _deal_id)
            self.due = False
            self.sent.append(account)
            return SimpleNamespace(tx_hash="0x")

        rounds = SimpleNamespace(check_advance=check, advance_deal=advance)
        market: Any = SimpleNamespace(address=account, rounds=rounds)
        watch: Any = self
        return Keeper(market, watch, first=0.001, longest=0.01)

    def poll(self, *keepers: Keeper) -> None:
        for keeper in keepers:
            for due in keeper.due(self.docket):
                keeper.step(due)


def drawing(since: int = 1) -> Docket:
    return Docket(rounds={PANEL: WatchedRound(MARKET, DEAL, state=RoundState.DRAWING, since=since)})


def voting(*members: str, since: int = 1) -> Docket:
    docket = Docket(rounds={PANEL: WatchedRound(MARKET, DEAL, state=RoundState.VOTING, since=since)})
    docket.members[PANEL] = members
    docket.seated.add(PANEL)
    return docket


@given(st.integers(0, 2**40))
def test_of_several_keepers_one_sends(since):
    chain = Chain(drawing(since))
    keepers = [chain.keeper(account) for account in ACCOUNTS]
    for _ in range(MOST_POLLS):
        chain.poll(*keepers)
    assert len(chain.sent) == 1


def test_members_have_a_turn_each():
    """Whatever the step, no two members send in the same poll, and one sends at once."""
    for since in range(20):
        polls = set()
        for account in ACCOUNTS:
            chain = Chain(voting(*ACCOUNTS, since=since))
            keeper = chain.keeper(account)
            for poll in range(MOST_POLLS):
                chain.poll(keeper)
                if chain.sent:
                    polls.add(poll)
                    break
        assert len(polls) == len(ACCOUNTS)
        assert min(polls) == 0


def test_everybody_is_first_at_times():
    firsts = set()
    for since in range(200):
        chain = Chain(voting(*ACCOUNTS, since=since))
        chain.poll(*(chain.keeper(account) for account in ACCOUNTS))
        firsts |= set(chain.sent)
    assert firsts == set(ACCOUNTS)


def test_a_lone_keeper_gets_there():
    chain = Chain(drawing())
    keeper = chain.keeper(ME)
    for _ in range(MOST_POLLS):
        chain.poll(keeper)
    assert chain.sent == [ME]


def test_the_wait_begins_again_with_the_next_step():
    """What was due and was taken by another has no influence on the turn at the next step."""
    last = next(one for one in ACCOUNTS if _polls_of(one) > 0)
    chain = Chain(voting(*ACCOUNTS))
    keeper = chain.keeper(last)
    chain.poll(keeper)
    assert keeper.is_waiting
    chain.due = False
    chain.poll(keeper)
    chain.due = True
    chain.poll(keeper)
    assert chain.sent == []


def _polls_of(account: str) -> int:
    chain = Chain(voting(*ACCOUNTS))
    keeper = chain.keeper(account)
    for poll in range(MOST_POLLS):
        chain.poll(keeper)
        if chain.sent:
            return poll
    raise AssertionError("it never sends")


def test_what_it_looks_after():
    """Its own rounds, draws of anybody's, and deals whose time is over; nothing else."""
    docket = voting(ME)
    docket.rounds[6] = WatchedRound(OTHER_MARKET, 1, state=RoundState.DRAWING, since=2)
    docket.rounds[8] = WatchedRound(OTHER_MARKET, 2, state=RoundState.VOTING, since=3)
    docket.deadlines = {MARKET: {20: 1000, 21: 1001}}
    keeper = Chain(docket).keeper(ME)
    assert keeper.due(docket) == [
        Due(MARKET, DEAL, 1, PANEL),
        Due(OTHER_MARKET, 1, 2, 6),
        Due(MARKET, 20, 1000),
    ]


def test_a_deal_that_somebody_else_has_to_end_is_asked_about_ever_less():
    docket = Docket(deadlines={MARKET: {DEAL: 1}})
    chain = Chain(docket)
    chain.due = False
    market_keeper = chain.keeper(ME)
    for _ in range(50):
        chain.poll(market_keeper)
    assert chain.checks < 50
    assert chain.sent == []


def test_other_failures_are_told():
    chain = Chain(drawing())
    keeper = chain.keeper(ME)

    def fail(*_: object) -> None:
        raise ChainUnavailable("No endpoint answers.")

    keeper._market.rounds.check_advance = fail  # type: ignore[method-assign]
    with pytest.raises(ChainUnavailable):
        chain.poll(keeper)
