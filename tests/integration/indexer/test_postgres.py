"""The index on a real Postgres says what it says on SQLite."""

from __future__ import annotations

import json
import random

import postgres
import pytest
from asked_anything import UNUSABLE, escaped, forms, market_of, questions, refused_politely
from fake_market import HERE, PEOPLE, FakeMarket, content, differing, fresh, log_of, made_up
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from assay_indexer.database import engine_at, prepare
from assay_indexer.follow import Follower
from assay_indexer.monitor import Monitor
from assay_indexer.projections import TAKERS
from assay_indexer.queries import Index, decoded
from assay_indexer.records import figures, record
from assay_indexer.search import Query, search
from assay_indexer.server import application
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


@pytest.fixture(scope="module")
def busy(engine):
    """An index in which everything has happened that can."""
    market, chance = FakeMarket(), random.Random(5)
    for event in sorted(TAKERS):
        market.chain.mine(made_up(*event, chance))
    prepare(engine, anew=True)
    Follower(market.session(), engine, confirmations=3).poll()
    return engine


@pytest.fixture(scope="module")
def web(busy, tmp_path_factory):
    url = busy.url.render_as_string(hide_password=False)
    with market_of(tmp_path_factory.mktemp("web"), url) as client:
        yield client


@given(st.data())
@settings(max_examples=80)
def test_pages_and_forms_take_anything(web, data):
    path = data.draw(questions())
    answer = web.get(path, follow_redirects=False)
    assert refused_politely(answer), (path, answer.status_code, answer.text[:300])
    path, said = data.draw(forms())
    answer = web.post(path, content=json.dumps(said))
    assert refused_politely(answer), (path, said, answer.status_code, answer.text[:300])


@pytest.mark.parametrize("word", UNUSABLE)
@pytest.mark.parametrize("path", ["deals?state=", "search?words=", "offers?seller=", "events/deal/"])
def test_the_api_takes_anything(busy, path, word):
    with TestClient(
        application(busy, Monitor(), rate=0), base_url=HERE, raise_server_exceptions=False
    ) as client:
        answer = client.get(f"/v1/{path}{escaped(word)}")
        assert answer.status_code in (200, 404, 422), answer.text
        kept = client.post("/v1/searches", content=json.dumps({"query": {"words": word, word: 1}}))
        assert (kept.status_code, bool(kept.json()["detail"])) == (422, True)


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
