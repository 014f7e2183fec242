"""The index on a real Postgres says what it says on SQLite."""

from __future__ import annotations

import random

import postgres
import pytest
from fake_market import PEOPLE, FakeMarket, content, differing, fresh, log_of, made_up
from sqlalchemy import text

from assay_indexer.database import engine_at, prepare
from assay_indexer.follow import Follower
from assay_indexer.projections import TAKERS
from assay_indexer.queries import Index, decoded
from assay_indexer.records import figures, record
from assay_indexer.search import Query, search
from assay_indexer.tables import Event

pytestmark = pytest.mark.skipif(not postgres.installed(), reason="Debian: apt-get install postgresql")


@pytest.fixture(scope="module")
def engine():
    with postgres.running() as url:
        engine = engine_at(url)
        prepare(engine)
        yield engine
        engine.dispose()


def mined(market: FakeMarket, chance: random.Random, blocks: int) -> None:
    first = [("VickreyAuction", "AuctionOpened"), ("CommissionMarket", "CommissionOpened")]
    for _ in range(blocks):
        market.chain.mine(*(made_up(*chance.choice([*first, *sorted(TAKERS)]), chance) for _ in range(6)))


def test_it_says_the_same_through_reorganisations(engine, tmp_path):
    market, chance = FakeMarket(), random.Random(2)
    other = fresh(tmp_path, "sqlite")
    for number in range(6):
        mined(market, chance, 6)
        for one in (engine, other):
            Follower(market.session(), one, confirmations=4).poll()
        assert differing(content(engine), content(other)) == {}
        assert differing(content(engine, final=True), content(other, final=True)) == {}
        market.chain.fork(market.chain.head - (6 if number == 4 else 2))
    views = [Index(engine), Index(other)]
    for query in (
        Query(kind="order", words="0x"),
        Query(kind="developer"),
        Query(kind="order", sort="price"),
    ):
        found = []
        for index in views:
            with index.view() as view:
                result = search(view, query)
                found.append(
                    ({(one.kind, one.key) for one in result.page.items}, result.counts, figures(view))
                )
                record(view, "0x" + "0" * 38 + "10")
        assert found[0] == found[1]


def test_no_stranger_writes_what_it_does_not_take(tmp_path):
    market = FakeMarket()
    vote = {"voter": PEOPLE[0], "proposalId": 1, "support": 1, "weight": 1}
    with postgres.running() as url:
        engine = engine_at(url)
        prepare(engine)
        follower = Follower(market.session(), engine, confirmations=1)
        market.chain.mine(log_of("MarketGovernor", "VoteCast", **vote, reason="0x" + "\0" * 40))
        assert follower.poll().head == market.chain.head
        engine.dispose()


def test_a_question_that_takes_too_long_is_ended(engine):
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError), Index(engine, seconds=0.2).view() as view:
        view.session.execute(text("SELECT pg_sleep(5)"))


def test_an_event_is_found_by_what_it_is_about(engine):
    market = FakeMarket()
    market.chain.mine(made_up("ModelRegistry", "VersionRegistered", random.Random(3)))
    Follower(market.session(), engine, confirmations=1).poll()
    with Index(engine).view() as view:
        (event,) = view.all(Event, name="VersionRegistered", limit=1)
        said = decoded(event).arguments
        found = view.event_about("model", said["modelId"], "VersionRegistered", said["manifest"])
        assert (found.block, found.tx_hash) == (event.block, event.tx_hash)
        assert view.event_about("model", said["modelId"], "VersionRegistered", bytes(32)) is None
        assert view.event_about("model", said["modelId"], "Transfer", said["manifest"]) is None
