"""The seller's daemon: what is due is done once, whenever it is killed, and whatever fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty_rpc import FaultyRpc

from assay.selling.daemon import Seller
from assay.structs import SaleState

PROGRAM = str(Path(sys.executable).with_name("assay"))
SECONDS = 60
DAY = 86_400
UNIT = 10**18


def seller_of(shop: Any, **changes: Any) -> Seller:
    settings = {"confirmations": 0, "poll_seconds": 0.01, "patience": 0}
    return Seller(shop["hospital"], **(settings | changes))


def sales(shop: Any, count: int, **changes: Any) -> list[int]:
    buyer, offered = shop.buyer("newcomer"), shop.offer(**changes)
    return [
        buyer.licences.buy(buyer.licences.quote(offered.offer_id), jurisdiction="CH").sale_id
        for _ in range(count)
    ]


def states(shop: Any, numbers: list[int]) -> list[SaleState]:
    return [shop["anyone"].licences.get(number).state for number in numbers]


def nonce(shop: Any) -> int:
    return shop["hospital"].session.connection.nonce(shop["hospital"].address)


@pytest.fixture
def rpc(shop) -> Iterator[FaultyRpc]:
    rpc = FaultyRpc(shop.chain.rpc)
    yield rpc
    rpc.close()


def test_every_sale_is_delivered_and_collected_once(shop):
    seller = seller_of(shop)
    seller.cycle()
    numbers = sales(shop, 3)
    before = nonce(shop)
    for _ in range(3):
        seller.cycle()
    assert states(shop, numbers) == [SaleState.DELIVERED] * 3
    assert nonce(shop) == before + 3
    seller.cycle()
    shop.chain.advance(DAY + 1)
    for _ in range(3):
        seller.cycle()
    assert states(shop, numbers) == [SaleState.COLLECTED] * 3
    assert nonce(shop) == before + 4  # those under the same terms together
    seller_of(shop).cycle()  # another one, after a restart
    assert nonce(shop) == before + 4


def test_money_that_is_due_waits_for_more_of_it(shop):
    seller = seller_of(shop, patience=3_600)
    numbers = sales(shop, 2)
    seller.cycle()
    shop.chain.advance(DAY + 1)
    seller.cycle()
    assert states(shop, numbers) == [SaleState.DELIVERED] * 2
    shop.chain.advance(3_601)
    seller.cycle()
    assert states(shop, numbers) == [SaleState.COLLECTED] * 2


def test_a_key_is_not_delivered_before_the_sale_is_believed(shop):
    """A key cannot be taken back: a sale that disappears with its block would be a gift."""
    seller = seller_of(shop, confirmations=3)
    numbers = sales(shop, 1)
    seller.cycle()
    assert states(shop, numbers) == [SaleState.BOUGHT]
    for _ in range(3):
        shop.chain.anvil.mine(1)
        seller.cycle()
    assert states(shop, numbers) == [SaleState.DELIVERED]


def test_a_sale_that_disappears_is_forgotten(shop):
    seller = seller_of(shop, confirmations=1)
    seller.cycle()
    with shop.chain.undone():
        sales(shop, 1)
        shop.chain.anvil.mine(1)
        seller._watch.poll()
        assert len(seller._watch.open) == 1
    shop.chain.anvil.mine(8)
    seller._watch.poll()
    assert seller._watch.open == []


def test_a_chain_that_changes_while_it_is_read_hides_no_sale(shop, monkeypatch):
    seller = seller_of(shop)
    seller.cycle()
    snapshot, read = shop.chain.snapshot(), seller._watch._read_from
    shop.chain.anvil.mine(9)

    def changed(first: int, last: int) -> None:
        read(first, last)
        shop.chain.revert(snapshot)

    monkeypatch.setattr(seller._watch, "_read_from", changed)
    seller._watch.poll()
    monkeypatch.undo()
    numbers = sales(shop, 1)  # in blocks with the numbers of those that are gone
    seller.cycle()
    assert states(shop, numbers) == [SaleState.DELIVERED]


def test_what_fails_does_not_stop_the_rest(shop, monkeypatch):
    seller, numbers = seller_of(shop), sales(shop, 2)
    deliver = shop["hospital"].licences.deliver

    def failing(record: Any) -> Any:
        if record.sale_id == numbers[0]:
            raise RuntimeError("unforeseen")
        return deliver(record)

    monkeypatch.setattr(shop["hospital"].licences, "deliver", failing)
    seller.cycle()
    assert states(shop, numbers) == [SaleState.BOUGHT, SaleState.DELIVERED]
    monkeypatch.undo()
    while states(shop, numbers)[0] == SaleState.BOUGHT:
        seller.cycle()


@pytest.mark.parametrize(
    ("method", "after"),
    [
        pytest.param("eth_sendRawTransaction", True, id="sent"),
        pytest.param("eth_sendRawTransaction", False, id="not sent"),
        pytest.param("eth_estimateGas", True, id="before it is signed", marks=pytest.mark.slow),
        pytest.param("eth_getTransactionReceipt", False, id="before the receipt", marks=pytest.mark.slow),
        pytest.param("eth_getLogs", True, id="while it reads", marks=pytest.mark.slow),
    ],
)
def test_killed_at_any_moment_it_delivers_once(shop, rpc, method, after):
    (number,) = sales(shop, 1)
    before = nonce(shop)
    environment = {**os.environ, **shop.environment("hospital"), "ASSAY_RPC": rpc.url}
    running: list[subprocess.Popen[bytes]] = []
    rpc.when_asked(method, lambda: running[0].kill(), after=after)
    with subprocess.Popen([PROGRAM, "sell", "serve"], env=environment, stderr=subprocess.PIPE) as process:
        running.append(process)
        process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.SIGKILL
    for _ in range(2):  # the second one finds nothing to do
        again = subprocess.run(
            [PROGRAM, "sell", "serve", "--once"], env=environment, capture_output=True, timeout=SECONDS
        )
        assert again.returncode == 0, again.stderr
    assert states(shop, [number]) == [SaleState.DELIVERED]
    assert nonce(shop) == before + 1


def test_dear_deliveries_go_before_cheap_ones(shop, monkeypatch):
    cheap = sales(shop, 2)
    dear = sales(shop, 1, price=200 * UNIT, bond=50 * UNIT)
    last = sales(shop, 1, price=200 * UNIT, bond=50 * UNIT)
    order, deliver = [], shop["hospital"].licences.deliver
    monkeypatch.setattr(
        shop["hospital"].licences, "deliver", lambda one: (order.append(one.sale_id), deliver(one))[1]
    )
    seller_of(shop).cycle()
    assert order == [*dear, *last, *cheap]
    assert states(shop, order) == [SaleState.DELIVERED] * 4


def test_what_is_dear_is_noticed_while_cheap_sales_are_delivered(shop, monkeypatch):
    monkeypatch.setattr("assay.selling.daemon._STEPS", 1)
    sales(shop, 2)
    order, dear, deliver = [], [], shop["hospital"].licences.deliver

    def delivering(record: Any) -> Any:
        order.append(record.sale_id)
        if not dear:
            dear.extend(sales(shop, 1, price=200 * UNIT, bond=50 * UNIT))
        return deliver(record)

    monkeypatch.setattr(shop["hospital"].licences, "deliver", delivering)
    seller_of(shop).cycle()
    assert order[1] == dear[0]
    assert len(order) == 3
