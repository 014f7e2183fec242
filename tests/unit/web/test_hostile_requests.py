"""Whatever strangers ask and send, pages answer or refuse in words, and nobody asks too much."""

from __future__ import annotations

import json
import random

import pytest
from asked_anything import escaped, forms, market_of, questions, refused_politely
from fake_market import FakeMarket, fresh, made_up
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_indexer.follow import Follower
from assay_indexer.projections import TAKERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With an index of a chain on which everything has happened that can."""
    folder, market, chance = tmp_path_factory.mktemp("web"), FakeMarket(), random.Random(4)
    first = [("VickreyAuction", "AuctionOpened"), ("CommissionMarket", "CommissionOpened")]
    for _ in range(3):
        for event in [*first, *sorted(TAKERS)]:
            market.chain.mine(made_up(*event, chance))
    Follower(market.session(), fresh(folder, "index"), confirmations=3).poll()
    return folder


@pytest.fixture(scope="module")
def client(folder):
    with market_of(folder, f"sqlite:///{folder / 'index.sqlite'}") as client:
        yield client


@given(st.data())
@settings(max_examples=150)
def test_no_question_breaks_a_page(client, data):
    path = data.draw(questions())
    answer = client.get(path, follow_redirects=False)
    assert refused_politely(answer), (path, answer.status_code, answer.text[:300])


@given(st.data())
@settings(max_examples=150)
def test_no_form_breaks_a_page(client, data):
    path, said = data.draw(forms())
    body = json.dumps(said)
    answer = client.post(path, content=body)
    assert refused_politely(answer), (path, body, answer.status_code, answer.text[:300])


@pytest.mark.parametrize("word", ["\x00", b"\xff\xfe", "\ud800"])
@pytest.mark.parametrize(
    "page", ["/work?q=", "/work?domain=", "/models?licence=", "/people?role=", "/search?q="]
)
def test_what_is_no_text_is_refused_with_a_sentence(client, page, word):
    answer = client.get(page + escaped(word))
    assert (answer.status_code, "no text" in answer.text) == (400, True)


def test_who_asks_too_much_waits(folder):
    with market_of(folder, f"sqlite:///{folder / 'index.sqlite'}", rate=1) as client:
        answers = [client.get("/people") for _ in range(10)]
        refused = answers[-1]
        assert {one.status_code for one in answers} == {200, 429}
        assert int(refused.headers["retry-after"]) >= 1
        assert "Wait a moment" in refused.text
        assert refused.headers["content-security-policy"]
        assert client.get("/static/style.css").status_code == 200
