"""Storage or chain fail in the middle of a step: at any of its requests, before the server heard it or after.

The step ends with a clear error, loses and doubles nothing, and can simply be taken again.
"""

from __future__ import annotations

import pytest
from outage import CUT, EVERYWHERE, assert_clear, cut_everywhere

from assay import Market
from assay.errors import ChainUnavailable, StoreError
from assay.structs import State


def sent(stage, name):
    return stage.chain.web3.eth.get_transaction_count(stage.chain.wallet(name).address)


def money(stage, name):
    return stage[name].escrow.balance() + stage[name].escrow.wallet_balance()


@pytest.mark.parametrize(CUT, [pytest.param("rpc", True, False, id="chain, unanswered"), *EVERYWHERE])
def test_opening(stage, cut_off, order, patients, which, mute, every):
    market, lines = cut_off("hospital")
    before, count = money(stage, "hospital"), stage["hospital"].commissions.count()
    total = stage["hospital"].commissions.draft(order, patients).total

    def is_done(finally_):
        opened = stage["hospital"].commissions.count() - count
        if finally_:
            assert opened == 1
            assert money(stage, "hospital") == before - total
            assert stage.state(count + 1) == State.BIDDING
        return opened == 1

    def step():
        market.commissions.open(order, patients)

    assert cut_everywhere(stage, lines, which, step, is_done, every=every, mute=mute), (
        "the line was never cut"
    )


@pytest.mark.parametrize(CUT, [pytest.param("ipfs", False, False, id="storage, refused"), *EVERYWHERE])
def test_submitting(stage, cut_off, model, card, which, mute, every):
    market, lines = cut_off("developer")

    def is_done(finally_):
        deal = stage["developer"].commissions.get(stage.building)
        if finally_:
            assert (deal.state, deal.attempts) == (State.EVALUATING, 1)
        return deal.attempts == 1

    def step():
        market.models.submit(stage.building, model, card)

    assert cut_everywhere(stage, lines, which, step, is_done, every=every, mute=mute)


@pytest.mark.parametrize("which", ["rpc", "ipfs"])
def test_fetching(stage, cut_off, model, tmp_path, which):
    stage["developer"].models.deliver(stage.delivering)
    market, lines = cut_off("hospital")
    dest = tmp_path / "model.onnx"

    def is_done(finally_):
        assert [path.name for path in tmp_path.iterdir()] == (["model.onnx"] if dest.exists() else [])
        if finally_:
            assert dest.read_bytes() == model.read_bytes()
        return dest.exists()

    def step():
        dest.unlink(missing_ok=True)
        market.models.fetch(stage.delivering, dest)

    failures = cut_everywhere(stage, lines, which, step, is_done, every=True)
    assert failures


def test_without_storage_nothing_is_sent(stage, cut_off, order, patients, model, card):
    for name, step in (
        ("hospital", lambda market: market.commissions.open(order, patients)),
        ("hospital", lambda market: market.commissions.grant_data(stage.granting)),
        ("developer", lambda market: market.models.submit(stage.building, model, card)),
    ):
        market, lines = cut_off(name)
        before = sent(stage, name), money(stage, name)
        lines["ipfs"].break_at(1)
        with pytest.raises(StoreError) as error:
            step(market)
        assert_clear(error.value)
        assert (sent(stage, name), money(stage, name)) == before


def test_without_chain_nothing_is_done(stage, cut_off, order, patients, model, card, tmp_path):
    for name, step in (
        ("hospital", lambda market: market.commissions.open(order, patients)),
        ("hospital", lambda market: market.commissions.grant_data(stage.granting)),
        ("hospital", lambda market: market.models.fetch(stage.delivering, tmp_path / "model.onnx")),
        ("developer", lambda market: market.models.submit(stage.building, model, card)),
        ("developer", lambda market: market.bids.commit(stage.granting, 1)),
    ):
        market, lines = cut_off(name)
        lines["rpc"].break_at(1)
        with pytest.raises(ChainUnavailable) as error:
            step(market)
        assert_clear(error.value)
        assert lines["ipfs"].requests == 0
        assert list(tmp_path.iterdir()) == []
    lines["rpc"].break_at(1)
    with pytest.raises(ChainUnavailable):
        Market.connect(lines["rpc"].url, deployment=stage.chain.deployment, timeout=5, rounds=1)
