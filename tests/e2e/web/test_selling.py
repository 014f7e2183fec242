"""A seller in a browser: an offer with its licence, an auction, trials, and taking an offer back."""

from __future__ import annotations

import pytest
from bazaar import Bazaar
from playwright.sync_api import expect
from stage import UNIT

from assay.manifests import Licence
from assay.structs import TrialAllowance


@pytest.fixture
def unlisted(stage, indexed) -> Bazaar:
    """The hospital's model, which is on no sale yet."""
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(86_401)
    stage["anyone"].commissions.settle(stage.delivering)
    indexed()
    return Bazaar(stage, stage["hospital"].commissions.get(stage.delivering).manifest)


@pytest.fixture
def bazaar(unlisted, indexed) -> Bazaar:
    """The same on offer."""
    unlisted.open_for_all()
    indexed()
    return unlisted


def test_an_offer_and_a_purchase_by_somebody_new(unlisted, stage, visitor, indexed):
    """Listed and offered at once, after its licence was read; the buyer joins with its purchase."""
    hospital = visitor("hospital")
    page = hospital.visit("/models/1")
    hospital.connect()
    form = page.locator("#act-model-offer")
    form.locator("[name=purposes][value=derive]").check()
    form.locator("[name=restrictions][value=unlawful]").check()
    said = hospital.do("model-offer", price="120", in_flight="2", term="365")
    assert any(one.startswith("Add ") for one in said)
    assert "a seat for 120 tUSD" in said[-1]
    assert "for: use, derive" in said[-1]
    offers = stage["hospital"].offers
    number = int(page.url.rsplit("/", 1)[1])
    offer = offers.offer(number).terms.offer
    assert (offer.good, offer.price, offer.seats, offer.term) == (unlisted.good, 120 * UNIT, 1, 365 * 86_400)
    licence = stage["hospital"].session.fetch(offer.licence, Licence)
    assert licence.purposes == ("use", "derive")
    assert "unlawful" in licence.restrictions
    assert offers.account().bond == 2 * offer.bond
    stage.chain.wallet("stranger")
    buyer = visitor("stranger")
    page = buyer.visit(f"/offers/{number}")
    buyer.connect()
    form = page.locator("#act-offer-buy")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("Say where you are")
    form.locator("[name=joining]").select_option(label="CH")
    said = buyer.do("offer-buy")
    assert "It also registers your account, as a customer in CH." in said[-1]
    assert list(stage["stranger"].licences.held_by(stage["stranger"].address))
    assert stage["stranger"].participants.is_registered()


def test_the_text_of_the_licence_is_read_before_anything_is_signed(unlisted, visitor, indexed):
    """What the server writes otherwise than was chosen is not signed."""
    hospital = visitor("hospital")
    page = hospital.visit("/models/1")
    hospital.connect()

    def with_other_text(route):
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"text": "All of it is yours."})

    page.route("**/offers/draft", with_other_text)
    form = page.locator("#act-model-offer")
    form.locator("[name=price]").fill("120")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("not what you chose")
    assert not hospital.wallet.signed


def test_an_auction_is_opened(bazaar, visitor):
    hospital = visitor("hospital")
    page = hospital.visit(f"/offers/{bazaar.offer_id}")
    hospital.connect()
    said = hospital.do("offer-open_auction", deposit="400", licences="2", exclusive="yes")
    assert "Put 2 licences with 1 seats each to auction" in said[-1]
    assert "nobody else ever buys" in said[-1]
    number = int(page.url.rsplit("/", 1)[1])
    lot = bazaar["hospital"].auctions.get(number).lot
    assert (lot.licences, lot.exclusive, lot.deposit) == (2, True, 400 * UNIT)
    assert lot.reveal_ends - lot.commit_ends == 86_400


def test_a_deposit_below_the_least_price_is_told(bazaar, visitor):
    hospital = visitor("hospital")
    page = hospital.visit(f"/offers/{bazaar.offer_id}")
    hospital.connect()
    form = page.locator("#act-offer-open_auction")
    form.locator("[name=deposit]").fill("119")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("at least the least price of 120 tUSD")
    form.locator("[name=licences]").fill("17")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("from 1 to 16")
    assert not hospital.wallet.signed


def test_trials_are_allowed_and_the_offer_taken_back(bazaar, visitor, indexed):
    hospital = visitor("hospital")
    hospital.visit(f"/offers/{bazaar.offer_id}")
    hospital.connect()
    said = hospital.do("offer-allow_trials", quota="3", exposure_fee="2", bond="20")
    assert "Allow 3 trials" in said[-1]
    allowed = TrialAllowance(exposure_fee=2 * UNIT, bond=20 * UNIT, quota=3, exclusive=False)
    assert bazaar["hospital"].trials.allowance(bazaar.offer_id) == allowed
    hospital.visit(f"/offers/{bazaar.offer_id}")
    assert "Take offer" in hospital.do("offer-withdraw_offer")[-1]
    assert bazaar["hospital"].offers.offer(bazaar.offer_id).withdrawn
