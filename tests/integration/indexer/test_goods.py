"""What the index shows of licences, trials, sealed sales and agreements is what the chain says of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from bazaar import BOND, NDA, Bazaar
from patients import order_for
from shop import DAY, UNIT, Shop

from assay.structs import TrialAllowance
from assay_indexer import goods, tables
from assay_indexer.agreements import agreement
from assay_indexer.check import differences
from assay_indexer.database import engine_at, prepare
from assay_indexer.follow import Follower
from assay_indexer.manifests import Collector
from assay_indexer.parts import deal_parts, model_parts
from assay_indexer.prices import like_offers, like_orders
from assay_indexer.queries import Index, View
from assay_indexer.search import Query, search


@pytest.fixture(scope="module")
def opened(deployed, store, ipfs_node, patients, model, tmp_path_factory) -> Iterator[Bazaar]:
    with deployed.undone():
        shop = Shop(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("shop"))
        shop.prepare(order_for(patients, labels="output_label", risk_class=1), patients, model)
        bazaar = Bazaar(shop, shop.good)
        bazaar.open_for_all()
        yield bazaar
        shop.close()


@pytest.fixture
def bazaar(opened: Bazaar) -> Iterator[Bazaar]:
    with opened.chain.undone():
        yield opened


class Indexed:
    """An index of a bazaar; each look reads what is new, and compares it with the chain."""

    def __init__(self, bazaar: Bazaar, folder: Path) -> None:
        self._market = bazaar["anyone"]
        self._engine = engine_at(f"sqlite:///{folder / 'index.sqlite'}")
        prepare(self._engine)
        self._follower, self._views = Follower(self._market.session, self._engine), ExitStack()
        self._collector = Collector(self._engine, self._market.session.store)

    def look(self) -> View:
        self._follower.poll()
        while self._collector.step():
            pass
        self._follower.poll()
        index = Index(self._engine)
        assert list(differences(index, self._market)) == []
        return self._views.enter_context(index.view())

    def close(self) -> None:
        self._views.close()
        self._collector.close()


@pytest.fixture
def indexed(bazaar, tmp_path):
    found = Indexed(bazaar, tmp_path)
    yield found
    found.close()


def ways(view: View) -> dict[str, int]:
    return {way: search(view, Query(way=way)).page.total for way in ("licence", "trial", "auction")}


def test_licences_from_purchase_to_payment(bazaar, indexed):
    first, second = bazaar.buy("newcomer"), bazaar.buy("collector")
    bazaar.deliver(first)
    view = indexed.look()
    parts = goods.offer(view, bazaar.offer_id)
    assert {(one.id, one.state) for one in parts.sales} == {(first, "delivered"), (second, "bought")}
    assert parts.model.content["name"]
    assert parts.licence.kind == "Licence"
    for number in (first, second):
        chain, sale = bazaar["anyone"].licences.get(number).sale, goods.licence(view, number).sale
        assert (sale.state, sale.deadline, sale.price) == (chain.state.words, chain.deadline, chain.price)
    bazaar.chain.advance(30 * DAY)
    bazaar["anyone"].licences.refund(bazaar["anyone"].licences.get(second))
    licences = bazaar["anyone"].licences
    licences.collect([licences.get(first)])
    view = indexed.look()
    states = [goods.licence(view, number).sale.state for number in (first, second)]
    assert states == ["collected", "refunded"]


def test_a_trial(bazaar, indexed, patients):
    assert ways(indexed.look()) == {"licence": 1, "trial": 0, "auction": 0}
    number = bazaar.try_out(patients)
    view = indexed.look()
    parts, chain = deal_parts(view, "Trials", number), bazaar["newcomer"].trials.get(number)
    assert (parts.deal.state, parts.deal.score, parts.deal.passed) == ("judging", None, False)
    assert [one.state for one in parts.panels] == ["granting"]
    assert parts.spec.content["title"]
    assert parts.deal.panel_id == chain.panel_id
    assert goods.offer(view, bazaar.offer_id).trials.quota == 1
    assert ways(view) == {"licence": 1, "trial": 1, "auction": 0}
    bazaar.chain.advance(30 * DAY)
    bazaar["anyone"].trials.advance(number)
    deal = deal_parts(indexed.look(), "Trials", number).deal
    assert (deal.state, deal.cause) == ("refunded", "buyer silent")
    assert deal.returned is not None
    assert deal.returned + deal.to_seller <= deal.total + deal.bond
    allowance = TrialAllowance(exposure_fee=0, bond=0, quota=0, exclusive=False)
    bazaar["hospital"].trials.allow(bazaar.offer_id, allowance)
    assert ways(indexed.look())["trial"] == 0


def test_an_auction_of_licences(bazaar, indexed):
    sale = bazaar.put_to_auction(exclusive=True)
    for name, price in (("newcomer", 300 * UNIT), ("collector", 200 * UNIT)):
        bazaar.bid(name, sale, price)
    view = indexed.look()
    parts = goods.licence_auction(view, sale)
    assert goods.licence_auction_state(view, parts.auction) == "bidding"
    assert (len(parts.bids), len(parts.bidders), parts.good.reservation) == (2, 2, "reserved")
    assert ways(view) == {"licence": 0, "trial": 0, "auction": 1}
    bazaar.chain.advance(601)
    bazaar.reveal("newcomer", sale, 300 * UNIT)
    bazaar.reveal("collector", sale, 200 * UNIT)
    bazaar.chain.advance(601)
    assert goods.licence_auction_state(indexed.look(), parts.auction) == "closing"
    bazaar.close_sale(sale, "newcomer", "collector")
    view = indexed.look()
    parts = goods.licence_auction(view, sale)
    assert (parts.auction.sold, parts.auction.forfeited, parts.good.reservation) == (2, 0, "void")
    prices = {one.price for one in parts.bidders}
    assert prices == {one.price for one in parts.licences} == {120 * UNIT}
    assert [one.state for one in parts.licences] == ["bought", "bought"]
    assert search(view, Query(state="sold exclusively")).page.total == 1
    for one in parts.licences:
        bazaar.deliver(one.id)
    assert {one.state for one in goods.licence_auction(indexed.look(), sale).licences} == {"delivered"}


def test_agreements_and_pledges(bazaar, indexed):
    text = bazaar.sign("newcomer", "hospital")
    name, pledge = bazaar.pledge("collector")
    view = indexed.look()
    signed, kept = agreement(view, text.hex()), agreement(view, name.hex())
    assert {one.party for one in signed.signatures} == {bazaar[n].address for n in ("newcomer", "hospital")}
    assert signed.text.content["title"] == kept.text.content["title"] == NDA.title
    assert (kept.kept.bond, kept.kept.beneficiary) == (BOND, bazaar["hospital"].address)
    assert [(one.id, one.state, one.party) for one in kept.pledges] == [
        (pledge, "pledged", bazaar["collector"].address)
    ]
    bazaar.chain.advance(31 * DAY)
    bazaar["anyone"].session.send("Pledges", "release", pledge)
    assert agreement(indexed.look(), name.hex()).pledges[0].state == "returned"
    assert agreement(indexed.look(), "ab" * 32) is None


def test_claims_of_lineage(bazaar, indexed, patients, model):
    """From the claim to the edge that the owner's word adds; and one that nobody takes to a jury."""
    hospital, rival = bazaar["hospital"], bazaar["rival"]
    child = bazaar.list_child(order_for(patients, labels="output_label", risk_class=1), patients, model)
    number = bazaar.claim_lineage(child)
    parts = model_parts(indexed.look(), hospital.goods.get(child).good.token_id)
    (claim,) = parts.lineage_claims
    assert (claim.state, claim.denied, claim.claimant) == ("claimed", False, hospital.address)
    assert (claim.parent, claim.child) == (bazaar.good.hex(), child.hex())
    assert claim.respondent == rival.address
    assert parts.ancestors == []
    with bazaar.chain.undone():
        bazaar.chain.advance(60 * DAY)
        indexed.look()  # it compares with the chain
        bazaar["anyone"].lineage_claims.settle(number)
        assert indexed.look().get(tables.LineageClaim, number).state == "refused"
    rival.lineage_claims.admit(number)
    view = indexed.look()
    claim = view.get(tables.LineageClaim, number)
    assert (claim.state, claim.admitted, claim.ppm) == ("upheld", True, 50_000)
    (edge,) = model_parts(view, hospital.goods.get(child).good.token_id).ancestors
    assert (edge.ref, edge.claim) == (bazaar.good.hex(), number)
    parent = model_parts(view, hospital.goods.get(bazaar.good).good.token_id)
    (terms,) = parent.lineage_terms
    assert (terms.good, terms.ppm, terms.floor) == (bazaar.good.hex(), 50_000, 0)
    assert terms.since == hospital.lineage_claims.terms_of(bazaar.good).since
    assert [one.manifest for one in parent.descendants] == [child.hex()]
    assert [one.id for one in parent.lineage_claims] == [number]


def test_prices_of_the_like(bazaar, indexed):
    view = indexed.look()
    token = bazaar.chain.deployment.tokens.payment
    offers = like_offers(view, "classification", "healthcare", token)
    assert (offers.count, offers.middle) == (1, str(120 * UNIT))
    orders = like_orders(view, "classification", "healthcare", token)
    assert (orders.count, orders.lowest) == (1, str(1000 * UNIT))  # one bid alone is paid the reserve
    assert like_offers(view, "classification", "healthcare", token, but=bazaar.good.hex()).count == 0
    assert like_orders(view, "regression", "healthcare", token).middle is None
