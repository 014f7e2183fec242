"""Licences sold to the highest of sealed bids: from the opening to the opened model, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from meanwhile import meanwhile
from typer.testing import CliRunner

from assay import ContractError, Market
from assay.cli import app
from assay.errors import InvalidInput, WrongKeyDelivered
from assay.markets.auctions import AuctionPlan
from assay.markets.sales import CONTRACT, context_of
from assay.seal import ContentKey
from assay.seal.delivery import deliver
from assay.selling.daemon import Seller
from assay.structs import Reservation, Role, SaleState

UNIT, DAY, HOUR = 10**18, 86_400, 3_600
PLAN = AuctionPlan(deposit=500 * UNIT, bidding_seconds=HOUR, revealing_seconds=HOUR)


def bidder(shop: Any, name: str) -> Market:
    market = shop.buyer(name)
    market.participants.register(Role.CUSTOMER, jurisdiction="CH")
    return market


def opened(shop: Any, **changes: Any) -> int:
    """The hospital puts licences to auction."""
    plan = AuctionPlan(**{**vars(PLAN), **changes})
    return shop["hospital"].auctions.open(shop.offer(seats=2).offer_id, plan).number


def bid(shop: Any, number: int, **prices: int) -> dict[str, Market]:
    """People bid and reveal, in token units, and the auction can be closed."""
    bidders = {name: bidder(shop, name) for name in prices}
    for name, price in prices.items():
        bidders[name].auctions.commit(number, price * UNIT)
    shop.chain.advance(HOUR)
    for one in bidders.values():
        one.auctions.reveal(number)
    shop.chain.advance(HOUR)
    return bidders


def serve(shop: Any) -> None:
    Seller(shop["hospital"], confirmations=0, poll_seconds=0.01, patience=0).cycle()


def test_the_winners_pay_the_highest_price_that_does_not_win_and_open_the_model(shop, model, tmp_path):
    seller = shop["hospital"]
    number = opened(shop, licences=2)
    before = seller.escrow.balance()
    bidders = bid(shop, number, carol=200, alice=300, bert=250, dora=150)
    for name, one in bidders.items():  # their deposits
        assert one.escrow.balance() == (500 * UNIT if name == "dora" else 0), name
    serve(shop)  # closes it, and delivers
    record = shop["anyone"].auctions.get(number)
    assert record.is_over
    assert [(one.bidder, one.price) for one in record.sold] == [
        (bidders[name].address, 200 * UNIT) for name in ("alice", "bert")
    ]
    assert shop["anyone"].auctions.next_step(number).is_last
    shop["anyone"].auctions.reclaim(number, bidders["carol"].address)
    balances = {name: one.escrow.balance() // UNIT for name, one in bidders.items()}
    assert balances == {"alice": 300, "bert": 300, "carol": 500, "dora": 500}
    serve(shop)
    for sold, name in zip(record.sold, ("alice", "bert"), strict=True):
        licence = bidders[name].licences.get(sold.sale_id)
        bidders[name].licences.open(licence, tmp_path / name)
        assert (tmp_path / name).read_bytes() == model.read_bytes()
        assert bidders[name].licences.check(licence, bidders[name].address, "derive").counts
    shop.chain.advance(DAY + 1)
    serve(shop)
    fee = sum(one.price * bidders["alice"].licences.terms_of(licence).fee_ppm // 10**6 for one in record.sold)
    assert seller.escrow.balance() - before == 2 * 200 * UNIT - fee
    assert seller.licences.get(record.sold[0].sale_id).state == SaleState.COLLECTED


def test_after_an_exclusive_auction_nobody_buys_and_older_licences_are_shown(shop):
    offered = shop.offer().offer_id
    first = shop.buyer("first")
    sale = first.licences.buy(first.licences.quote(offered), jurisdiction="CH").sale_id
    number = shop["hospital"].auctions.open(offered, AuctionPlan(**{**vars(PLAN), "exclusive": True})).number
    second = shop.buyer("second")
    with pytest.raises(ContractError, match="reserved"):
        second.licences.buy(second.licences.quote(offered), jurisdiction="CH")
    found = second.auctions.look(number)
    assert [(one.sale_id, one.sale.holder) for one in found.earlier] == [(sale, first.address)]
    (panel,) = found.key_holders
    assert panel.why == "panel of commission 1"
    assert set(panel.accounts) <= {shop[name].address for name in shop.validators}
    assert len(panel.accounts) == 3
    bid(shop, number, alice=130)
    shop["anyone"].auctions.close(number)
    (sold,) = shop["anyone"].auctions.get(number).sold
    assert sold.price == 120 * UNIT  # the reserve
    assert shop["anyone"].goods.get(shop.good).good.reservation == Reservation.VOID
    with pytest.raises(ContractError, match="sold exclusively"):
        second.licences.buy(second.licences.quote(offered), jurisdiction="CH")


def test_a_wrong_key_to_a_winner_is_refuted(shop, tmp_path):
    number = opened(shop)
    (alice,) = bid(shop, number, alice=130).values()
    shop["anyone"].auctions.close(number)
    (sold,) = alice.auctions.get(number).sold
    seller, record = shop["hospital"], alice.licences.get(sold.sale_id)
    wrong, proof = deliver(ContentKey(b"\x07" * 32), context_of(seller.session, record))
    seller.session.send(CONTRACT, "deliver", sold.sale_id, record.sale.to_abi(), wrong, proof)
    record, before = alice.licences.get(sold.sale_id), alice.escrow.balance()
    with pytest.raises(WrongKeyDelivered):
        alice.licences.open(record, tmp_path / "model.onnx")
    alice.licences.refute(record)
    assert alice.escrow.balance() - before == record.sale.price + record.sale.bond > 120 * UNIT


def test_what_is_not_revealed_is_burnt_and_the_seller_keeps_the_model(shop):
    number = opened(shop)
    alice = bidder(shop, "alice")
    alice.auctions.commit(number, 300 * UNIT)
    assert "reveal" in alice.auctions.get(number).next_step(alice.session.now() + HOUR).what
    shop.chain.advance(2 * HOUR)
    assert "assay auction close" in str(alice.auctions.next_step(number))
    alice.auctions.close(number)
    assert alice.auctions.get(number).sold == ()
    assert alice.escrow.balance() == 0
    assert alice.goods.get(shop.good).good.reservation == Reservation.FREE
    with pytest.raises(InvalidInput, match="is closed"):
        alice.auctions.close(number)


def test_a_seller_that_gave_the_model_away_loses_its_bond_and_the_winner_nothing(shop):
    number = opened(shop)
    (alice,) = bid(shop, number, alice=130).values()
    seller, before = shop["hospital"], shop["hospital"].escrow.balance()
    token_id = alice.goods.get(shop.good).good.token_id
    seller.session.send("ModelRegistry", "transferFrom", seller.address, alice.address, token_id)
    alice.auctions.close(number)
    record = alice.auctions.get(number)
    assert (record.sold, record.refused) == ((), (alice.address,))
    assert alice.escrow.balance() == 500 * UNIT
    assert seller.escrow.balance() == before


def test_an_auction_that_has_gone_with_its_block_keeps_back_no_other(shop):
    number = opened(shop)
    daemon = Seller(shop["hospital"], confirmations=0, poll_seconds=0.01, patience=0)
    daemon.cycle()
    daemon._auctions._open.add(number + 1)
    shop.chain.advance(2 * HOUR)
    daemon.cycle()
    assert shop["anyone"].auctions.get(number).is_over


def test_an_offer_that_is_withdrawn_changes_no_auction(shop):
    number = opened(shop)
    offers = shop["hospital"].offers
    offers.withdraw(offers.offer(offers_of(shop, number)))
    (alice,) = bid(shop, number, alice=130).values()
    alice.auctions.close(number)
    assert len(alice.auctions.get(number).sold) == 1


def offers_of(shop: Any, number: int) -> int:
    return int(shop["hospital"].auctions.get(number).lot.offer_id)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"licences": 0}, "sells 1 to 16 licences, not 0"),
        ({"licences": 17}, "sells 1 to 16 licences, not 17"),
        ({"seats": 3}, "has 1 to 2 seats, not 3"),
        ({"seats": 2, "deposit": 239 * UNIT}, "A deposit of 239 tUSD is below the reserve of 240 tUSD"),
        ({"bidding_seconds": 30 * DAY + 1}, "Bids are taken for 30 days at most"),
        ({"revealing_seconds": 59}, "Bids are revealed for 1 minute to 7 days"),
        ({"revealing_seconds": 7 * DAY + 1}, "Bids are revealed for 1 minute to 7 days"),
    ],
)
def test_what_the_contracts_refuse_is_told_before_anything_is_sent(shop, changes, said):
    seller, offered = shop["hospital"], shop.offer(seats=2).offer_id
    before = seller.session.connection.nonce(seller.address)
    with pytest.raises(InvalidInput, match=said):
        seller.auctions.open(offered, AuctionPlan(**{**vars(PLAN), **changes}))
    assert seller.session.connection.nonce(seller.address) == before


def test_bad_bids_send_nothing(shop):
    number = opened(shop)
    alice, poor = bidder(shop, "alice"), shop["anyone"]
    with pytest.raises(InvalidInput, match="There is no auction 99"):
        alice.auctions.commit(99, UNIT)
    with pytest.raises(InvalidInput, match="below the reserve of 120 tUSD"):
        alice.auctions.commit(number, 119 * UNIT)
    with pytest.raises(ContractError, match="has not joined the market"):
        poor.auctions.commit(number, 130 * UNIT)
    with pytest.raises(ContractError, match="sells"):
        shop["hospital"].auctions.commit(number, 130 * UNIT)
    with pytest.raises(InvalidInput, match="not stored here"):
        alice.auctions.reveal(number)
    with pytest.raises(ContractError, match="can still be revealed"):
        alice.auctions.close(number)
    named = list(alice.session.events.find("Sales", "BidderNamed", id=number))
    assert named == []
    shop.chain.advance(HOUR)
    with pytest.raises(InvalidInput, match="Bidding in auction 1 ended"):
        alice.auctions.commit(number, 130 * UNIT)


def test_winners_may_reveal_in_the_same_moment(shop, monkeypatch):
    """Who leads alone when its gas is estimated may be one of several when it is mined, which takes more."""
    number = opened(shop, licences=2)
    first, second = bidder(shop, "alice"), bidder(shop, "bert")
    for one, price in ((first, 300), (second, 250)):
        one.auctions.commit(number, price * UNIT)
    shop.chain.advance(HOUR)
    meanwhile(monkeypatch, first, lambda: second.auctions.reveal(number))
    first.auctions.reveal(number)
    shop.chain.advance(HOUR)
    first.auctions.close(number)
    assert {one.bidder for one in first.auctions.get(number).sold} == {first.address, second.address}


def test_no_endpoint_is_told_a_price_while_bids_are_taken(shop, monkeypatch):
    number, alice, asked = opened(shop), bidder(shop, "alice"), []
    alice.auctions.commit(number, 130 * UNIT)
    monkeypatch.setattr(alice.session.transactor, "simulate", asked.append)
    for price in (None, 130 * UNIT):
        with pytest.raises(InvalidInput, match="Bids on auction 1 are still taken"):
            alice.auctions.reveal(number, price)
    assert asked == []
    monkeypatch.undo()
    shop.chain.advance(HOUR)
    alice.auctions.reveal(number)


def test_the_command_line(shop, model, tmp_path: Path):
    names = "hospital", "alice"
    bidder(shop, "alice")
    environments = {name: shop.environment(name) for name in names}

    def run(name: str, *words: object, line: str = "", code: int = 0) -> Any:
        done = CliRunner().invoke(app, [*map(str, words), "--json"], env=environments[name], input=line)
        assert done.exit_code == code, done.output + done.stderr
        return json.loads(done.stdout)

    offer = run("hospital", "sell", "offer", shop.good.hex(), "--price", 120)["offer"]
    plan = "--deposit", 500, "--exclusive", "--bidding", "1h", "--revealing", "1h"
    assert run("hospital", "auction", "open", offer, *plan, "--dry-run")["reserve_base_units"] == str(
        120 * UNIT
    )
    number = run("hospital", "auction", "open", offer, *plan)["auction"]
    told = run("alice", "auction", "commit", number, "--dry-run")
    assert told["deposit_base_units"] == str(500 * UNIT)
    assert "loses the deposit of 500 tUSD" in told["worst_case"]
    assert told["saw_the_key"][0]["number"] == 3
    refused = run("alice", "auction", "commit", number, line="130\n", code=1)["error"]
    assert "nobody can be asked" in refused["message"]
    refused = run("alice", "auction", "commit", number, "--at-most", 500, line="much\n", code=1)["error"]
    assert "not an amount" in refused["message"]
    made = run("alice", "auction", "commit", number, "--at-most", 500, line="130\n")
    assert made["reveal_with"] == f"assay auction reveal {number}"
    shop.chain.advance(HOUR)
    assert run("alice", "auction", "reveal", number)["leads"]
    shop.chain.advance(HOUR)
    (sold,) = run("alice", "auction", "close", number)["sold"]
    assert sold["price_base_units"] == str(120 * UNIT)
    serve(shop)
    run("alice", "licence", "open", sold["sale"], tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == model.read_bytes()
    (row,) = run("alice", "auction", "list", "--model", shop.good.hex())
    assert (row["auction"], row["exclusive"]) == (number, True)
    assert run("alice", "auction", "show", number)["closed"]
