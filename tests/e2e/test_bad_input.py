"""The wrong account, state, chain, amount or size: a clear error, and nothing has been sent or paid."""

from __future__ import annotations

import re
import shutil

import pytest
from stage import STAKE, UNIT

from assay import ContractError, Market, Role
from assay.errors import AssayError, InvalidInput, ManifestError, SealError, WrongChain
from assay.structs import Artifact
from assay_local.anvil import free_port
from assay_local.process import Process


@pytest.fixture
def untouched(stage):
    """Nothing that this test does sends a transaction of these accounts or moves their money."""

    def accounts():
        eth = stage.chain.web3.eth
        for name in ("hospital", "developer", "rival", *stage.validators):
            market = stage[name]
            yield (
                name,
                eth.get_transaction_count(market.address),
                market.escrow.balance(),
                market.escrow.wallet_balance(),
            )

    before = list(accounts())
    yield
    assert list(accounts()) == before


def check(error: AssayError) -> None:
    """A sentence for people: what happened, without a selector or an enum's number."""
    assert re.match(r"[A-Z0-9-].{10,}\.", str(error), re.DOTALL)
    assert "Traceback" not in str(error)


def deliver_late(market, stage) -> None:
    """In the last part of the delivery window: whoever has its money back could take the key."""
    commission = market.commissions.get(stage.delivering)
    stage.chain.advance(commission.timeouts.delivery * 7 // 8 + 1)
    with pytest.raises(InvalidInput, match=f"commission {stage.delivering} is nearly over") as error:
        market.models.deliver(stage.delivering)
    raise error.value


WRONG_ACCOUNT = {
    "bid of a customer": ("hospital", lambda m, s, f: m.bids.commit(s.granting, UNIT)),
    "order of a developer": ("developer", lambda m, s, f: m.commissions.open(f.order, f.patients)),
    "data key of a stranger": ("rival", lambda m, s, f: m.commissions.grant_data(s.granting)),
    "data key of the developer": ("developer", lambda m, s, f: m.commissions.grant_data(s.granting)),
    "model of a loser": ("rival", lambda m, s, f: m.models.submit(s.building, f.model, f.card)),
    "model key of a stranger": ("rival", lambda m, s, f: m.models.grant(s.delivering)),
    "delivery of a stranger": ("rival", lambda m, s, f: m.models.deliver(s.delivering)),
    "stake of a developer": ("developer", lambda m, s, f: m.staking.stake(UNIT)),
    "auditor without accreditation": ("developer", lambda m, s, f: m.audits.enrol()),
    "grants of a stranger": (
        "rival",
        lambda m, s, f: m.session.send(
            "Rounds", "grant", m.commissions.get(s.granting).panel_id, Artifact.DATASET, b"\1" * 32
        ),
    ),
    "vote of a developer": (
        "developer",
        lambda m, s, f: m.oracle.commit(s.request(s.building), 0, b"\1" * 32),
    ),
    "model registered by hand": (
        "developer",
        lambda m, s, f: m.session.send(
            "ModelRegistry",
            "registerModel",
            m.address,
            m.address,
            1,
            1_000_000,
            (b"\1" * 32, b"\1" * 32, [], []),
        ),
    ),
    "rule changed by a customer": (
        "hospital",
        lambda m, s, f: m.session.send("Policy", "setFee", 0, m.address),
    ),
    "panel of a stranger": ("rival", lambda m, s, f: m.session.send("ValidationOracle", "dissolve", 1)),
    "second registration": (
        "hospital",
        lambda m, s, f: m.participants.register(Role.CUSTOMER, jurisdiction="CH"),
    ),
}


class Files:
    """What orders and submissions are made of."""

    def __init__(self, order, patients, model, card) -> None:
        self.order, self.patients, self.model, self.card = order, patients, model, card


@pytest.fixture
def files(order, patients, model, card) -> Files:
    return Files(order, patients, model, card)


@pytest.mark.parametrize("what", WRONG_ACCOUNT)
def test_the_wrong_account(stage, untouched, files, what):
    name, act = WRONG_ACCOUNT[what]
    with pytest.raises((ContractError, InvalidInput, SealError)) as error:
        act(stage[name], stage, files)
    check(error.value)


WRONG_STATE = {
    "bid after the auction": ("rival", lambda m, s, f: m.bids.commit(s.granting, UNIT)),
    "reveal after the auction": ("developer", lambda m, s, f: m.bids.reveal(s.granting, UNIT)),
    "advance before the time": ("rival", lambda m, s, f: m.commissions.advance(s.granting)),
    "settle before delivery": ("rival", lambda m, s, f: m.commissions.settle(s.delivering)),
    "settle before a submission": ("rival", lambda m, s, f: m.commissions.settle(s.building)),
    "submission before attestation": (
        "developer",
        lambda m, s, f: m.models.submit(s.granting, f.model, f.card),
    ),
    "submission after the last": (
        "developer",
        lambda m, s, f: m.models.submit(s.delivering, f.model, f.card),
    ),
    "fetch before delivery": ("hospital", lambda m, s, f: m.models.fetch(s.delivering, f.model)),
    "fetch of nothing": ("hospital", lambda m, s, f: m.models.fetch(s.granting, f.model)),
    "unknown commission": ("hospital", lambda m, s, f: m.commissions.get(10**6)),
    "appeal of an attestation": (
        "rival",
        lambda m, s, f: m.rounds.appeal(m.commissions.get(s.building).panel_id),
    ),
    "appeal when the panel is gone": (
        "rival",
        lambda m, s, f: m.rounds.appeal(m.commissions.get(s.delivering).panel_id),
    ),
    "delivery before the answer": ("developer", lambda m, s, f: m.models.deliver(s.building)),
    "delivery that may come too late": ("developer", lambda m, s, f: deliver_late(m, s)),
    "refutation of nothing": ("hospital", lambda m, s, f: m.models.refute(s.delivering)),
    "withdrawal of more than there is": ("hospital", lambda m, s, f: m.escrow.withdraw(10**9 * UNIT)),
}


@pytest.mark.parametrize("what", WRONG_STATE)
def test_the_wrong_state(stage, untouched, files, what):
    name, act = WRONG_STATE[what]
    content = files.model.read_bytes()
    with pytest.raises((ContractError, InvalidInput)) as error:
        act(stage[name], stage, files)
    check(error.value)
    assert files.model.read_bytes() == content


def test_exit_of_locked_stake(stage, untouched):
    member = stage[stage.panel(stage.granting)[0]]
    with pytest.raises(ContractError) as error:
        member.staking.request_exit(STAKE)
    check(error.value)


@pytest.mark.parametrize("price", [-1, -(2**96), 2**96, 2**256, 1000 * UNIT + 1])
def test_a_bid_that_is_none(stage, untouched, price):
    with pytest.raises(InvalidInput) as error:
        stage["developer"].bids.commit(stage.granting, price)
    check(error.value)


def test_the_wrong_chain(stage, untouched, order, patients, tmp_path):
    """Another chain behind the endpoint: nothing is signed for it."""
    port = free_port()
    command = [str(shutil.which("anvil")), "--port", str(port), "--chain-id", "1"]
    url = f"http://127.0.0.1:{port}"
    with Process("another chain", command, tmp_path / "anvil.log") as other:
        other.start(lambda: "Listening" in other.log_tail())
        with pytest.raises(WrongChain) as error:
            Market.connect(url, deployment=stage.chain.deployment, wallet=stage.chain.wallet("hospital"))
        check(error.value)


def test_an_order_too_large_for_a_manifest(stage, untouched, order, patients):
    columns = tuple(
        order.dataset.columns[0].model_copy(update={"name": f"{'x' * 150}{i}"}) for i in range(10_000)
    )
    described = order.dataset.model_copy(update={"columns": columns})
    with pytest.raises(ManifestError) as error:
        stage["hospital"].commissions.open(order.model_copy(update={"dataset": described}), patients)
    check(error.value)
    assert "1 MiB" in str(error.value)


def test_a_missing_or_unreadable_file(stage, untouched, order, card, tmp_path):
    with pytest.raises(SealError):
        stage["hospital"].commissions.open(order, tmp_path / "none.csv")
    with pytest.raises(SealError):
        stage["hospital"].commissions.open(order, tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    for path in (tmp_path / "none.onnx", tmp_path / "model.onnx", tmp_path):
        with pytest.raises((InvalidInput, SealError)):
            stage["developer"].models.submit(stage.building, path, card)
