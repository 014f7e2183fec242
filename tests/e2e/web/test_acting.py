"""People who act in the market with a browser wallet, from an empty browser."""

from __future__ import annotations

import hashlib
import json

import pytest
from patients import CARD
from playwright.sync_api import expect
from stage import ATTESTED, UNIT, scored

from assay import Role, State
from assay.structs import CourtState, RoundState, Side

HOUR = 3600
JURORS = [f"juror {number}" for number in range(9)]


@pytest.fixture
def order_file(order, tmp_path):
    path = tmp_path / "order.json"
    path.write_text(order.model_dump_json())
    return path


def ordered(visitor, stage, order_file, patients):
    """The clinic joins and orders with real data; its browser, and the deal's number."""
    stage.chain.wallet("clinic")
    clinic = visitor("clinic")
    clinic.visit("/join")
    clinic.connect()
    clinic.page.locator("[name=jurisdiction]").select_option(label="CH")
    said = clinic.do("join-register", role="1", organisation="clinic.example")
    assert said[-1].startswith("Register your account")
    clinic.visit("/order")
    said = clinic.do("order-order", order=order_file, data=patients)
    assert "at most 1,000 tUSD for the model" in said[-1]
    assert "A model passes at 90 %" in said[-1]
    number = stage["clinic"].commissions.count()
    assert clinic.page.url.endswith(f"/deals/{number}")
    return clinic, number


def bids(visitor, stage, number):
    """Two developers bid and reveal in their browsers, and a stranger closes the auction in a third."""
    developers = {name: visitor(name) for name in ("developer", "rival")}
    for (name, one), price in zip(developers.items(), ("650.5", "700"), strict=True):
        one.visit(f"/deals/{number}")
        one.connect()
        assert "sealed bid" in one.do("deal-bid", price=price)[-1]
        assert stage[name].bids.get(number).committed_at
    stage.chain.advance(601)
    for one in developers.values():
        one.visit(f"/deals/{number}")
        assert "Reveal your bid of" in one.do("deal-reveal")[-1]
    stage.chain.advance(601)
    anyone = visitor("anyone")
    anyone.visit(f"/deals/{number}")
    anyone.connect()
    anyone.do("deal-advance")
    deal = stage["clinic"].commissions.get(number)
    assert (deal.developer, deal.price) == (stage["developer"].address, 700 * UNIT)
    return developers["developer"]


def test_from_an_order_to_the_opened_model_and_a_vote_of_the_jury(
    stage, visitor, indexed, order_file, patients, model, tmp_path
):
    for name in JURORS:
        stage.accredit(name, Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    for name in JURORS:
        stage[name].court.enrol()
    stage.chain.advance(HOUR + 1)
    clinic, number = ordered(visitor, stage, order_file, patients)
    bids(visitor, stage, number)
    stage.seat(number)
    indexed()
    grant_and_test(stage, clinic, number, model)
    opened = clinic.visit(f"/deals/{number}")
    clinic.do("deal-open_model")
    with opened.expect_download() as download:
        opened.locator("a[download]").click()
    saved = tmp_path / "opened.onnx"
    download.value.save_as(saved)
    assert saved.read_bytes() == model.read_bytes()
    contest(stage, visitor, clinic, number, indexed)


def grant_and_test(stage, clinic, number, model):
    """The clinic grants its data's key from its list of duties; the panel tests; the key is delivered."""
    page = clinic.visit(f"/accounts/{stage['clinic'].address}/deals")
    expect(page.locator(".card.due")).to_contain_text("kill fee")
    assert "Only those to whom they are sealed can open them" in clinic.do("due1-grant")[-1]
    member = stage[stage.panel(number)[0]]
    panel_id = member.commissions.get(number).panel_id
    sealed = member.commissions.dataset(number).artifact
    assert member.rounds.key(panel_id, 0, sealed).hash == sealed.key_hash
    stage.report(number, ATTESTED)
    stage["developer"].models.submit(number, model, CARD)
    stage.evaluate(number, scored(950_000))
    stage["developer"].models.deliver(number)


def contest(stage, visitor, clinic, number, indexed):
    """The clinic contests; a juror takes the seat, votes and reveals in the browser."""
    clinic.visit(f"/deals/{number}")
    said = clinic.do("deal-dispute", claim="It is another model.", statement="**See** for yourself")
    assert "Contest deal " in said[-1]
    assert stage.state(number) == State.DISPUTED
    dispute = stage["clinic"].disputes.of_commission(number)
    case_id = stage["clinic"].court.case_of(dispute)
    stage["anyone"].commissions.advance(number)
    stage.chain.anvil.mine(3)
    stage["anyone"].disputes.advance(dispute)
    indexed()
    names = {stage[name].address: name for name in JURORS}
    jury = [names[seat.juror] for seat in stage["anyone"].court.seats(case_id)]
    juror = visitor(jury[0])
    page = juror.visit(f"/accounts/{stage[jury[0]].address}/deals")
    juror.connect()
    page.locator(".card.due a").first.click()
    expect(page.locator("article.card")).to_contain_text("It is another model.")
    juror.do(own_form(juror, "call"))
    for name in jury[1:]:
        stage[name].court.accept(case_id)
    stage["anyone"].court.advance(case_id)
    page.reload()
    juror.do(own_form(juror, "juror-vote"), side="2")
    for name in jury[1:]:
        stage[name].court.commit(case_id, Side.DEVELOPER)
    stage["anyone"].court.advance(case_id)
    page.reload()
    assert "for the developer or party" in juror.do(own_form(juror, "juror-reveal"))[-1]
    assert stage["anyone"].court.seats(case_id)[0].vote - 1 == Side.DEVELOPER
    assert stage["anyone"].court.get(case_id).state == CourtState.REVEALING


def own_form(visitor, module):
    """The form that is for this visitor alone."""
    own = visitor.wallet.account.address.lower()
    form = visitor.page.locator(f"form[data-act={module}][data-only='{own}']")
    return form.get_attribute("id").removeprefix("act-")


def test_an_appeal(stage, visitor, model):
    number = stage.building
    stage["developer"].models.submit(number, model, CARD)
    stage.vote_in(number, scored(850_000))
    developer = visitor("developer")
    developer.visit(f"/deals/{number}")
    developer.connect()
    said = developer.do("deal-appeal")
    assert said[-1].startswith("Appeal the answer of panel")
    assert stage.round(number).state == RoundState.APPEAL_DRAWING


def test_by_keyboard_alone(stage, visitor, order, patients):
    number = stage["hospital"].commissions.open(order, patients).commission_id
    developer = visitor("developer")
    page = developer.visit(f"/deals/{number}")
    developer.press("#connect")
    expect(page.locator("#connect")).to_contain_text("0x")
    developer.press("#deal-bid-price", typed="650")
    developer.press("#act-deal-bid button")
    developer.agree_by_keys()
    assert stage["developer"].bids.get(number).committed_at
    assert stage["developer"].bids.auction(number).bond


def test_who_says_no_sends_nothing(stage, visitor, order, patients):
    number = stage["hospital"].commissions.open(order, patients).commission_id
    developer = visitor("developer")
    page = developer.visit(f"/deals/{number}")
    developer.connect()
    form = page.locator("#act-deal-bid")
    form.locator("[name=price]").fill("650")
    form.locator("button").click()
    page.locator("dialog.review button[value='']").click()
    expect(form.locator("[data-status]")).to_have_text("Nothing was sent.")
    developer.wallet.refuses = True
    form.locator("button").click()
    developer.agree()
    expect(form.locator("[data-status]")).to_have_text("Nothing was sent.")
    assert not developer.wallet.signed


def test_who_has_changed_the_chain_meanwhile_sends_nothing(stage, visitor):
    hospital = visitor("hospital")
    page = hospital.visit(f"/accounts/{stage['hospital'].address}")
    hospital.connect()
    form = page.locator("#act-account1-deposit")
    form.locator("[name=amount]").fill("5")
    form.locator("button").click()
    expect(page.locator("dialog.review")).to_be_visible(timeout=20_000)
    hospital.wallet.chain = "0x1"
    hospital.agree()
    expect(form.locator(".bad[data-status]")).to_contain_text("chain 1;")
    assert not hospital.wallet.signed
    hospital.wallet.chain = None
    form.locator("button").click()
    hospital.agree()
    expect(page.locator("dialog.review")).to_be_visible(timeout=20_000)
    hospital.wallet.chain = "0x1"
    hospital.agree()
    expect(form.locator(".bad[data-status]")).to_contain_text("chain 1;")
    assert [one["method"] for one in hospital.wallet.signed] == ["eth_signTypedData_v4"]


@pytest.mark.parametrize(
    ("price", "said"), [("0", "for nothing"), ("1e9", "not an amount"), ("1000.1", "above the reserve")]
)
def test_a_bad_price_is_told_before_anything_is_signed(stage, visitor, order, patients, price, said):
    number = stage["hospital"].commissions.open(order, patients).commission_id
    developer = visitor("developer")
    page = developer.visit(f"/deals/{number}")
    developer.connect()
    form = page.locator("#act-deal-bid")
    form.locator("[name=price]").fill(price)
    form.locator("button").click()
    expect(form.locator("[data-status]")).to_contain_text(said)
    assert not developer.wallet.signed


def test_a_doomed_act_deposits_nothing(stage, visitor):
    """There is no jury to be had: that is told, and neither a permit nor a deposit is signed."""
    number = stage.delivering
    stage["developer"].models.deliver(number)
    hospital = visitor("hospital")
    page = hospital.visit(f"/deals/{number}")
    hospital.connect()
    form = page.locator("#act-deal-dispute")
    form.locator("[name=claim]").fill("No.")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("jurors")
    assert not hospital.wallet.signed


def test_pending_then_faster_then_seen_then_final(stage, visitor):
    chain = stage.chain
    hospital = visitor("hospital")
    page = hospital.visit(f"/accounts/{stage['hospital'].address}")
    hospital.connect()
    chain.anvil.call("evm_setAutomine", False)
    try:
        form = page.locator("#act-account1-deposit")
        form.locator("[name=amount]").fill("5")
        form.locator("button").click()
        hospital.agree()
        hospital.agree()
        sent = page.locator("#sent-list li").first
        expect(sent).to_have_attribute("data-state", "pending")
        sent.locator("[data-faster]").click()
        assert "Put 5 tUSD" in hospital.agree()
        expect(page.locator("#sent-list li")).to_have_count(2)
    finally:
        chain.mine_at_once()
    expect(page.locator("#note")).to_contain_text("Done", timeout=20_000)
    expect(page.locator("#sent-list .badge.seen").first).to_be_visible()
    expect(page.locator("#sent-list .badge.replaced").first).to_be_visible()
    chain.anvil.mine(130)
    expect(page.locator("#sent-list .badge.final").first).to_be_visible(timeout=20_000)
    first, second = (
        one["params"][0] for one in hospital.wallet.signed if one["method"] == "eth_sendTransaction"
    )
    assert first["data"] == second["data"]
    assert int(first["chainId"], 16) == int(second["chainId"], 16) == chain.web3.eth.chain_id


def test_cancelled_before_it_is_mined(stage, visitor):
    chain = stage.chain
    hospital = visitor("hospital")
    held = stage["hospital"].escrow.balance()
    page = hospital.visit(f"/accounts/{stage['hospital'].address}")
    hospital.connect()
    chain.anvil.call("evm_setAutomine", False)
    try:
        form = page.locator("#act-account1-deposit")
        form.locator("[name=amount]").fill("5")
        form.locator("button").click()
        hospital.agree()
        hospital.agree()
        page.locator("#sent-list li").first.locator("[data-cancel]").click()
        assert hospital.agree().startswith("Cancel")
        expect(page.locator("#sent-list li")).to_have_count(2)
    finally:
        chain.mine_at_once()
    expect(form.locator("[data-status]")).to_contain_text("cancelled", timeout=20_000)
    assert stage["hospital"].escrow.balance() == held


def test_validators_stake_and_take_out(stage, visitor):
    name = stage.validators[0]
    validator = visitor(name)
    validator.visit(f"/accounts/{stage[name].address}")
    validator.connect()
    before = stage[name].staking.stake_of().amount
    assert any("Stake 50 tASY" in one for one in validator.do("account5-stake", amount="50"))
    assert stage[name].staking.stake_of().amount == before + 50 * UNIT


def test_the_ciphertext_alone_leaves_the_browser(stage, visitor, served, order_file, patients):
    served.bodies.clear()
    clinic = visitor("hospital")
    clinic.visit("/order")
    clinic.connect()
    clinic.do("order-order", order=order_file, data=patients)
    secret = patients.read_bytes()
    rows = [line for line in secret.splitlines()[1:] if line]
    assert b"assaySL\x01" in served.bodies
    assert not any(row[:40] in served.bodies for row in rows)
    number = stage["hospital"].commissions.count()
    artifact = stage["hospital"].commissions.dataset(number).artifact
    assert artifact.plaintext_sha256 == hashlib.sha256(secret).hexdigest()
    assert stage["hospital"].keys.own(artifact).hash == artifact.key_hash
    assert json.loads(order_file.read_text())["title"] == stage["hospital"].commissions.spec(number).title
