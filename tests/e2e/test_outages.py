"""Storage or chain fail in the middle of a step: at any of its requests, before the server heard it or after.

The step ends with a clear error, loses and doubles nothing, and can simply be taken again.
"""

from __future__ import annotations

import pytest

from assay import Market
from assay.errors import AssayError, ChainError, ChainUnavailable, StoreError, TransactionPending
from assay.manifests.evaluation import ReportStatus
from assay.seal import grant
from assay.store import KuboStore
from assay.structs import Report, State

FOR_GOOD = 10**9
SAMPLE = 3  # requests of a step at which the fast tests cut the line


@pytest.fixture
def cut_off(stage, line):
    """Makes markets of an account whose lines to chain and storage can be cut."""
    opened = []

    def make(name):
        rpc, ipfs = line(stage.chain.rpc), line(stage.ipfs_url)
        store = KuboStore(ipfs.url)
        market = Market.connect(
            rpc.url,
            deployment=stage.chain.deployment,
            wallet=stage.chain.wallet(name),
            store=store,
            timeout=5,
            rounds=1,
        )
        opened.extend([market, store])
        return market, {"rpc": rpc, "ipfs": ipfs}

    yield make
    for one in opened:
        one.close()


def sent(stage, name):
    return stage.chain.web3.eth.get_transaction_count(stage.chain.wallet(name).address)


def money(stage, name):
    return stage[name].escrow.balance() + stage[name].escrow.wallet_balance()


def sampled(requests: int, every: bool) -> list[int]:
    """Requests (from 1) at which to cut: all of them, or a few from the first to the last."""
    if every:
        return list(range(1, requests + 1))
    return sorted({1 + i * (requests - 1) // (SAMPLE - 1) for i in range(SAMPLE)})


def cut_everywhere(stage, lines, which, step, is_done, *, every: bool, mute: bool = False) -> int:
    """Take *step* with a line cut at one request after another, and again until it is done.

    Storage stays away until the step has failed; the chain misses one request, as a transaction that was sent
    is waited for.

    Returns:
        how often it did not succeed at once.
    """
    chain, failures = stage.chain, 0
    the_line, cuts = lines[which], 1 if which == "rpc" else FOR_GOOD

    def alone(action):
        snapshot = chain.anvil.call("evm_snapshot")
        try:
            return action()
        finally:
            chain.anvil.call("evm_revert", snapshot)

    the_line.mend()
    alone(step)
    for request in sampled(the_line.requests, every):

        def attempt(request=request):
            the_line.break_at(request, cuts, mute=mute)
            error = failure(step)
            the_line.mend()
            if error is not None:
                assert_clear(error)
                if mute and isinstance(error, TransactionPending):  # it says which one to look for
                    assert chain.web3.eth.wait_for_transaction_receipt(error.tx_hash, 30, 0.02)["status"] == 1
                if not is_done(False):
                    step()
            is_done(True)
            return error is not None

        failures += alone(attempt)
    return failures


def failure(step) -> AssayError | None:
    try:
        step()
    except AssayError as error:
        return error
    return None


def assert_clear(error: AssayError) -> None:
    """What happened and what to do, in words, without the machinery behind it."""
    assert isinstance(error, StoreError | ChainError)
    assert error.message[0].isupper()
    assert error.message.rstrip().endswith(".")
    for machinery in ("Traceback", "httpx", "object at 0x", "None"):
        assert machinery not in str(error)


EVERYWHERE = [
    pytest.param("rpc", True, True, id="chain, unanswered everywhere", marks=pytest.mark.slow),
    pytest.param("rpc", False, True, id="chain, refused everywhere", marks=pytest.mark.slow),
    pytest.param("ipfs", True, True, id="storage, unanswered everywhere", marks=pytest.mark.slow),
    pytest.param("ipfs", False, True, id="storage, refused everywhere", marks=pytest.mark.slow),
]
CUT = ("which", "mute", "every")


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
    deliver(stage)
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


def deliver(stage):
    hospital, developer = stage["hospital"], stage["developer"]
    number = stage.delivering
    own = {hospital.address: hospital.participants.get().encryption_key}
    key = developer.keys.own(developer.models.manifest(number).artifact)
    digest = developer.session.publish(grant(key, own, developer.keys.context(number, "delivery")))
    stage.report(number, Report(status=ReportStatus.SCORED, score=0, criteria=0, manifest=digest))


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
