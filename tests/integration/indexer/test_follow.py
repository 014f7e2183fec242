"""What the index shows of deals is what the chain says of them."""

from __future__ import annotations

from assay_indexer.check import differences
from assay_indexer.manifests import Collector
from assay_indexer.parts import deal_parts
from assay_indexer.queries import Index
from assay_indexer.tables import Listing

UNIT = 10**18
MARKET = "CommissionMarket"


def agree(engine, market) -> None:
    """What the index shows of every deal and of all money is what the chain says."""
    assert list(differences(Index(engine), market)) == []
    with Index(engine).view() as view:
        for deal in view.deals().items:
            chain = market.commissions.get(deal.id)
            assert (deal.panel_id or 0, deal.auction_id) == (chain.panel_id, chain.auction_id)
            assert (deal.best_score or 0, deal.score or 0) == (chain.best_score, chain.last_score)
            assert (deal.audit_id or 0, deal.model_id or 0) == (chain.audit_id, chain.model_id)
            assert (deal.manifest or bytes(32).hex()) == chain.manifest.hex()
            assert deal.terms["dataset"] == deal.dataset == chain.request.dataset.hex()


def test_a_deal_that_was_paid(stage, index, order, patients, model):
    engine, follower = index
    number = stage.to_building(order, patients, developer=700 * UNIT, rival=800 * UNIT)
    stage.pass_test(number, model)
    follower.poll()
    agree(engine, stage["anyone"])
    stage.seat_auditors(number)
    follower.poll()
    agree(engine, stage["anyone"])
    collector = Collector(engine, stage["anyone"].session.store)
    while collector.step():
        pass
    follower.poll()
    with Index(engine).view() as view:
        whole = deal_parts(view, MARKET, number)
        assert (whole.spec.status, whole.spec.content["title"]) == ("found", order.title)
        assert {one.price for one in whole.bids} == {700 * UNIT, 800 * UNIT}
        assert [one.score for one in whole.attempts] == [950_000]
        assert len(whole.reports) == 6
        listed = view.all(Listing, kind="order")
        assert [(one.key, one.title, one.bids) for one in listed] == [(f"{MARKET}/{number}", order.title, 2)]
