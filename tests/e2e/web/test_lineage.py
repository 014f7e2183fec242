"""Claims of lineage in a browser: terms, claim, denial, jury; admitted; ended."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from playwright.sync_api import expect
from readable import check_page, check_shown
from stage import UNIT

from assay.judges.disputes import Claim
from assay.manifests import ModelManifest
from assay.manifests.trigger_set import WatermarkClaim
from assay.store.cid import unixfs_cid
from assay.structs import LineageClaimState
from assay_indexer.check import differences
from assay_indexer.queries import Index

DAY = 86_400


@pytest.fixture
def models(stage, model, indexed) -> tuple[bytes, bytes]:
    """The hospital's model with its terms, and the rival's that was listed later."""
    found = stage.two_models(model)
    indexed()
    return found


def number_of(stage, good: bytes) -> int:
    return stage["anyone"].goods.get(good).good.token_id


def shown(stage, models, tmp_path, **changes):
    """A watermark that the hospital shows; whether it is true is for a jury to find out."""
    parent, child = models
    sold = stage["anyone"].session.fetch(child, ModelManifest).artifact.plaintext_sha256
    inputs = {"dtype": "uint8", "row_shape": [1], "data": base64.b64encode(bytes(128)).decode()}
    pairs = [[0, 1]] * 128
    triggers = {"secret": "07" * 32, "classes": ["a", "b"], "inputs": inputs, "pairs": pairs}
    said = {"model": parent.hex(), "suspect_sha256": sold, "output": "label", "asked": 128, "matches": 128}
    claim = WatermarkClaim.model_validate_json(json.dumps({**said, **changes, "triggers": triggers}))
    path = tmp_path / "watermark.json"
    path.write_text(claim.model_dump_json())
    return path


def at(visitor, name: str, path: str):
    one = visitor(name)
    one.visit(path)
    one.connect()
    return one


def test_from_the_claim_to_the_jury(stage, models, visitor, indexed, index, served, pictures, tmp_path):
    parent, child = models
    claims, number = stage["anyone"].lineage_claims, number_of(stage, child)
    owner = at(visitor, "hospital", f"/models/{number_of(stage, parent)}")
    watermark = shown(stage, models, tmp_path)
    said = {"claim": "It answers my triggers.", "statement": "See the **watermark**."}
    before = stage["hospital"].escrow.wallet_balance() + stage["hospital"].escrow.balance()
    asked = owner.do("model-claim_lineage", child=str(number), shown_watermark=watermark, **said)
    assert f"the model 0x{child.hex()} was made from your model 0x{parent.hex()}" in asked[-1]
    expect(owner.page).to_have_url(f"{owner.url}/lineage-claims/1")
    claim = claims.get(1)
    assert (claim.claim.parent, claim.claim.child) == (parent, child)
    assert before - stage["hospital"].escrow.wallet_balance() - stage["hospital"].escrow.balance() == (
        claim.claim.bond
    )
    assert claims.read(claim, claim.evidence[0]).statement == said["statement"]
    claims.fetch_watermark(1, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == watermark.read_bytes()

    accused = at(visitor, "rival", f"/accounts/{stage['rival'].address}/deals")
    due = accused.page.locator(".card.due", has_text="Lineage claim 1")
    expect(due).to_contain_text("Admit it, or deny it with a bond of 200 tUSD")
    expect(due).to_contain_text("burnt and not yours")
    accused.press(".card.due a.button")
    expect(accused.page).to_have_url(f"{accused.url}/lineage-claims/1")
    accused.press("#lineage-deny_lineage-claim", typed="It was trained on other rows.")
    served.bodies.clear()
    accused.press("#act-lineage-deny_lineage button")
    expect(accused.page.locator("dialog.review")).to_be_visible()
    accused.page.screenshot(path=pictures / "deny.png")
    assert b"trained on other rows" not in served.bodies  # it leaves the browser after the yes
    accused.agree_by_keys()
    assert b"trained on other rows" in served.bodies
    assert claims.claim_of(1).denied
    owner.visit(f"/accounts/{stage['hospital'].address}/deals")
    due = owner.page.locator(".card.due", has_text="Lineage claim 1")
    expect(due).to_contain_text("your bond of 200 tUSD is the owner's")
    owner.visit("/lineage-claims/1")
    asked = owner.do("lineage-pursue_lineage", claim="It is mine.")
    assert "Contest deal 1 of LineageClaims" in asked[-1]
    assert claims.claim_of(1).state == LineageClaimState.DISPUTED
    indexed()
    assert list(differences(Index.at(index), stage["anyone"])) == []

    paths = [f"/lineage-claims?model={number}", "/lineage-claims/1", f"/models/{number}"]
    with httpx.Client(base_url=served.url, timeout=30) as client:
        for path in paths:
            check_page(client.get(path), path)
        assert client.get("/lineage-claims/1/watermark").content == watermark.read_bytes()
        kept = f"/watermarks?cid={unixfs_cid([watermark.read_bytes()])}"
        for content in (b"{}", watermark.read_bytes() + b" "):
            refused = client.post(kept, content=content, headers={"origin": served.url})
            assert (refused.status_code, "not a watermark" in refused.text) == (422, True)
        assert client.get("/lineage-claims/2").status_code == 404
        assert client.get("/lineage-claims/2/watermark").status_code == 404
    desk = visitor("anyone")
    phone = visitor("anyone", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path in paths:
        for name, one in (("desk", desk), ("phone", phone)):
            page = one.visit(path)
            page.screenshot(path=pictures / f"{path.replace('/', '_')}-{name}.png", full_page=True)
            check_shown(page, path)


def test_terms_by_keyboard_and_a_claim_that_is_admitted_or_ended(stage, models, visitor, indexed):
    parent, child = models
    claims, number = stage["anyone"].lineage_claims, number_of(stage, child)
    rival = at(visitor, "rival", f"/models/{number}")
    rival.press("#model-lineage_terms-royalty_floor", typed="1")
    rival.press("#act-model-lineage_terms button")
    rival.agree_by_keys()
    terms = claims.terms_of(child)
    assert (terms.ppm, terms.floor) == (50_000, UNIT)
    expect(rival.page.locator("#asks + ul")).to_contain_text("5 % of each sale, and at least 1 tUSD")
    expect(rival.page.locator("#act-model-lineage_terms")).to_have_count(0)

    hospital = stage["hospital"].lineage_claims
    hospital.claim(parent, child, Claim(claim="It is mine."))
    with stage.chain.undone():
        stage.chain.advance(60 * DAY)
        indexed()
        anyone = at(visitor, "anyone", "/lineage-claims/1")
        expect(anyone.page.locator("main")).to_contain_text("its bond of 200 tUSD is burnt")
        assert "Refuse claim 1" in anyone.do("lineage-settle_lineage")[-1]
        assert claims.claim_of(1).state == LineageClaimState.REFUSED
    indexed()
    before = stage["hospital"].escrow.balance()
    rival.visit("/lineage-claims/1")
    rival.press("#act-lineage-admit_lineage button")
    expect(rival.page.locator("dialog.review .worst")).to_contain_text("up to 5 % of their price")
    rival.agree_by_keys()
    assert claims.get(1).added.admitted
    assert stage["hospital"].escrow.balance() == before + 200 * UNIT
    expect(rival.page.locator("main")).to_contain_text("upheld: its owner says so")
