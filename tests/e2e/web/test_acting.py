"""People who act in the market with a browser wallet, from an empty browser."""

from __future__ import annotations


def test_a_bid_is_committed_and_revealed(stage, visitor, order, patients, pictures):
    number = stage["hospital"].commissions.open(order, patients).commission_id
    developer = visitor("developer")
    page = developer.visit(f"/deals/{number}")
    page.screenshot(path=pictures / "deal.png", full_page=True)
    developer.connect()
    said = developer.do("deal-bid", price="650.5")
    assert any("sealed bid" in one for one in said)
    assert stage["developer"].bids.get(number).committed_at
    page.screenshot(path=pictures / "bid.png", full_page=True)
