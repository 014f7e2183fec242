"""From an offer to the opened model, and to the money, through the SDK; and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assay import ContractError
from assay.errors import InvalidInput, SealError, WrongKeyDelivered
from assay.markets.sales import CONTRACT, context_of
from assay.seal import ContentKey
from assay.seal.delivery import deliver
from assay.structs import SaleState
from assay.wallet import secp256k1

UNIT = 10**18
DAY = 86_400


def sold(shop: Any, name: str = "newcomer", **changes: Any) -> tuple[Any, int]:
    """A buyer and its sale, of an offer made for it."""
    buyer, offered = shop.buyer(name), shop.offer(**changes)
    bought = buyer.licences.buy(buyer.licences.quote(offered.offer_id), jurisdiction="CH")
    return buyer, bought.sale_id


def deliver_as(shop: Any, sale_id: int, key: bytes) -> None:
    """The seller delivers whatever it likes, with a right proof."""
    seller = shop["hospital"]
    record = seller.licences.get(sale_id)
    delivery, proof = deliver(ContentKey(key), context_of(seller.session, record))
    seller.session.send(CONTRACT, "deliver", sale_id, record.sale.to_abi(), delivery, proof)


def test_a_fresh_account_buys_in_one_transaction(shop, model, tmp_path):
    seller, buyer = shop["hospital"], shop.buyer("newcomer")
    offered = shop.offer()
    before = buyer.session.connection.nonce(buyer.address)
    purchase = buyer.licences.quote(offered.offer_id)
    sealed = tmp_path / "sealed"
    buyer.licences.fetch_sealed(purchase, sealed)
    bought = buyer.licences.buy(purchase, jurisdiction="CH")
    assert buyer.session.connection.nonce(buyer.address) == before + 1
    seller.licences.deliver(seller.licences.get(bought.sale_id))
    record = buyer.licences.get(bought.sale_id)
    buyer.licences.open(record, tmp_path / "model.onnx", sealed=sealed)
    assert (tmp_path / "model.onnx").read_bytes() == model.read_bytes()
    shop.chain.advance(DAY + 1)
    earned = seller.escrow.balance()
    shop["anyone"].licences.collect([shop["anyone"].licences.get(bought.sale_id)])
    assert seller.escrow.balance() - earned == purchase.sellers
    assert buyer.licences.get(bought.sale_id).state == SaleState.COLLECTED


@pytest.mark.parametrize("key", [b"\x07" * 32, bytes(32), b"\xff" * 32], ids=["other", "zeros", "ones"])
def test_a_wrong_key_is_refuted_and_costs_the_seller_its_bond(shop, key, tmp_path):
    buyer, sale_id = sold(shop)
    deliver_as(shop, sale_id, key)
    record = buyer.licences.get(sale_id)
    with pytest.raises(WrongKeyDelivered, match=f"assay licence refute {sale_id}"):
        buyer.licences.open(record, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
    before = buyer.escrow.balance()
    buyer.licences.refute(record)
    assert buyer.escrow.balance() - before == record.sale.price + record.sale.bond
    assert record.sale.bond > 0
    assert buyer.licences.get(sale_id).refuted


def test_a_right_key_is_never_given_away(shop, tmp_path):
    buyer, sale_id = sold(shop)
    shop["hospital"].licences.deliver(shop["hospital"].licences.get(sale_id))
    record = buyer.licences.get(sale_id)
    with pytest.raises(SealError, match="right"):
        buyer.licences.refute(record)
    with pytest.raises(SealError, match="has not made the delivery key"):
        shop["rival"].licences.open(record, tmp_path / "model.onnx")


def test_nobody_delivers_and_the_money_comes_back(shop):
    buyer, sale_id = sold(shop)
    record = buyer.licences.get(sale_id)
    with pytest.raises(ContractError):
        shop["anyone"].licences.refund(record)
    shop.chain.advance(DAY + 1)
    before = buyer.escrow.balance()
    shop["anyone"].licences.refund(record)
    assert buyer.escrow.balance() - before == record.sale.price + record.sale.bond
    with pytest.raises(InvalidInput, match="refunded"):
        shop["hospital"].licences.deliver(buyer.licences.get(sale_id))


def test_a_seller_does_not_send_a_key_that_may_come_too_late(shop):
    """Whoever has its money back could take the key from the transaction."""
    _, sale_id = sold(shop)
    seller = shop["hospital"]
    record = seller.licences.get(sale_id)
    window = seller.licences.terms_of(record).delivery_window
    shop.chain.advance(window - window // 8 + 1)
    with pytest.raises(InvalidInput, match="nearly over"):
        seller.licences.deliver(record)


def test_an_offer_that_changed_is_not_bought(shop):
    buyer, offered, offers = shop.buyer("newcomer"), shop.offer(), shop["hospital"].offers
    seen = buyer.licences.quote(offered.offer_id)
    offers.change(offers.offer(offered.offer_id), offers.draft(shop.good, shop.plan(price=500 * UNIT)))
    with pytest.raises(ContractError, match="changed or withdrawn"):
        buyer.licences.buy(seen, jurisdiction="CH")
    offers.withdraw(offers.offer(offered.offer_id))
    with pytest.raises(InvalidInput, match="withdrawn"):
        buyer.licences.quote(offered.offer_id)
    assert list(buyer.licences.offers(seller=shop["hospital"].address)) == []


def test_a_change_touches_no_sale_that_was_made(shop, tmp_path):
    buyer, sale_id = sold(shop)
    offers = shop["hospital"].offers
    record = buyer.licences.get(sale_id)
    offers.change(offers.offer(record.offer_id), offers.draft(shop.good, shop.plan(price=500 * UNIT)))
    shop["hospital"].licences.deliver(record)
    buyer.licences.open(buyer.licences.get(sale_id), tmp_path / "model.onnx")
    assert buyer.licences.terms_of(record).offer.price == 120 * UNIT


def test_no_two_sales_share_a_delivery_key(shop):
    buyer, offered = shop.buyer("newcomer"), shop.offer()
    other = shop.offer(price=1 * UNIT)
    points = set()
    for number in (offered.offer_id, offered.offer_id, other.offer_id):
        bought = buyer.licences.buy(buyer.licences.quote(number), jurisdiction="CH")
        points.add(buyer.licences.get(bought.sale_id).recipient)
    assert len(points) == 3
    assert all(isinstance(point, secp256k1.Point) for point in points)


def test_a_buyer_signs_first_where_the_offer_asks_for_it(shop):
    buyer = shop.buyer("newcomer")
    from assay.markets.templates import agreement_of

    text = shop["hospital"].agreements.publish(agreement_of("Ours", "Keep it to yourself.\n"))
    offered = shop.offer(agreement=text)
    seen = buyer.licences.quote(offered.offer_id)
    with pytest.raises(ContractError, match=text.hex()):
        buyer.licences.buy(seen, jurisdiction="CH")
    buyer.agreements.sign(text)
    assert buyer.licences.buy(seen, jurisdiction="CH").sale_id


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"purposes": ()}, "purposes"),
        ({"seats": 0}, "seats"),
        ({"further_restrictions": ("two\nlines",)}, "further_restrictions"),
        ({"jurisdictions": ("Switzerland",)}, "jurisdictions"),
        ({"bond": 0}, "bond of 0 tUSD is too small"),
        ({"royalty_ppm": 300_001}, "royalty"),
        ({"token": "0x" + "11" * 20}, ""),
    ],
)
def test_terms_that_are_none_cost_nothing(shop, changes, said):
    seller = shop["hospital"]
    before = seller.session.connection.nonce(seller.address)
    with pytest.raises(Exception, match=re.escape(said)) as refused:
        shop.offer(**changes)
    assert type(refused.value).__module__ == "assay.errors"
    assert seller.session.connection.nonce(seller.address) == before


def test_who_may_not_buy_pays_nothing(shop):
    offered, seller, buyer = shop.offer(), shop["hospital"], shop.buyer("newcomer")
    seen = buyer.licences.quote(offered.offer_id)
    with pytest.raises(InvalidInput, match="--jurisdiction"):
        buyer.licences.buy(seen)
    with pytest.raises(ContractError, match="itself"):
        seller.licences.buy(seller.licences.quote(offered.offer_id))
    for seats in (0, 2):
        with pytest.raises(InvalidInput, match="seats"):
            buyer.licences.quote(offered.offer_id, seats=seats)
    with pytest.raises(InvalidInput, match="There is no offer"):
        buyer.licences.quote(999)
    assert buyer.session.connection.nonce(buyer.address) == 0


@pytest.mark.parametrize("spdx", ["MIT", None])
def test_a_command_that_is_repeated_makes_one_offer_and_at_another_price_another(shop, monkeypatch, spdx):
    """Also where the first try has listed the model, so that the licence's text says more of its test."""
    seller, asked = shop["hospital"], []
    resume = seller.session.resume
    monkeypatch.setattr(seller.session, "resume", lambda *of: (asked.append(of), resume(*of))[1])
    changes = {}, {}, {"price": 130 * UNIT}, {"royalty_ppm": 50_000}
    purposes = []
    for changed in changes:
        shop.offer(spdx=spdx, **changed)
        purposes.append(asked[0][2])
        asked.clear()
    assert purposes[0] == purposes[1]
    assert len(set(purposes)) == 3
