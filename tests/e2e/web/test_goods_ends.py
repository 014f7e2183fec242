"""How sales, trials and pledges end in a browser: delivered, refunded, opened, refuted, a breach claimed."""

from __future__ import annotations

import pytest
from bazaar import Bazaar
from playwright.sync_api import expect
from stage import UNIT, scored

from assay import Role
from assay.manifests import ModelManifest
from assay.markets.offer_plan import OfferPlan
from assay.seal import ContentKey
from assay.seal.delivery import DeliveryContext, agreement, deliver
from assay.selling.daemon import Seller
from assay.structs import PledgeState, TrialState

HOUR, DAY = 3600, 86_400
JURORS = [f"juror {number}" for number in range(9)]


@pytest.fixture
def bazaar(stage, indexed) -> Bazaar:
    """The hospital's model on sale."""
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(DAY + 1)
    stage["anyone"].commissions.settle(stage.delivering)
    bazaar = Bazaar(stage, stage["hospital"].commissions.get(stage.delivering).manifest)
    bazaar.open_for_all()
    indexed()
    return bazaar


def test_a_seller_delivers_the_key_of_a_licence(bazaar, visitor, stage, indexed, model, tmp_path):
    """The developer, whose wallet has sealed the model, has it from the hospital and sells it."""
    hospital, developer = stage["hospital"], stage["developer"]
    hospital.session.send("ModelRegistry", "transferFrom", hospital.address, developer.address, 1)
    plan = OfferPlan(price=120 * UNIT, in_flight=1)
    offered = developer.offers.make(developer.offers.draft(bazaar.good, plan)).offer_id
    licences = bazaar["newcomer"].licences
    number = licences.buy(licences.quote(offered)).sale_id
    indexed()
    seller = visitor("developer")
    seller.visit(f"/licences/{number}")
    seller.connect()
    assert "Deliver the key of licence" in seller.do("licence-deliver_licence")[-1]
    licences.open(licences.get(number), tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == model.read_bytes()


def test_who_has_not_sealed_the_model_is_told_so(bazaar, visitor, indexed):
    number = bazaar.buy("newcomer")
    indexed()
    hospital = visitor("hospital")
    page = hospital.visit(f"/licences/{number}")
    hospital.connect()
    form = page.locator("#act-licence-deliver_licence")
    form.locator("button").click()
    hospital.agree()  # to derive the key, by which it is seen
    expect(form.locator(".bad[data-status]")).to_contain_text("has not sealed this model")


def test_the_money_of_what_nobody_delivers_comes_back(bazaar, visitor, indexed):
    buyer = bazaar["newcomer"]
    number = bazaar.buy("newcomer")
    sale = buyer.licences.get(number).sale
    bazaar.chain.advance(max(0, sale.deadline - bazaar.chain.anvil.now()) + 1)
    indexed()
    before = buyer.escrow.balance()
    anyone = visitor("anyone")
    anyone.visit(f"/licences/{number}")
    anyone.connect()
    assert "Return price and bond" in anyone.do("licence-refund_licence")[-1]
    assert buyer.licences.get(number).state.words == "refunded"
    assert buyer.escrow.balance() == before + sale.price + sale.bond


def passed(bazaar: Bazaar, patients, key: ContentKey | None = None) -> int:
    """A trial of a model that passes and is delivered; its number.

    Args:
        key: on the delivery of which the panel agrees; the model's by default.
    """
    stage, number = bazaar.stage, bazaar.try_out(patients)
    buyer, seller = bazaar["newcomer"], bazaar["hospital"]
    buyer.trials.grant(number)
    Seller(seller, confirmations=0, poll_seconds=0.01, patience=0).cycle()
    trial = buyer.trials.get(number)
    artifact = seller.session.fetch(trial.good, ModelManifest).artifact
    recipient = buyer.trials.spec(number).recipient
    context = DeliveryContext(stage.chain.deployment.chain_id, stage.chain.at("Trials"), number, recipient)
    delivery, proof = deliver(key or seller.models.key_of(trial.good), context)
    word = agreement(artifact.key_hash, artifact.ciphertext, delivery, context)
    stage.vote(trial.panel_id, buyer.rounds.get(trial.panel_id).request_id, scored(950_000, word=word))
    stage.chain.advance(DAY + 1)
    stage["anyone"].trials.advance(number)
    hashes = (bytes.fromhex(artifact.key_hash), bytes.fromhex(artifact.ciphertext))
    call = (context.contract, number, context.recipient, *hashes, delivery, proof)
    seller.session.send("Deliveries", "deliverAgreed", *call)
    return number


def test_a_model_that_has_passed_a_trial_is_opened(bazaar, visitor, indexed, patients, model, tmp_path):
    number = passed(bazaar, patients)
    indexed()
    buyer = visitor("newcomer")
    page = buyer.visit(f"/trials/{number}")
    buyer.connect()
    buyer.do("trial-open_licence")
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(tmp_path / "tried.onnx")
    assert (tmp_path / "tried.onnx").read_bytes() == model.read_bytes()
    form = page.locator("#act-trial-refute")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("The right key was delivered")


def test_a_wrong_key_after_a_trial_is_refuted(bazaar, visitor, indexed, patients):
    number = passed(bazaar, patients, ContentKey(b"\x07" * 32))
    indexed()
    buyer = visitor("newcomer")
    buyer.visit(f"/trials/{number}")
    buyer.connect()
    assert "is not the one agreed on" in buyer.do("trial-refute")[-1]
    trial = bazaar["newcomer"].trials.get(number)
    assert (trial.state, trial.cause.words) == (TrialState.REFUNDED, "delivery refuted")


@pytest.fixture
def juries(stage):
    """A pool of jurors."""
    for name in JURORS:
        stage.accredit(name, Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    for name in JURORS:
        stage[name].court.enrol()
    stage.chain.advance(HOUR + 1)


def test_a_breach_is_claimed_and_answered(bazaar, juries, visitor, indexed):
    """By the beneficiary with its claim, and by the party with evidence about that pledge."""
    _, number = bazaar.pledge("collector")
    indexed()
    hospital = visitor("hospital")
    hospital.visit(f"/pledges/{number}")
    hospital.connect()
    said = hospital.do("agreement2-accuse", claim="It serves others.", statement="See its page.")
    assert f"Contest deal {number} of Pledges" in said[-1]
    assert "A breach of the terms" in said[-1]
    assert bazaar["hospital"].pledges.get(number).state == PledgeState.DISPUTED
    dispute = bazaar["hospital"].pledges.get(number).dispute_id
    indexed()
    party = visitor("collector")
    page = party.visit(f"/disputes/{dispute}")
    party.connect()
    expect(page.locator("article.card")).to_contain_text("It serves others.")
    expect(page.locator("main")).to_contain_text("Beneficiary")
    form = page.locator("form[id$='-evidence']").first.get_attribute("id").removeprefix("act-")
    party.do(form, claim="It serves nobody.", statement="The page is another's.")
    disputes = bazaar["anyone"].disputes
    told = [disputes.read(one) for one in disputes.submitted(dispute)]
    assert [one.claim for one in told] == ["It serves others.", "It serves nobody."]
    assert {(one.market, one.deal_id) for one in told} == {(bazaar.chain.at("Pledges"), number)}


def test_one_pledge_of_many_has_a_form(bazaar, visitor, indexed):
    """Another agreement's is not shown as this one's."""
    agreement_, number = bazaar.pledge("collector")
    text = bazaar.sign("newcomer")
    indexed()
    page = visitor("hospital").visit(f"/agreements/{agreement_.hex()}")
    assert not page.locator("form[id$='-accuse']").count()
    page.goto(page.url + f"?pledge={number}")
    assert page.locator("form[id$='-accuse']").count() == 1
    answer = page.request.get(page.url.replace(agreement_.hex(), text.hex()))
    assert answer.status == 404
