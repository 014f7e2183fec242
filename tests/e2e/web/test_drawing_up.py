"""Agreements that are drawn up on a page, also with a bond; and an offer that asks for one."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx
import pytest
from bazaar import Bazaar
from playwright.sync_api import expect
from readable import check_page, check_shown
from stage import DAY, UNIT

from assay.manifests import Licence
from assay.markets.templates import write_agreement
from assay.structs import Role

WORDS = {
    "discloser": "The hospital",
    "subject": "<script>window.stolen=1</script> patients",
    "purpose": "making a model",
    "term": "2 years",
    "penalty": "50,000 EUR",
    "law": "Switzerland",
}


@pytest.fixture
def unlisted(stage, indexed) -> Bazaar:
    """The hospital's model, which is on no sale yet."""
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(86_401)
    stage["anyone"].commissions.settle(stage.delivering)
    indexed()
    return Bazaar(stage, stage["hospital"].commissions.get(stage.delivering).manifest)


def reads_without_scripts(served, stage) -> str:
    """The form has what a deal says, tells what is missing, and shows the whole text; the text's address."""
    number = stage.building
    with httpx.Client(base_url=served.url, timeout=30) as client:
        empty = client.get(f"/agreements/new?template=data-use&deal={number}")
        check_page(empty, "/agreements/new")
        assert stage["hospital"].address in empty.text
        assert '<option value="healthcare" selected>' in empty.text
        lacking = client.get("/agreements/new?template=nda&discloser=me")
        assert "also asks for" in lacking.text
        assert "act-drawing-draw_up" in lacking.text  # of a text of one's own
        path = "/agreements/new?" + urlencode({"template": "nda", "domain": "healthcare", **WORDS})
        whole = client.get(path)
        check_page(whole, path)
        assert "&lt;script&gt;window.stolen=1&lt;/script&gt; patients" in whole.text
        assert "For healthcare" in whole.text
        assert client.get(f"/agreements/{'12' * 32}").status_code == 404
    return path


def test_agreements_and_an_offer_that_asks_for_one(
    unlisted, stage, served, visitor, indexed, tmp_path, pictures
):
    path = reads_without_scripts(served, stage)
    hospital = visitor("hospital")
    page = hospital.visit(path)
    hospital.connect()
    page.screenshot(path=pictures / "drawing-up.png", full_page=True)
    check_shown(page, path)
    said = hospital.do("drawing-draw_up")
    chain_id = stage.chain.deployment.chain_id
    expected = write_agreement("nda", WORDS, chain_id=chain_id, domain="healthcare")
    assert expected.digest().hex() in said[-1]
    assert page.url.endswith(f"/agreements/{expected.digest().hex()}")
    assert stage["hospital"].agreements.signed_at(expected.digest())
    assert stage["hospital"].agreements.get(expected.digest()) == expected
    bonded(hospital, stage, path, expected)
    own_text(hospital, visitor, stage, tmp_path)
    rated(hospital, stage)
    agreement = expected.digest()
    offered_on_all_terms(hospital, stage, unlisted, agreement, pictures)


def bonded(hospital, stage, path, expected):
    """The same with a bond, whose beneficiary draws it up."""
    page = hospital.visit(path)
    form = page.locator("#act-drawing-draw_up_bond")
    form.locator("[name=pledge_bond]").fill("40")
    form.locator("[name=breach_days]").fill("29")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("from 30 to 1095")
    said = hospital.do("drawing-draw_up_bond", pledge_bond="40", breach_days="90")
    assert "each party puts up 40 tUSD, and a breach can be claimed for 90 days" in said[-1]
    name = bytes.fromhex(page.url.rsplit("/", 1)[1])
    terms = stage["anyone"].pledges.require(name)
    assert (terms.text, terms.bond, terms.term) == (expected.digest(), 40 * UNIT, 90 * DAY)
    assert terms.beneficiary == stage["hospital"].address


def own_text(hospital, visitor, stage, tmp_path):
    """A text of one's own is published and signed by somebody else; one that hides something is not."""
    page = hospital.visit("/agreements/new")
    hidden, plain = tmp_path / "hidden.txt", tmp_path / "plain.txt"
    hidden.write_text("You owe me \u202e5\u202c.")
    plain.write_bytes(b"Wir sind uns einig.\r\n")
    form = page.locator("#act-drawing-draw_up")
    form.locator("[name=text_title]").fill("Our deal")
    form.locator("[name=text]").set_input_files(hidden)
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("cannot show")
    assert hospital.do("drawing-draw_up", text_title="Our deal", text=plain, way="publish") == []
    page.wait_for_url("**/agreements/*")
    expect(page.locator("main")).to_contain_text("Wir sind uns einig.")
    digest = page.url.rsplit("/", 1)[1]
    rival = visitor("rival")
    rival.visit(f"/agreements/{digest}")
    rival.connect()
    rival.do("agreement1-sign")
    assert stage["rival"].agreements.signed_at(bytes.fromhex(digest))


def rated(hospital, stage):
    """The developer of the deal that is settled is rated, once."""
    page = hospital.visit(f"/deals/{stage.delivering}")
    assert "with 4 of five stars" in hospital.do("deal-rate", stars="4")[-1]
    (rating,) = stage["hospital"].reputation.ratings(stage["developer"].address)
    assert rating.stars == 4
    hospital.visit(f"/deals/{stage.delivering}")
    expect(page.locator("#act-deal-rate")).to_have_count(0)


def offered_on_all_terms(hospital, stage, unlisted, agreement, pictures):
    """All that the command can ask for, and other terms in its place afterwards."""
    page = hospital.visit("/models/1")
    form = page.locator("#act-model-offer")
    form.locator("details summary").click()
    page.screenshot(path=pictures / "offer-terms.png", full_page=True)
    check_shown(page, "/models/1")
    form.locator("[name=purposes][value=derive]").check()
    for role in ("developer", "auditor"):
        form.locator(f"[name=audience][value={role}]").check()
    form.locator("[name=places]").fill("ch, de")
    form.locator("[name=further]").fill("on a Sunday\n\nwithout a hat")
    form.locator("[name=section]").select_option("healthcare")
    for name, value in {"agreement": agreement.hex(), "royalty": "2.5", "royalty_floor": "3"}.items():
        form.locator(f"[name={name}]").fill(value)
    said = hospital.do("model-offer", price="120", in_flight="1", sale_bond="70")
    assert "for these roles only: developer, auditor" in said[-1]
    assert f"Buyers must have agreed to 0x{agreement.hex()}" in said[-1]
    assert "owe you 2.5 % of each sale, and at least 3 tUSD a seat" in said[-1]
    number = int(page.url.rsplit("/", 1)[1])
    offer = stage["hospital"].offers.offer(number).terms.offer
    assert offer.audience == 1 << Role.DEVELOPER | 1 << Role.AUDITOR
    assert (offer.agreement, offer.royalty_ppm, offer.royalty_floor) == (agreement, 25_000, 3 * UNIT)
    assert offer.bond == 70 * UNIT
    licence = stage["hospital"].session.fetch(offer.licence, Licence)
    assert licence.jurisdictions == ("CH", "DE")
    assert licence.further_restrictions == ("on a Sunday", "without a hat")
    page = hospital.visit(f"/offers/{number}")
    form = page.locator("#act-offer-change_offer")
    expect(form.locator("[name=price]")).to_have_value("120")
    form.locator("details summary").click()
    expect(form.locator("[name=royalty]")).to_have_value("2.5")
    form.locator("[name=audience][value=auditor]").uncheck()
    said = hospital.do("offer-change_offer", price="90", spdx="MIT", in_flight="0", sale_bond="70")
    assert f"Put other terms in the place of offer {number}: a seat for 90 tUSD" in said[-1]
    own = f"/accounts/{stage['hospital'].address}"
    hospital.visit(own)
    form = hospital.page.locator("form[id$='-take_bond']").get_attribute("id").removeprefix("act-")
    assert "Take 5 tUSD of your seller's bond back" in hospital.do(form, amount="5")[-1]
    assert stage["hospital"].offers.account().bond == 65 * UNIT
    changed = stage["hospital"].offers.offer(number).terms.offer
    assert (changed.price, changed.audience) == (90 * UNIT, 1 << Role.DEVELOPER)
    assert stage["hospital"].session.fetch(changed.licence, Licence).spdx == "MIT"
