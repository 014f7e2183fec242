"""The read API answers under the names that it was given, and under none that a stranger has made up."""

from __future__ import annotations

import http.client

import pytest
from fake_market import FakeMarket, fresh
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from assay_indexer.errors import IndexerError
from assay_indexer.follow import Follower
from assay_indexer.monitor import Monitor
from assay_indexer.server import application, serving

PATHS = ("/v1/status", "/v1/feed", "/health", "/metrics", "/openapi.json")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = fresh(tmp_path_factory.mktemp("index"), "index")
    Follower(FakeMarket().session(), engine, confirmations=3).poll()
    return engine


@pytest.fixture(scope="module")
def client(engine):
    with TestClient(
        application(engine, Monitor(), hosts=("Index.example", "[2001:db8::1]"), rate=0)
    ) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8646",
        "localhost:1",
        "[::1]:8646",
        "index.example",
        "INDEX.EXAMPLE:443",
        "[2001:db8::1]",
    ],
)
def test_its_own_names_are_served_whatever_the_port(client, host):
    assert client.get("/v1/status", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "index.example.evil.example", "evil.example:8646", ""]
)
def test_a_name_that_points_here_reads_nothing(client, host, path):
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_no_feed_repeats_a_strangers_name(client, host):
    answer = client.get("/v1/feed", headers={"host": host})
    if answer.status_code == 200:
        assert host.lower().startswith(("127.0.0.1", "localhost", "[::1]", "index.example", "[2001:db8::1]"))


def test_the_address_that_it_listens_on_is_one_of_them(engine):
    with serving(engine, Monitor(), "127.0.0.2:0", rate=0) as port:
        codes = []
        for host in (f"127.0.0.2:{port}", "evil.example"):
            connection = http.client.HTTPConnection("127.0.0.2", port, timeout=20)
            connection.request("GET", "/v1/status", headers={"Host": host})
            codes.append(connection.getresponse().status)
            connection.close()
    assert codes == [200, 400]


@pytest.mark.parametrize(
    "name", ["", "*", "*.example", "http://index.example", "index.example:443", "a b", "::1"]
)
def test_what_is_no_name_is_refused_at_the_start(engine, name):
    with pytest.raises(IndexerError, match="host name"):
        application(engine, Monitor(), hosts=(name,))
