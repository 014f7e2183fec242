"""The read API, over an index of a made-up chain."""

from __future__ import annotations

import random
from urllib.parse import quote

import pytest
from fake_market import HERE, PEOPLE, FakeMarket, fresh, made_up
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from assay.chain.abi import checksum_address
from assay_indexer.api.limits import Allowance
from assay_indexer.follow import Follower
from assay_indexer.monitor import Monitor
from assay_indexer.projections import TAKERS
from assay_indexer.server import application

ACCOUNT = checksum_address(PEOPLE[0])


@pytest.fixture(scope="module")
def market():
    """A chain on which everything has happened that can."""
    market, chance = FakeMarket(), random.Random(1)
    first = [("VickreyAuction", "AuctionOpened"), ("CommissionMarket", "CommissionOpened")]
    for _ in range(3):
        for event in [*first, *sorted(TAKERS)]:
            market.chain.mine(made_up(*event, chance))
    return market


@pytest.fixture(scope="module")
def engine(market, tmp_path_factory):
    engine = fresh(tmp_path_factory.mktemp("index"), "index")
    Follower(market.session(), engine, confirmations=3).poll()
    return engine


@pytest.fixture(scope="module")
def client(engine):
    with TestClient(
        application(engine, Monitor(), rate=0), base_url=HERE, raise_server_exceptions=True
    ) as client:
        yield client


def test_an_answer_names_its_block_and_the_events_behind_it(market, client):
    answer = client.get("/v1/deals/CommissionMarket/1").json()
    assert answer["block"]["number"] == market.chain.head
    assert answer["block"]["hash"] == market.chain.hashes[-1]
    assert {one["contract"] for one in answer["events"]} >= {"CommissionMarket"}
    assert answer["data"]["deal"]["id"] == 1


def test_the_final_view_is_older(market, client):
    final = client.get("/v1/deals", params={"final": True}).json()["block"]
    assert (final["number"], final["final"]) == (market.chain.head - 3, True)
    assert client.get("/v1/deals").json()["block"]["final"] is False


def test_whoever_has_an_answer_is_told_so(client):
    first = client.get("/v1/figures")
    again = client.get("/v1/figures", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/v1/figures", headers={"If-None-Match": '"other"'}).status_code == 200


def test_pages_follow_one_another(client):
    whole = client.get(f"/v1/events/account/{ACCOUNT}", params={"limit": 20}).json()["data"]["items"]
    pages = [
        client.get(f"/v1/events/account/{ACCOUNT}", params={"limit": 10, "offset": offset}).json()["data"]
        for offset in (0, 10)
    ]
    assert [one for page in pages for one in page["items"]] == whole
    assert pages[0]["total"] >= 20


def test_who_asks_too_much_waits(engine):
    with TestClient(application(engine, Monitor(), rate=1), base_url=HERE) as client:
        codes = [client.get("/v1/status").status_code for _ in range(10)]
        refused = client.get("/v1/status")
    assert codes.count(200) < 10
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 5)), max_size=60))
def test_nobody_gets_more_than_his_allowance(requests):
    clock = [0.0]
    allowance, served = Allowance(2.0, 4, lambda: clock[0]), {"a": 0, "b": 0}
    for client, pause in requests:
        clock[0] += pause
        if not allowance.wait_of(client):
            served[client] += 1
    assert all(count <= 4 + 2 * clock[0] + 1e-6 for count in served.values())


def operations(client):
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def value_of(draw, schema):
    """Something that the schema allows, or at times something that it does not."""
    if draw(st.integers(0, 5)) == 0:
        return draw(
            st.one_of(st.text(max_size=20), st.integers().map(str), st.just("\0"), st.just("' OR 1=1--"))
        )
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            schema = schema | option
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    match schema.get("type"):
        case "integer":
            low, high = schema.get("minimum", -(2**70)), schema.get("maximum", 2**70)
            return str(draw(st.integers(int(low), int(min(high, 2**70)))))
        case "boolean":
            return draw(st.sampled_from(["true", "false"]))
        case "array":
            return [value_of(draw, schema["items"]) for _ in range(draw(st.integers(1, 3)))]
    if "pattern" in schema:
        return draw(st.from_regex(schema["pattern"], fullmatch=True))
    known = st.sampled_from([ACCOUNT, "CommissionMarket/1", "1", "deal", "order", "bidding", "healthcare"])
    return draw(st.one_of(known, st.text(max_size=200)))


@given(st.data())
@settings(max_examples=80)
def test_every_question_is_answered_as_the_schema_says(client, data):
    found = sorted(operations(client), key=lambda one: one[:2])
    path, method, operation = data.draw(st.sampled_from(found))
    if method != "get":
        return
    schema, query = client.get("/openapi.json").json(), {}
    for one in operation.get("parameters", ()):
        if one["in"] == "path":
            value = value_of(data.draw, one["schema"])
            path = path.replace("{{{}}}".format(one["name"]), quote(str(value), safe="") or "x")
        elif data.draw(st.booleans()):
            query[one["name"]] = value_of(data.draw, one["schema"])
    answer = client.request(method, path, params=query)
    assert answer.status_code in (200, 404, 422), answer.text
    if answer.status_code == 200 and "application/json" in answer.headers["content-type"]:
        content = operation["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(schema | content).validate(answer.json())


def test_a_request_that_is_too_large_is_not_read(client):
    large = b" " * ((64 << 10) + 1)
    assert client.post("/v1/searches", content=large).status_code == 413
    assert client.post("/v1/searches", content=iter([b"{}"])).status_code == 413  # it does not say how long
    assert client.post("/v1/searches", content=b"{}").status_code == 422
