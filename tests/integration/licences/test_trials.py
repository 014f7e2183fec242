"""Bought if it passes on the buyer's own hidden data: passed and sold, failed and refunded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from meanwhile import meanwhile
from patients import order_for
from stage import scored

from assay.errors import ContractError, InvalidInput, StoreError
from assay.manifests import ModelManifest
from assay.markets.auctions import AuctionPlan
from assay.seal.delivery import DeliveryContext, agreement, deliver
from assay.selling.daemon import Seller
from assay.structs import Role, TrialAllowance, TrialCause, TrialState

UNIT = 10**18
DAY = 86_400


@pytest.fixture
def trial(shop, patients) -> int:
    """A trial by a buyer with data of its own; the keys are granted."""
    number = opened(shop, patients)
    shop.chain.anvil.mine(3)
    buyer = shop["newcomer"]
    shop["anyone"].trials.advance(number)
    assert buyer.trials.next_step(number).who == "buyer and seller"
    buyer.trials.grant(number)
    serve(shop)
    return number


def opened(shop: Any, patients: Path) -> int:
    """A trial by a buyer with data of its own."""
    buyer, seller = shop.buyer("newcomer"), shop["hospital"]
    buyer.participants.register(Role.CUSTOMER, jurisdiction="CH")
    offered = shop.offer().offer_id
    order = order_for(patients, risk_class=1)
    with pytest.raises(InvalidInput, match="allows no trial"):
        buyer.trials.quote(offered, order)
    allowance = TrialAllowance(exposure_fee=2 * UNIT, bond=20 * UNIT, quota=1, exclusive=False)
    seller.trials.allow(offered, allowance)
    number = buyer.trials.open(offered, order, patients).trial_id
    with pytest.raises(InvalidInput, match="allows no trial"):
        buyer.trials.quote(offered, order)  # the quota is used up
    return number


def test_keys_may_be_granted_in_the_same_moment(shop, patients, monkeypatch):
    """The last grant opens the vote, which its sender could not foresee when it estimated the gas."""
    number = opened(shop, patients)
    shop.chain.anvil.mine(3)
    shop["anyone"].trials.advance(number)
    buyer = shop["newcomer"]
    meanwhile(monkeypatch, buyer, lambda: serve(shop))
    buyer.trials.grant(number)
    assert buyer.rounds.get(buyer.trials.get(number).panel_id).request_id


def test_nothing_is_deposited_for_trials_of_anothers_offer(shop):
    offered, stranger = shop.offer().offer_id, shop.buyer("newcomer")
    before = stranger.session.connection.nonce(stranger.address)
    with pytest.raises(ContractError, match="seller"):
        stranger.trials.allow(
            offered, TrialAllowance(exposure_fee=0, bond=20 * UNIT, quota=1, exclusive=False)
        )
    assert stranger.session.connection.nonce(stranger.address) == before


def test_a_fee_that_is_raised_after_the_buyer_has_looked_is_not_paid(shop, patients):
    buyer, seller, order = shop.buyer("newcomer"), shop["hospital"], order_for(patients, risk_class=1)
    buyer.participants.register(Role.CUSTOMER, jurisdiction="CH")
    offered = shop.offer().offer_id
    allowance = TrialAllowance(exposure_fee=2 * UNIT, bond=20 * UNIT, quota=1, exclusive=False)
    seller.trials.allow(offered, allowance)
    seen = buyer.trials.quote(offered, order)
    seller.trials.allow(offered, allowance.model_copy(update={"exposure_fee": 3 * UNIT}))
    with pytest.raises(InvalidInput, match="more than was agreed to"):
        buyer.trials.open(offered, order, patients, at_most=seen)
    assert list(buyer.trials.list(buyer=buyer.address)) == []
    assert buyer.trials.open(offered, order, patients, at_most=seen + UNIT).total == seen + UNIT


def test_a_bond_that_is_lowered_after_the_buyer_has_looked_opens_no_trial(shop, patients):
    buyer, seller, order = shop.buyer("newcomer"), shop["hospital"], order_for(patients, risk_class=1)
    buyer.participants.register(Role.CUSTOMER, jurisdiction="CH")
    offered = shop.offer().offer_id
    seen = TrialAllowance(exposure_fee=2 * UNIT, bond=20 * UNIT, quota=1, exclusive=True)
    for change in ({"bond": 0}, {"exclusive": False}):
        seller.trials.allow(offered, seen.model_copy(update=change))
        with pytest.raises(ContractError, match="not what the request asks for"):
            buyer.trials.open(offered, order, patients, allowance=seen)
    assert list(buyer.trials.list(buyer=buyer.address)) == []
    seller.trials.allow(offered, seen)
    number = buyer.trials.open(offered, order, patients, allowance=seen).trial_id
    assert buyer.trials.get(number).exclusive


def serve(shop: Any) -> None:
    """The seller's daemon does what is due."""
    Seller(shop["hospital"], confirmations=0, poll_seconds=0.01, patience=0).cycle()


def report(shop: Any, number: int, score: int) -> None:
    """The panel scores the model, and binds the delivery of its key."""
    buyer, seller = shop["newcomer"], shop["hospital"]
    trial = buyer.trials.get(number)
    artifact = seller.session.fetch(trial.good, ModelManifest).artifact
    recipient = buyer.trials.spec(number).recipient
    context = DeliveryContext(shop.chain.deployment.chain_id, shop.chain.at("Trials"), number, recipient)
    delivery, _ = deliver(seller.models.key_of(trial.good), context)
    word = agreement(artifact.key_hash, artifact.ciphertext, delivery, context)
    request = buyer.rounds.get(trial.panel_id).request_id
    shop.vote(trial.panel_id, request, scored(score, word=word))
    shop.chain.advance(DAY + 1)
    shop["anyone"].trials.advance(number)


def test_a_model_that_passes_is_sold(shop, trial, model, tmp_path: Path):
    buyer = shop["newcomer"]
    report(shop, trial, 950_000)
    with pytest.raises(InvalidInput, match="Nothing was delivered"):
        buyer.trials.fetch(trial, tmp_path / "early.onnx")
    serve(shop)
    buyer.trials.fetch(trial, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == model.read_bytes()
    shop.chain.advance(DAY + 1)
    shop["anyone"].trials.advance(trial)
    assert buyer.trials.get(trial).state == TrialState.SOLD
    (licence,) = buyer.licences.held_by(buyer.address)
    assert buyer.licences.check(licence, buyer.address, "derive").counts
    plan = AuctionPlan(deposit=500 * UNIT, bidding_seconds=3_600, revealing_seconds=3_600)
    found = buyer.auctions.look(shop["hospital"].auctions.open(licence.offer_id, plan).number)
    assert (found.open_trials, [one.sale_id for one in found.earlier]) == ((), [licence.sale_id])


def test_the_key_of_a_trial_is_not_sent_where_it_may_come_too_late(shop, trial):
    """Whoever has its money back could take the key from the transaction."""
    seller = shop["hospital"]
    with pytest.raises(InvalidInput, match="nothing is to be delivered"):
        seller.trials.deliver(trial)
    report(shop, trial, 950_000)
    window = seller.trials.get(trial).deadline - seller.session.now()
    shop.chain.advance(window * 7 // 8 - 60)
    with shop.chain.undone():
        seller.trials.deliver(trial)
        assert seller.trials.get(trial).state == TrialState.CHALLENGE
    shop.chain.advance(120)
    with pytest.raises(InvalidInput, match=f"trial {trial} is nearly over"):
        seller.trials.deliver(trial)
    assert seller.trials.get(trial).state == TrialState.DELIVERING


def test_a_model_that_fails_is_not_sold_and_the_price_comes_back(shop, trial):
    buyer = shop["newcomer"]
    before = buyer.escrow.balance()
    report(shop, trial, 100_000)
    ended = buyer.trials.get(trial)
    assert (ended.state, ended.cause) == (TrialState.REFUNDED, TrialCause.FAILED)
    assert buyer.escrow.balance() - before >= ended.price
    assert list(buyer.licences.held_by(buyer.address)) == []


def seller_of(shop: Any, **changes: Any) -> Seller:
    return Seller(shop["hospital"], **({"confirmations": 0, "poll_seconds": 0.01, "patience": 0} | changes))


def test_a_trial_that_disappears_with_its_block_is_forgotten(shop, patients):
    seller = seller_of(shop, confirmations=1)
    seller.cycle()
    with shop.chain.undone():
        number = opened(shop, patients)
        shop.chain.anvil.mine(1)
        seller.cycle()
        assert seller._panels._trials == {number}
    shop.chain.anvil.mine(8)
    seller._panels.poll()
    assert seller._panels._trials == set()


def test_a_trial_that_cannot_be_read_stops_no_other(shop, patients, trial, monkeypatch):
    """The keys of *trial* are granted; what it is asked is kept all the same."""
    seller = seller_of(shop)
    seller._panels.poll()
    seller._panels._trials |= {trial + 7}
    seller._panels._assessments |= {99}
    assert [one.what for one in seller._panels.duties()] == ["keep request of trial"]


def test_bidders_see_trials_that_an_exclusive_sale_does_not_end(shop, patients, trial):
    plan = AuctionPlan(deposit=500 * UNIT, exclusive=True, bidding_seconds=3_600, revealing_seconds=3_600)
    number = shop["hospital"].auctions.open(shop.offer().offer_id, plan).number
    assert shop["anyone"].auctions.look(number).open_trials == (trial,)


def test_what_the_panel_is_asked_is_kept_before_the_key_is_granted(shop, patients, monkeypatch):
    number = opened(shop, patients)
    shop.chain.anvil.mine(3)
    shop["anyone"].trials.advance(number)
    hospital = shop["hospital"]
    spec, did = hospital.trials.spec(number), []
    publish, grant = hospital.session.publish, hospital.trials.grant
    monkeypatch.setattr(hospital.session, "publish", lambda one: (did.append(one), publish(one))[1])
    monkeypatch.setattr(hospital.trials, "grant", lambda one: (did.append(one), grant(one))[1])
    seller_of(shop).cycle()
    assert did[:2] == [spec, number]


def test_while_the_buyer_withholds_what_is_asked_the_key_waits_as_long_as_it_can(shop, patients, monkeypatch):
    number = opened(shop, patients)
    shop.chain.anvil.mine(3)
    shop["anyone"].trials.advance(number)
    hospital = shop["hospital"]
    panel = hospital.trials.get(number).panel_id

    def withheld(_number: int) -> None:
        raise StoreError("Nobody has it.")

    monkeypatch.setattr(hospital.trials, "spec", withheld)
    seller_of(shop).cycle()
    assert hospital.rounds.get(panel).needed & 2
    shop.chain.advance(hospital.rounds.get(panel).deadline - hospital.session.now() - 600)
    seller_of(shop).cycle()
    assert not hospital.rounds.get(panel).needed & 2
