"""Saved searches: their feeds, and the webhooks that hear of what is new."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from fake_market import HERE, FakeMarket, fresh, log_of
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assay.structs import Role
from assay_indexer import saved as saving
from assay_indexer import webhooks
from assay_indexer.follow import Follower
from assay_indexer.monitor import Monitor
from assay_indexer.saved import MAX_FAILURES, Teller
from assay_indexer.search import Query
from assay_indexer.server import application
from assay_indexer.service import Service
from assay_indexer.tables import Listing, SavedSearch
from assay_indexer.webhooks import WebhookError, checked

NOBODY = bytes(32)


def registered(number: int, role: Role = Role.DEVELOPER):
    return log_of(
        "ParticipantRegistry",
        "Registered",
        account=f"0x{number:040x}",
        index=number,
        primaryRole=role,
        roles=1 << role,
        jurisdiction=1,
        domains=1,
        organisation=NOBODY,
        trustedFrom=0,
    )


@pytest.fixture
def market():
    market = FakeMarket()
    market.chain.mine(registered(1))
    return market


@pytest.fixture
def engine(tmp_path):
    return fresh(tmp_path, "index")


@pytest.fixture
def follower(market, engine):
    follower = Follower(market.session(), engine, confirmations=1)
    follower.poll()
    return follower


@pytest.fixture
def client(engine, follower):
    with TestClient(application(engine, Monitor(), rate=0, private_webhooks=True), base_url=HERE) as client:
        yield client


def saved(client, **query):
    wish = {"query": {"kind": "developer"} | query, "webhook": "http://127.0.0.1:1/hook"}
    answer = client.post("/v1/searches", json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_webhook_hears_of_each_new_listing_once(market, engine, follower, client):
    search, posts = saved(client), []
    teller = Teller(engine, lambda *said: posts.append(said))
    assert teller.step() == 0  # what there was before is not new
    market.chain.mine(registered(2), registered(3, Role.VALIDATOR))
    follower.poll()
    assert (teller.step(), teller.step()) == (1, 0)
    ((url, content, headers),) = posts
    assert url == "http://127.0.0.1:1/hook"
    assert [one["key"] for one in json.loads(content)["new"]] == [f"0x{2:040x}"]
    expected = hmac.new(search["secret"].encode(), content, hashlib.sha256).hexdigest()
    assert headers == {"X-Assay-Signature": f"sha256={expected}"}


def test_a_webhook_that_fails_is_tried_again_and_at_last_no_more(market, engine, follower, client):
    saved(client)
    market.chain.mine(registered(2))
    follower.poll()
    clock, tries = [time.time()], []

    def fail(*_: object) -> None:
        tries.append(clock[0])
        raise WebhookError("no")

    teller = Teller(engine, fail, lambda: clock[0])
    for _ in range(3 * MAX_FAILURES):
        teller.step()
        clock[0] += 60 * 2**MAX_FAILURES
    assert 1 < len(tries) <= MAX_FAILURES


def test_only_who_has_the_secret_ends_a_search(client):
    search = saved(client)
    place = f"/v1/searches/{search['id']}"
    assert client.get(f"{place}/feed").status_code == 200
    without = client.delete(place)
    assert (without.status_code, without.headers["www-authenticate"]) == (401, "Bearer")
    assert client.delete(place, headers={"Authorization": search["secret"]}).status_code == 401
    assert client.delete(place, headers={"Authorization": "Bearer no"}).status_code == 404
    assert client.delete(place, headers={"Authorization": f"Bearer {search['secret']}"}).status_code == 204
    assert client.get(f"{place}/feed").status_code == 404


@given(st.text(max_size=200))
@settings(max_examples=20)
def test_a_feed_is_xml_whatever_strangers_write(tmp_path_factory, words):
    market = FakeMarket()
    market.chain.mine(registered(1))
    engine = fresh(tmp_path_factory.getbasetemp(), "feed")
    Follower(market.session(), engine, confirmations=1).poll()
    with Session(engine) as database, database.begin():
        listing = database.query(Listing).one()
        listing.title = listing.text = words.replace("\0", "")
    with TestClient(application(engine, Monitor(), rate=0), base_url=HERE) as client:
        feed = ElementTree.fromstring(client.get("/v1/feed", params={"kind": "developer"}).content)
    (entry,) = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entry) == 5


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "224.0.0.1",
        "ff02::1",
        "::127.0.0.1",
        "64:ff9b:1::7f00:1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "2002:808:808::1",
        "2001:0:808:808::1",
    ],
)
def test_no_webhook_reaches_a_private_network(monkeypatch, address):
    """Whatever name it goes by; a name with one such address among others is refused, too."""
    found = [(None, None, None, "", (one, 443)) for one in ("1.1.1.1", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_named: found)
    with pytest.raises(WebhookError, match="private network"):
        checked("https://innocent.example/hook")
    with pytest.raises(WebhookError, match="private network"):
        webhooks.poster()("https://innocent.example/hook", b"{}", {})


@pytest.mark.parametrize(
    "url",
    ["http://example.org", "ftp://example.org", "https://", "https://a:b@example.org", "x", "file:///etc"],
)
def test_what_is_no_webhook(client, engine, url):
    with pytest.raises(WebhookError):
        checked(url)
    with TestClient(application(engine, Monitor(), rate=0), base_url=HERE) as strict:
        answer = strict.post("/v1/searches", json={"query": {}, "webhook": url})
    assert answer.status_code == 422
    (wrong,) = answer.json()["detail"]  # in the form that the API's document says
    assert wrong["loc"] == ["body", "webhook"]
    assert wrong["msg"].startswith("A webhook")


def test_a_webhook_whose_host_is_refused(engine):
    with TestClient(application(engine, Monitor(), rate=0), base_url=HERE) as strict:
        for host in ("localhost", "127.0.0.1", "nowhere.invalid"):
            wish = {"query": {}, "webhook": f"https://{host}/hook"}
            answer = strict.post("/v1/searches", json=wish)
            assert answer.status_code == 403, host
            assert "host" in answer.json()["detail"]


def test_a_search_with_a_nul_is_none(client):
    """Postgres takes it neither in a text nor in a question."""
    for query in ({"domain": "\0"}, {"words": "a\0"}, {"account": "0x\0"}):
        wish = {"query": query, "webhook": "http://127.0.0.1:1/hook"}
        assert client.post("/v1/searches", json=wish).status_code == 422
    asked = [("search", {"domain": "\0"}), ("deals", {"buyer": "\0"}), ("deals", {"state": ["a\0"]})]
    asked += [
        ("deals/Commission%00/1", {}),
        ("events/deal%00/1", {}),
        ("events/deal/1%00", {}),
        ("feed", {"input": "\0"}),
    ]
    for path, parameters in asked:
        assert client.get(f"/v1/{path}", params=parameters).status_code == 422, path


def test_what_cannot_be_searched_is_not_kept(monkeypatch, engine, follower):
    def fail(*_: object, **__: object) -> None:
        raise ValueError("the database does not take it")

    monkeypatch.setattr(saving, "search", fail)
    with pytest.raises(ValueError, match="does not take"):
        saving.save(engine, Query(), "https://example.org", 0)
    with Session(engine) as database:
        assert not database.query(SavedSearch).count()


def test_a_search_that_fails_keeps_no_other_from_its_turn(market, engine, follower, client):
    bad, posts = saved(client), []
    with Session(engine) as database, database.begin():
        database.get(SavedSearch, bad["id"]).query = {"no": "query"}
    saved(client)
    market.chain.mine(registered(2))
    follower.poll()
    assert Teller(engine, lambda *said: posts.append(said)).step() == 1
    assert len(posts) == 1


def test_a_thread_survives_whatever_fails(market, engine):
    monitor, stop, tries = Monitor(), threading.Event(), []
    session = market.session()
    session._store = object()
    service = Service(SimpleNamespace(session=session), engine, monitor, confirmations=1, poll_seconds=0.001)

    def work() -> bool:
        tries.append(None)
        if len(tries) == 3:
            stop.set()
        raise ValueError("unforeseen")

    service._repeat(stop, work)
    assert len(tries) == 3
    assert not monitor.health().healthy
    assert monitor.registry.get_sample_value("assay_index_errors_total", {"error": "ValueError"}) == 3


def test_nothing_is_looked_for_where_nothing_is_new(monkeypatch, market, engine, follower, client):
    saved(client)
    looked, teller = [], Teller(engine, lambda *_: None)
    found = saving._found
    monkeypatch.setattr(saving, "_found", lambda *asked: looked.append(asked) or found(*asked))
    teller.step()
    looked.clear()
    teller.step()
    assert not looked
    market.chain.mine(registered(2))
    follower.poll()
    assert teller.step() == 1
    assert len(looked) == 1


def test_one_client_saves_so_many(engine, follower):
    with TestClient(application(engine, Monitor(), rate=100), base_url=HERE) as client:
        codes = [client.post("/v1/searches", json={"query": {}}).status_code for _ in range(21)]
    assert codes == [201] * 20 + [429]
