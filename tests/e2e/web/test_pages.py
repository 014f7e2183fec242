"""Every page: who can read it, what it weighs, what it lets through, and what strangers cannot make of it."""

from __future__ import annotations

import json
import time

import httpx
import pytest
import yaml
from huggingface_hub import ModelCard as HubCard
from huggingface_hub import parse_eval_result_entries
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import CARD
from playwright.sync_api import expect
from readable import check_page, check_shown

from assay.manifests import parse_any
from assay.markets.model_card import ModelCard

HOSTILE = {
    "title": "</title><script>window.stolen=1</script><img src=x onerror=window.stolen=1>",
    "description": "# <script>window.stolen=1</script>\n[pay](javascript:window.stolen=1) "
    "![track](https://x.example/p)\n"
    "<svg onload=window.stolen=1> [far](https://far.example/a) [data](data:text/html,<script>1</script>)",
    "deliverable": "{{7*7}} <iframe src=//x.example></iframe>",
    "training_data": "<style>*{display:none}</style><form action=//x.example><input name=a>",
}


@pytest.fixture
def pages(stage, indexed):
    """The address of every page, on a market that has something of each kind."""
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(86_401)
    stage["anyone"].commissions.settle(stage.delivering)
    hospital = stage["hospital"].address
    indexed()
    spec = stage["hospital"].commissions.get(stage.building).request.spec.hex()
    return [
        "/",
        "/work",
        "/work?state=all&sort=reserve",
        "/models",
        "/models/1",
        "/models/1/verify",
        "/people",
        "/people?role=validator",
        "/search?q=breast",
        "/disputes",
        "/rules",
        "/figures",
        "/order",
        "/join",
        "/test-sets",
        "/mine",
        f"/deals/{stage.delivering}",
        f"/deals/{stage.building}",
        f"/accounts/{hospital}",
        f"/accounts/{hospital}/deals",
        f"/documents/{spec}",
        "/nowhere",
    ]


def test_each_is_small_quick_closed_to_scripts_and_readable_without_them(pages, served):
    slow = {}
    with httpx.Client(base_url=served.url) as client:
        for path in pages:
            client.get(path)  # what never changes is read once
            begun = time.process_time()
            answer = client.get(path)
            slow[path] = time.process_time() - begun
            assert answer.status_code == (404 if path == "/nowhere" else 200), path
            check_page(answer, path)
    print({path: round(1000 * seconds) for path, seconds in slow.items()})


def test_nothing_serious_is_found_by_axe(pages, visitor):
    """In light and in dark, at a desk and on a phone; nor is a page wider than its screen."""
    desk = visitor("hospital")
    phone = visitor("developer", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path in pages:
        for one in (desk, phone):
            one.visit(path)
            one.complaints[:] = [said for said in one.complaints if "404" not in said]
            check_shown(one.page, path)


def test_without_scripts_there_is_no_button_of_the_wallet(visitor):
    reader = visitor("anyone", java_script_enabled=False)
    expect(reader.visit("/").locator("#connect")).to_be_hidden()


def test_what_strangers_write_neither_runs_nor_tracks_nor_looks_like_the_page(
    stage, visitor, indexed, order, patients
):
    hostile = order.model_copy(update=HOSTILE)
    number = stage["hospital"].commissions.open(hostile, patients).commission_id
    indexed()
    reader = visitor("developer")
    spec = stage["hospital"].commissions.get(number).request.spec.hex()
    for path in (f"/deals/{number}", "/work", "/", f"/documents/{spec}", "/search?q=script"):
        page = reader.visit(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("() => window.stolen") is None
        assert page.locator("main iframe, main img, main script, main style, main svg[onload]").count() == 0
    page = reader.visit(f"/deals/{number}")
    expect(page.locator("h1")).to_have_text(HOSTILE["title"][:119], use_inner_text=True)
    links = page.locator("main .text a").evaluate_all("all => all.map(a => [a.href, a.rel, a.title])")
    assert [link[0] for link in links] == ["https://x.example/p", "https://far.example/a"]
    assert all(address == title and "noreferrer" in rel for address, rel, title in links)
    assert "{{7*7}}" in page.locator("main").inner_text()
    assert page.locator("main form[action]").count() == 0


def test_the_wallet_is_asked_for_nothing_that_the_page_cannot_read(stage, visitor):
    """Whatever a server hands to a page: a foreign contract or function never comes to the wallet."""
    hospital = visitor("hospital")
    page = hospital.visit(f"/accounts/{stage['hospital'].address}")
    hospital.connect()
    sends = """async ([to, data]) => {
        const { send } = await import('/static/js/review.js');
        return send({ to, data, value: '0x0' }).catch(error => error.message);
    }"""
    escrow, token = stage.chain.at("Escrow"), stage.chain.deployment.tokens.payment
    stranger = "0x" + "11" * 20
    assert "not a contract of this market" in page.evaluate(sends, [stranger, "0x"])
    assert "no function" in page.evaluate(sends, [escrow, "0x2f2ff15d" + "00" * 64])  # grantRole
    assert "no function" in page.evaluate(sends, [token, "0xa9059cbb" + "00" * 64])  # transfer
    withdraw = stage["hospital"].session.contract("Escrow").call("withdraw", token, 1).data.hex()
    assert "more than one way" in page.evaluate(sends, [escrow, "0x" + withdraw + "00" * 32])
    assert not hospital.wallet.signed


def test_the_gate(served):
    with httpx.Client(base_url=served.url) as client:
        body = {"data": "0x", "contract": "", "message": ""}
        assert client.post("/explain", json=body).status_code == 403
        own = {"origin": served.url}
        assert client.post("/explain", json=body, headers=own).status_code == 200
        assert client.post("/explain", json=body, headers={"origin": "https://x.example"}).status_code == 403
        assert client.get("/", headers={"host": "x.example"}).status_code == 421
        assert client.post("/documents", content=b"<html>", headers=own).status_code == 422
        assert client.post("/documents", content=b"0" * (1 << 20) + b"0", headers=own).status_code == 413
        cid = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
        assert client.post(f"/artifacts?cid={cid}", content=b"plain text", headers=own).status_code == 422
        sealed = b"assaySL\x01" + b"\0" * 60
        assert client.post(f"/artifacts?cid={cid}", content=sealed, headers=own).status_code == 422


def test_what_a_model_page_hands_out_for_the_hugging_face_hub(stage, pages, served):
    """It is what the command writes, from the index's tables in place of the chain."""
    (event,) = stage["anyone"].session.events.find("ModelRegistry", "VersionRegistered", modelId=1)
    with httpx.Client(base_url=served.url) as client:
        assert 'action="/models/1/eval-results"' in client.get("/models/1").text
        answer = client.get("/models/1/eval-results", params={"benchmark": "hospital/aspirates"})
        refused = client.get("/models/1/eval-results", params={"benchmark": "a/b\n- dataset"})
        absent = client.get("/models/1/eval-results", params={"benchmark": "a/b", "test_set": "7"})
        card = HubCard(client.get("/models/1/card").text, ignore_metadata_errors=False)
    assert (refused.status_code, absent.status_code) == (404, 404)
    assert answer.headers["content-disposition"] == 'attachment; filename="assay.yaml"'
    (entry,) = parse_eval_result_entries(yaml.safe_load(answer.text))
    assert (entry.dataset_id, entry.value) == ("hospital/aspirates", event.arguments["score"] / 1_000_000)
    assert entry.source_url == f"{served.url}/models/1"
    order = stage["anyone"].commissions.spec(stage.delivering)
    for fact in (f"transaction {event.tx_hash} in block {event.block} of chain 31337", order.dataset):
        assert fact in entry.notes
    (result,) = card.data.eval_results
    assert (result.dataset_args["transaction"], result.metric_value) == (event.tx_hash, entry.value)
    assert event.tx_hash in card.text


PLACES = st.sampled_from(
    [
        *("/work", "/models", "/people", "/search", "/deals/{}", "/disputes/{}"),
        *("/models/{}", "/models/{}/card", "/models/{}/eval-results"),
        *("/opinions/{}", "/agreements/new", "/agreements/{}", "/test-sets/{}", "/assessments/{}"),
        *("/lineage-claims", "/lineage-claims/{}", "/lineage-claims/{}/watermark"),
    ]
)
WORDS = st.text(max_size=40) | st.sampled_from(
    ["'", '"', "*", 'a" OR "b', "NEAR(", "-1", "1e9", "0x", "\x00", "%"]
)


ASKED = ["q", "domain", "task", "sort", "role", "page", "benchmark", "template", "deal", "law", "model"]


@settings(max_examples=60)
@given(
    PLACES,
    WORDS,
    st.dictionaries(st.sampled_from(ASKED), WORDS),
)
def test_forms_and_addresses_take_anything(served, place, word, fields):
    with httpx.Client(base_url=served.url, timeout=30) as client:
        path = place.format(httpx.QueryParams({"": word}).__str__()[1:] or "x")
        answer = client.get(path, params=fields)
    assert answer.status_code in (200, 307, 308, 400, 404), (path, fields, answer.text[:300])
    assert "content-security-policy" in answer.headers


POSTED = [
    "/explain",
    "/order/check",
    "/order/draft",
    "/offers/draft",
    "/models/draft",
    "/verdicts",
    "/documents",
    f"/artifacts?cid={'b' * 59}",
    f"/watermarks?cid=baf{'a' * 56}",
]


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(max_size=8), of, max_size=4),
        max_leaves=8,
    )
)
def test_what_is_posted_can_be_anything(served, body):
    with httpx.Client(base_url=served.url, headers={"origin": served.url}, timeout=30) as client:
        for path in POSTED:
            answer = client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
            assert answer.status_code in (200, 400, 422), (path, body, answer.text[:300])


ANYTHING = st.none() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=8), max_size=2)
ODD = st.dictionaries(st.sampled_from(sorted(ModelCard.model_fields)), ANYTHING, max_size=2)
CARDS = ODD.map(lambda odd: json.dumps(CARD.model_dump(mode="json") | odd)) | st.text(max_size=30)
"""JSON of a card with anything in the place of a field or two."""
GRAPH = {"opset": 17, "inputs": [{"name": "X", "dtype": "float32", "shape": [None, 30]}]}
GRAPH["outputs"] = GRAPH["inputs"]


@settings(max_examples=30)
@given(CARDS, st.just(json.dumps(GRAPH)) | st.text(max_size=20))
def test_a_card_holds_anything(served, prepared, card, graph):
    """It is refused in words, or becomes a document in its one form."""
    artifact = prepared["hospital"].commissions.dataset(prepared.building).artifact
    sealed = {"commission": prepared.building, "artifact": artifact.model_dump(mode="json")}
    body = {**sealed, "card": card, "graph": graph}
    with httpx.Client(base_url=served.url, headers={"origin": served.url}, timeout=30) as client:
        answer = client.post("/models/draft", json=body)
    assert answer.status_code in (200, 422), (body, answer.text[:300])
    if answer.status_code == 422:
        assert answer.json()["text"]
    else:
        parse_any(answer.json()["manifest"].encode())
