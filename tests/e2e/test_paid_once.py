"""Commands that pay, through endpoints that fail, in programs that are killed: once, or clearly pending."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faulty_rpc import HONEST, Faults, FaultyRpc
from job_contracts import JobContract
from typer.testing import CliRunner, Result

from assay.cli import app
from assay.judges.disputes import Claim
from assay.markets.auctions import AuctionPlan
from assay.structs import Role

PROGRAM = str(Path(sys.executable).with_name("assay"))
SOAK = int(os.environ.get("ASSAY_SOAK", "1"))
SECONDS = 60
TROUBLES = [
    Faults(no_receipt=1),  # load-balanced endpoints: receipts later than nonces
    Faults(behind=0.5, lag=2, false_receipt=0.5),
    Faults(misjudged=1, no_receipt=0.5),
    Faults(lost=0.1, dropped=0.1, limited=0.1, no_receipt=0.9),
]


@pytest.fixture
def rpc(stage) -> Iterator[FaultyRpc]:
    rpc = FaultyRpc(stage.chain.rpc)
    yield rpc
    rpc.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch) -> None:
    monkeypatch.setattr("assay.chain.transactions._LAG_SECONDS", 0.5)
    monkeypatch.setattr("assay.chain.transactions._LAG_PAUSE", 0.05)
    monkeypatch.setattr("assay.chain.waiting._SEARCH_SECONDS", 0.1)
    monkeypatch.setattr("assay.chain.waiting._PUSH_SECONDS", 0.2)
    monkeypatch.setattr("assay.chain.provider._PAUSE", 0.01)


@pytest.fixture
def order_file(order, tmp_path) -> Path:
    path = tmp_path / "order.json"
    path.write_text(order.model_dump_json())
    return path


def worth(stage, name: str) -> tuple[object, ...]:
    """All that a payment of this account could change, however often it is made."""
    market, tokens = stage[name], stage.chain.deployment.tokens
    money = [
        held(token=token)
        for token in (tokens.payment, tokens.staking)
        for held in (market.escrow.balance, market.escrow.wallet_balance)
    ]
    return (*money, market.commissions.count(), market.staking.stake_of().amount)


def bought(stage, dest: Path) -> list[str]:
    """What somebody new types to buy the hospital's model."""
    stage.buyer("newcomer")
    offer = str(stage.offer_model())
    return ["buy", offer, str(dest), "--jurisdiction", "CH", "--at-most", "120"]


def put_to_auction(stage) -> str:
    """The hospital sells a licence by sealed bids to whoever has joined; the auction's number."""
    offered = stage.offer_model()
    stage.buyer("newcomer").participants.register(Role.CUSTOMER, jurisdiction="CH")
    plan = AuctionPlan(deposit=500 * 10**18, bidding_seconds=3_600, revealing_seconds=3_600)
    return str(stage["hospital"].auctions.open(offered, plan).number)


def claimed(stage, model: Path, claim: Path) -> list[str]:
    """What the hospital types to claim that a model of the rival's was made from its own."""
    parent, child = stage.two_models(model)
    claim.write_text(Claim(claim="It was made from mine.").model_dump_json())
    return ["lineage", "claim", parent.hex(), child.hex(), str(claim), "--at-most", "200"]


def enrolling(stage, order_file: Path, patients: Path) -> list[str]:
    """What the hospital types to have its job evaluated."""
    jobs = JobContract(stage.chain)
    number = jobs.create("hospital", "developer")
    return ["job", "enrol", jobs.address, str(number), str(order_file), str(patients), "--at-most", "500"]


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("try", "enrol", "claim")]
PAYMENTS = ["deposit", "withdraw", "open", "bid", "stake", "buy", "bid for a licence", *SLOW]


@pytest.fixture(params=PAYMENTS)
def payment(
    request, stage, order_file, order, patients, model, tmp_path
) -> Iterator[tuple[str, list[str], str]]:
    """Who pays, by which command, and what is typed."""
    stage["hospital"].escrow.deposit(10**18)
    commands: dict[str, Callable[[], tuple[str, list[str], str]]] = {
        "deposit": lambda: ("hospital", ["escrow", "deposit", "3"], ""),
        "withdraw": lambda: ("hospital", ["escrow", "withdraw", "0.5"], ""),
        "open": lambda: ("hospital", ["commission", "open", str(order_file), str(patients)], ""),
        "bid": lambda: (
            "rival",
            ["bid", "commit", str(stage["hospital"].commissions.open(order, patients).commission_id)],
            "600\n",
        ),
        "stake": lambda: (stage.validators[0], ["stake", "add", "7"], ""),
        "buy": lambda: ("newcomer", bought(stage, tmp_path / "model.onnx"), ""),
        "bid for a licence": lambda: (
            "newcomer",
            ["auction", "commit", put_to_auction(stage), "--at-most", "500"],
            "200\n",
        ),
        "claim": lambda: ("hospital", claimed(stage, model, tmp_path / "claim.json"), ""),
        "try": lambda: (
            "newcomer",
            ["trial", "open", str(stage.offer_trial()), str(order_file), str(patients), "--at-most", "500"],
            "",
        ),
        "enrol": lambda: ("hospital", enrolling(stage, order_file, patients), ""),
    }
    with stage.serving():
        yield commands[request.param]()


def run(stage, url: str, payment: tuple[str, list[str], str]) -> Result:
    name, words, typed = payment
    environment = stage.environment(name) | {"ASSAY_RPC": url}
    return CliRunner().invoke(app, [*words, "--json"], input=typed, env=environment)


def test_a_command_run_until_it_succeeds_has_paid_once(stage, rpc, payment, monkeypatch):
    with stage.chain.undone():
        assert run(stage, stage.chain.rpc, payment).exit_code == 0
        paid = worth(stage, payment[0])
    unpaid = worth(stage, payment[0])
    assert paid != unpaid
    monkeypatch.setattr("assay.chain.transactions.WAIT_SECONDS", 0.3)
    programs = iter(range(1000))
    troubles = TROUBLES if SOAK == 1 else random.choices(TROUBLES, k=SOAK)
    for seed, trouble in enumerate(troubles):
        rpc.break_with(trouble)
        monkeypatch.setattr("assay.chain.journal._TOKEN", f"program {next(programs)} {seed}")
        result = run(stage, rpc.url, payment)
        assert result.exit_code in (0, 1, 3), result.output
        assert "Traceback" not in result.stderr
        if result.exit_code == 0:
            break
        if result.exit_code == 3:
            assert "assay tx wait 0x" in result.stderr
            assert json.loads(result.stdout)["state"] == "pending"
    else:
        rpc.break_with(HONEST)
        monkeypatch.setattr("assay.chain.transactions.WAIT_SECONDS", 60)
        monkeypatch.setattr("assay.chain.journal._TOKEN", "the last program")
        result = run(stage, rpc.url, payment)
        assert result.exit_code == 0, result.output
    assert worth(stage, payment[0]) == paid


@pytest.mark.parametrize(
    ("number", "after"),
    [
        pytest.param(signal.SIGKILL, True, id="killed, sent"),
        pytest.param(signal.SIGINT, False, id="interrupted, not sent"),
        pytest.param(signal.SIGKILL, False, id="killed, not sent", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, True, id="interrupted, sent", marks=pytest.mark.slow),
    ],
)
def test_a_program_that_is_stopped_while_it_pays_has_paid_once(stage, rpc, number, after):
    """Where it sends: a new program finishes what it began."""
    environment = {**os.environ, **stage.environment("hospital"), "ASSAY_RPC": rpc.url}
    command = [PROGRAM, "escrow", "deposit", "3", "--json"]
    before = stage["hospital"].escrow.balance()
    running: list[subprocess.Popen[bytes]] = []
    rpc.when_asked("eth_sendRawTransaction", lambda: running[0].send_signal(number), after=after)
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # where tests run in the background, it is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        running.append(process)
        _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert b"Traceback" not in said
    if number == signal.SIGINT:
        assert b"assay tx wait 0x" in said
    again = subprocess.run(command, env=environment, capture_output=True, timeout=SECONDS)
    assert again.returncode == 0, again.stderr
    assert stage["hospital"].escrow.balance() - before == 3 * 10**18
