"""From an offer to the opened model, and to the money: through the SDK, on real contracts and storage."""

from __future__ import annotations

UNIT = 10**18


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
    assert (
        hashlib.sha256((tmp_path / "model.onnx").read_bytes()).digest()
        == hashlib.sha256(model.read_bytes()).digest()
    )
    print(bought.receipt.gas_used, offered.receipt.gas_used)
    shop.chain.advance(86_401)
    shop["anyone"].licences.collect([shop["anyone"].licences.get(bought.sale_id)])
