"""Whatever storage hands out for a digest, the index goes on, and shows what is missing."""

from __future__ import annotations

import json

import pytest
from fake_market import PEOPLE, FakeMarket, content, fresh, log_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from assay.errors import ArtifactCorrupt, ArtifactNotFound, ArtifactTooLarge, StoreUnavailable
from assay.manifests import MAX_BYTES
from assay_indexer.follow import Follower
from assay_indexer.manifests import Collector
from assay_indexer.queries import Index
from assay_indexer.search import Query, search
from assay_indexer.tables import Manifest, Mention

LICENCE = json.dumps(
    {"kind": "Licence", "spdx": "MIT", "terms": [], "text": None, "version": 1}, separators=(",", ":")
)
BLOCKS = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "huge": b"[" + b"1," * MAX_BYTES,
    "deep": b'{"kind":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "long number": b'{"kind":' + b"9" * 100_000 + b"}",
    "script": b'{"kind":"<script>alert(1)</script>"}',
    "null": b'{"kind":"CommissionSpec\\u0000","title":"\\u0000"}',
    "another kind": LICENCE.encode(),
    "not canonical": b" " + LICENCE.encode(),
    "twice": b'{"kind":"Licence","kind":"Licence"}',
}


class Store:
    """Hands out one block for every digest, or fails."""

    def __init__(self, block: bytes | Exception) -> None:
        self.block, self.asked = block, 0

    def get_block(self, _cid: object, *, max_bytes: int = MAX_BYTES) -> bytes:
        self.asked += 1
        if isinstance(self.block, Exception):
            raise self.block
        return self.block


def indexed(folder, name="hostile"):
    """An index of one order, whose spec is digest 7…"""
    market = FakeMarket()
    request = (b"\7" * 32, b"\0" * 32, f"0x{0xA0:040x}", *[1] * 6, 0, 0, 0, 0, 1, 1, 1, 10**9, 10**9, 1)
    order = {"id": 1, "customer": f"0x{16:040x}", "auctionId": 1, "total": 1, "request": request}
    market.chain.mine(log_of("CommissionMarket", "CommissionOpened", **order))
    engine = fresh(folder, name)
    follower = Follower(market.session(), engine, confirmations=1)
    follower.poll()
    return engine, follower


def listed(engine):
    with Index(engine).view() as view:
        (one,) = search(view, Query(kind="order")).page.items
        return one


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_no_manifest_stops_the_index(tmp_path, block):
    engine, follower = indexed(tmp_path)
    collector = Collector(engine, Store(block), lambda: 0)
    assert collector.step() == 1
    follower.poll()
    with Session(engine) as database:
        (row,) = database.query(Manifest)
    assert row.status == ("found" if block == BLOCKS["another kind"] else "unreadable")
    assert listed(engine).missing
    assert listed(engine).title == "CommissionMarket 1"
    assert collector.step() == 0  # it is no better the next time
    collector.close()


@given(st.binary(max_size=300))
@settings(max_examples=20)
def test_nor_do_any_bytes(tmp_path_factory, block):
    engine, follower = indexed(tmp_path_factory.getbasetemp(), "any")
    with Session(engine) as database, database.begin():
        database.query(Manifest).delete()
    collector = Collector(engine, Store(block), lambda: 0)
    collector.step()
    follower.poll()
    collector.close()
    assert listed(engine).missing


@pytest.mark.parametrize(
    "failure", [ArtifactNotFound("no"), StoreUnavailable("no"), ArtifactCorrupt("no"), ArtifactTooLarge("no")]
)
def test_what_is_missing_is_shown_so_and_looked_for_ever_less_often(tmp_path, failure):
    engine, follower = indexed(tmp_path)
    clock, store = [0], Store(failure)
    collector = Collector(engine, store, lambda: clock[0])
    waits, last = [], 0
    for clock[0] in range(0, 3000, 5):
        if collector.step():
            waits.append(clock[0] - last)
            last = clock[0]
    assert waits == sorted(waits)
    assert 5 <= len(waits) <= 10
    follower.poll()
    assert listed(engine).missing
    before = content(engine)
    store.block = LICENCE.encode()
    clock[0] += 10**6
    collector.step()
    follower.poll()
    collector.close()
    with Session(engine) as database:
        assert database.query(Manifest).one().status == "found"
    assert content(engine) == before  # it is of another kind than an order


def test_a_reason_that_begins_like_an_account_is_none(tmp_path):
    """Only what is an account is noted as one: no database but SQLite takes a NUL."""
    market, engine = FakeMarket(), fresh(tmp_path, "votes")
    for reason in ("0x" + "\0" * 40, "0x" + "z" * 40, "0x" + "1" * 39 + "\n"):
        market.chain.mine(voted(reason))
    Follower(market.session(), engine, confirmations=1).poll()
    with Session(engine) as database:
        keys = set(database.scalars(select(Mention.key).where(Mention.kind == "account")))
    assert {key.lower() for key in keys} == {PEOPLE[0]}


def voted(reason: str):
    return log_of(
        "MarketGovernor", "VoteCast", voter=PEOPLE[0], proposalId=1, support=1, weight=1, reason=reason
    )
