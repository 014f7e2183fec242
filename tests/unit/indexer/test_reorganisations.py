"""After any reorganisations, crashes and restarts an index says what one says that is made from nothing."""

from __future__ import annotations

import contextlib
import random

import pytest
from fake_market import DEPLOYMENT, FakeMarket, content, differing, fresh, made_up, rebuilt
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, ChainError
from assay_indexer.follow import Follower
from assay_indexer.projections import TAKERS

CONFIRMATIONS = 3
EVENTS = sorted(TAKERS)


class Crash(Exception):
    """The process ends here."""


STEP = st.one_of(
    st.tuples(st.just("mine"), st.integers(0, 2**32), st.integers(0, 6)),
    st.tuples(st.just("fork"), st.integers(1, 6), st.integers(0, 2**32)),
    st.tuples(st.just("poll"), st.just(0), st.just(0)),
    st.tuples(st.just("poll while it forks"), st.integers(1, 12), st.integers(1, 6)),
    st.tuples(st.just("crash"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("lose the node"), st.integers(1, 8), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
)


def mine(market: FakeMarket, seed: int, count: int) -> None:
    chance = random.Random(seed)
    market.chain.mine(*(made_up(*chance.choice(EVENTS), chance) for _ in range(count)))


def fork(market: FakeMarket, depth: int, seed: int) -> None:
    """Other blocks in the place of the last *depth*, and one more."""
    first = max(1, market.chain.head - depth + 1)
    left = market.chain.head - first + 2
    market.chain.fork(first)
    for number in range(left):
        mine(market, seed + number, 2)


def at_request(number: int, act) -> object:
    """Acts before the request of that number, once."""
    left = [number]

    def on_request() -> None:
        left[0] -= 1
        if left[0] == 0:
            act()

    return on_request


def fail() -> None:
    raise ValueError("it is gone")


def step(market: FakeMarket, follower: Follower, what: str, first: int, second: int) -> None:
    match what:
        case "mine":
            mine(market, first, second)
        case "fork":
            fork(market, first, second)
        case "poll":
            follower.poll()
        case "poll while it forks":
            market.on_request = at_request(first, lambda: fork(market, second, first))
            polled(follower)
        case "lose the node":
            market.on_request = at_request(first, fail)
            polled(follower)
        case "crash":
            crash(follower, first)
    market.on_request = lambda: None


def polled(follower: Follower) -> None:
    with contextlib.suppress(AssayError):
        follower.poll()


def crash(follower: Follower, left: int) -> None:
    """The process ends before a transaction is committed."""
    finalise, count = follower._finalise, [left]

    def crashing(*arguments) -> None:
        finalise(*arguments)
        count[0] -= 1
        if count[0] < 0:
            raise Crash

    follower._finalise = crashing
    with contextlib.suppress(Crash):
        follower.poll()
    follower._finalise = finalise


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("indexes")


@given(st.lists(STEP, min_size=1, max_size=15))
@settings(max_examples=30)
def test_an_index_equals_one_made_from_nothing(folder, steps):
    market, engine = FakeMarket(), fresh(folder, "index")
    follower = Follower(market.session(), engine, confirmations=CONFIRMATIONS)
    for what, first, second in steps:
        step(market, follower, what, first, second)
        if what in ("restart", "crash"):
            follower = Follower(market.session(), engine, confirmations=CONFIRMATIONS)
    mine(market, 1, 3)
    follower.poll()
    other = rebuilt(market, folder, CONFIRMATIONS)
    assert differing(content(engine), content(other)) == {}


@given(st.lists(STEP, min_size=3, max_size=15))
@settings(max_examples=15)
def test_the_final_view_is_what_the_chain_said_then(folder, steps):
    market, engine = FakeMarket(), fresh(folder, "index")
    follower = Follower(market.session(), engine, confirmations=CONFIRMATIONS)
    for what, first, second in steps:
        step(market, follower, what, first, second)
    mine(market, 1, 3)
    final = follower.poll().final
    if final < 1:
        return
    market.chain.fork(final + 1)
    then = rebuilt(market, folder, 0)
    said = {name: rows for name, rows in content(then).items() if name not in ("listings", "tags")}
    assert differing(said, content(engine, final=True)) == {}


def test_an_endpoint_that_is_behind_empties_nothing(folder):
    """On a chain that others have, too; one's own may have begun anew."""
    market = FakeMarket()
    for seed in range(8):
        mine(market, seed, 4)
    engine, session = fresh(folder, "behind"), market.session()
    session.deployment = DEPLOYMENT.model_copy(update={"chain_id": 1})
    follower = Follower(session, engine, confirmations=CONFIRMATIONS)
    follower.poll()
    before = content(engine)
    session.connection._provider.endpoints[0].behind = 5
    with pytest.raises(ChainError, match="behind"):
        follower.poll()
    assert differing(content(engine), before) == {}
    session.connection._provider.endpoints[0].behind = 0
    mine(market, 9, 4)
    assert follower.poll().head == market.chain.head
