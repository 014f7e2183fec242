"""Search finds what fits a query, all of it, and nothing else."""

from __future__ import annotations

import random

import pytest
from fake_market import ADDRESSES, PEOPLE, FakeMarket, fresh, log_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assay_indexer.follow import Follower
from assay_indexer.queries import Index
from assay_indexer.search import Query, search
from assay_indexer.tables import Listing
from assay_indexer.words import put_words

WORDS = ("heart", "lung", "skin", "loan", "price")
MODEL = b"\7" * 32


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """An index with listings of all kinds of facets."""
    engine, chance = fresh(tmp_path_factory.mktemp("search"), "search"), random.Random(3)
    Follower(FakeMarket().session(), engine, confirmations=1).poll()
    rows = []
    for number in range(200):
        words = " ".join(chance.choices(WORDS, k=2))
        facets = {"audits": chance.randint(0, 2), "rejections": 0, "disputes": chance.randint(0, 1)}
        rows.append(
            Listing(
                kind="model", key=str(number), block=1, since=number, title=words, text=words,
                state=chance.choice(["registered", "on sale"]), account=PEOPLE[0], bids=0, missing=False,
                domain=chance.choice(["healthcare", "finance"]), metric=chance.choice(["accuracy", None]),
                score=chance.choice([None, chance.randint(0, 10)]), gap=chance.choice([None, 3]),
                price=chance.choice([None, 10**20, 5]), approved_until=2**40, **facets,
            )
        )  # fmt: skip
    with Session(engine) as database, database.begin():
        database.add_all(rows)
        database.flush()
        put_words(database, rows)
    return engine


QUERIES = st.builds(
    Query,
    kind=st.sampled_from(["model", "any"]),
    words=st.lists(st.sampled_from([*WORDS, "hea", "' OR 1", '"', "*"]), max_size=2).map(" ".join),
    domain=st.sampled_from([None, "healthcare", "finance", "nowhere"]),
    metric=st.sampled_from([None, "accuracy"]),
    state=st.sampled_from([None, "on sale"]),
    min_score=st.none() | st.integers(0, 11),
    max_gap=st.sampled_from([None, 2, 3]),
    max_price=st.sampled_from([None, 4, 5, 10**20]),
    min_audits=st.sampled_from([None, 1, 2]),
    disputed=st.sampled_from([None, True, False]),
    sort=st.sampled_from(["newest", "score", "price", "reserve", "deadline"]),
)


def fits(one: Listing, query: Query) -> bool:
    """The same in other words."""
    words = query.words.replace('"', " ").replace("*", " ").replace("'", " ").split()
    said = [word.lower() for word in one.title.split()]
    found = all(word.lower() in said for word in words[:-1])
    found &= not words or any(word.startswith(words[-1].lower()) for word in said)
    equal = [(one.domain, query.domain), (one.metric, query.metric), (one.state, query.state)]
    least = [(one.score, query.min_score), (one.audits, query.min_audits)]
    most = [(one.gap, query.max_gap), (one.price, query.max_price)]
    return (
        found
        and all(wanted is None or value == wanted for value, wanted in equal)
        and all(bound is None or (value is not None and value >= bound) for value, bound in least)
        and all(bound is None or (value is not None and value <= bound) for value, bound in most)
        and query.disputed in (None, one.disputes > 0)
    )


@given(QUERIES)
@settings(max_examples=60)
def test_what_fits_is_found_and_nothing_else(listed, query):
    with Index(listed).view() as view:
        every = list(view.session.query(Listing))
        found = search(view, query, limit=200)
    expected = {one.key for one in every if fits(one, query)}
    assert {one.key for one in found.page.items} == expected
    assert found.page.total == len(expected)
    assert sum(found.counts["state"].values()) == len(expected)


def test_a_licence_on_sale_gives_its_price_and_purposes(tmp_path):
    market, engine = FakeMarket(), fresh(tmp_path, "licences")
    owner, token = PEOPLE[0], PEOPLE[3]
    version = {"manifest": MODEL, "modelId": 1, "developer": owner, "module": ADDRESSES["CommissionMarket"]}
    market.chain.mine(
        log_of("ModelRegistry", "Transfer", **{"from": "0x" + "00" * 20, "to": owner, "tokenId": 1}),
        log_of(
            "ModelRegistry", "VersionRegistered", **version,
            dealId=1, score=900_000, submissionHash=MODEL, lineage=[],
        ),
    )  # fmt: skip
    follower = Follower(market.session(), engine, confirmations=1)

    def offered(number: int, price: int):
        offer = (MODEL, bytes(32), bytes(32), token, price, 0, 0, 5, 0b11, 0, 0, 0)
        terms = (offer, owner, 1, 0, owner, owner, 0, 1, 1)
        return log_of("Licences", "Offered", offerId=number, good=MODEL, seller=owner, terms=terms)

    def prices() -> list[int | None]:
        follower.poll()
        with Index(engine).view() as view:
            return [one.price for one in search(view, Query(purpose="serve")).page.items]

    assert prices() == []
    market.chain.mine(offered(1, 70), offered(2, 50))
    assert prices() == [50]
    market.chain.mine(log_of("Licences", "OfferWithdrawn", offerId=2))
    assert prices() == [70]
    market.chain.fork(market.chain.head)
    market.chain.mine()
    assert prices() == [50]
