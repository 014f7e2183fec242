"""Every command that pays or takes long, stopped at any moment and run again: paid once, nothing lost.

Continuous integration stops a few commands, each once, at moments that are always the same. `make chaos`
stops all of them, at moments of its own choice, `ASSAY_CHAOS` times each; `ASSAY_CHAOS_SEED` repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from chaos import INTERRUPTED, Ended, Moment, Programs

from assay import Order, Role
from assay.manifests.evaluation import ReportStatus
from assay.structs import Report
from assay.wallet.backup import restore
from assay.wallet.keystore import PASSPHRASE_VARIABLE, Wallet
from assay_local.anvil import free_port

PROGRAM = str(Path(sys.executable).with_name("assay"))
TIMES = int(os.environ.get("ASSAY_CHAOS", "0"))
SEED = int(os.environ.get("ASSAY_CHAOS_SEED", "0")) or (random.randrange(1, 2**32) if TIMES else 1)
DAY, HOUR = 86_400, 3_600


@dataclass(frozen=True)
class Case:
    """A command, and what has to be so when it has been run until it succeeded.

    Attributes:
        who: whose account it uses.
        words: of the command.
        typed: what is typed.
        files: that it writes, and what reads one: raises where it is not whole.
        refused: whether it may also find, when it is run again, that all is done: what it says then.
    """

    who: str
    words: list[str]
    typed: str = ""
    files: dict[str, Callable[[Path], Any]] = field(default_factory=dict)
    refused: str = ""


@pytest.fixture
def programs(stage) -> Iterator[Programs]:
    programs = Programs(stage.chain.rpc, stage.ipfs_url)
    yield programs
    programs.close()


@pytest.fixture
def inputs(tmp_path, order, card) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    (folder / "order.json").write_text(order.model_dump_json())
    (folder / "card.json").write_text(card.model_dump_json())
    return folder


def worth(stage, case: Case, since: int) -> dict[str, Any]:
    """What an account has, and all that the contracts have said from a block on."""
    market, tokens, eth = stage[case.who], stage.chain.deployment.tokens, stage.chain.web3.eth
    logs = eth.get_logs({"fromBlock": since})
    return {
        "money": [
            held(token=token)
            for token in (tokens.payment, tokens.staking)
            for held in (market.escrow.balance, market.escrow.wallet_balance)
        ],
        "sent": eth.get_transaction_count(market.address),
        "said": Counter((log["address"], log["topics"][0].hex()) for log in logs),
    }


# EACH COMMAND, AND WHAT COMES BEFORE IT


def deposit(stage, _inputs, _data, _model) -> Case:
    return Case("hospital", ["escrow", "deposit", "3"])


def withdraw(stage, _inputs, _data, _model) -> Case:
    stage["hospital"].escrow.deposit(10**18)
    return Case("hospital", ["escrow", "withdraw", "0.5"])


def stake(stage, _inputs, _data, _model) -> Case:
    return Case(stage.validators[0], ["stake", "add", "7"])


def leave(stage, _inputs, _data, _model) -> Case:
    stage[stage.validators[0]].staking.stake(10**18)
    return Case(stage.validators[0], ["stake", "leave", "1"])


def open_commission(_stage, inputs, data, _model) -> Case:
    return Case("hospital", ["commission", "open", str(inputs / "order.json"), str(data), "--unchecked"])


def grant(stage, _inputs, _data, _model) -> Case:
    return Case("hospital", ["commission", "grant", str(stage.granting)])


def commit(stage, inputs, data, _model) -> Case:
    number = ordered(stage, inputs, data)
    return Case("rival", ["bid", "commit", str(number)], typed="600\n")


def reveal(stage, inputs, data, _model) -> Case:
    number = ordered(stage, inputs, data)
    stage["rival"].bids.commit(number, 600 * 10**18)
    stage.chain.advance(601)
    return Case("rival", ["bid", "reveal", str(number)], typed="600\n")


def submit(stage, inputs, _data, model) -> Case:
    card = str(inputs / "card.json")
    return Case("developer", ["model", "submit", str(stage.building), str(model), card])


def deliver(stage, _inputs, _data, _model) -> Case:
    return Case("developer", ["model", "deliver", str(stage.delivering)])


def settle(stage, _inputs, _data, _model) -> Case:
    stage["developer"].models.deliver(stage.delivering)
    stage.chain.advance(DAY + 1)
    return Case("anyone", ["commission", "settle", str(stage.delivering)])


def fetch(stage, _inputs, _data, model) -> Case:
    stage["developer"].models.deliver(stage.delivering)
    whole = model.read_bytes()

    def same(path: Path) -> None:
        assert path.read_bytes() == whole

    return Case("hospital", ["model", "fetch", str(stage.delivering), "got.onnx"], files={"got.onnx": same})


JURORS = [f"juror {number}" for number in range(9)]


def enrol(stage, _inputs, _data, _model) -> Case:
    stage.accredit("juror 0", Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    return Case("juror 0", ["juror", "enrol"])


def dispute(stage, inputs, _data, _model) -> Case:
    """Of a refund for bad data that has been announced."""
    for name in JURORS:
        stage.accredit(name, Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    for name in JURORS:
        stage[name].court.enrol()
    stage.chain.advance(HOUR + 1)
    stage["hospital"].commissions.grant_data(stage.granting)
    stage.report(stage.granting, Report(status=ReportStatus.REJECTED, manifest=b"\x01" * 32))
    claim = inputs / "claim.json"
    claim.write_text(json.dumps({"claim": "The data is as committed.", "statement": "Count the rows."}))
    return Case("hospital", ["dispute", "open", str(stage.granting), "panel-conduct", str(claim)])


def check(stage, inputs, data, _model) -> Case:
    return Case("hospital", ["commission", "check", str(inputs / "order.json"), str(data)])


def new_order(stage, _inputs, data, _model) -> Case:
    words = ["order", "new", str(data), "--domain", "healthcare"]
    return Case("hospital", words, files={"order.json": lambda path: json.loads(path.read_text())})


def new_wallet(stage, _inputs, _data, _model) -> Case:
    return Case(
        "hospital",
        ["wallet", "create", "new.json"],
        files={"new.json": Wallet.open},
        refused="exists",
    )


def backup(stage, _inputs, _data, _model) -> Case:
    return Case(
        "hospital",
        ["wallet", "backup", "backup.json"],
        files={"backup.json": lambda path: restore(path, path.with_name(f"restored {time.monotonic_ns()}"))},
        refused="exists",
    )


CASES = [
    *(
        deposit,
        withdraw,
        stake,
        leave,
        open_commission,
        grant,
        commit,
        reveal,
        submit,
        deliver,
        settle,
        fetch,
    ),
    *(enrol, dispute),
    *(check, new_order, new_wallet, backup),
]
SHORT = [deliver, deposit, fetch, new_wallet]
"""Those of continuous integration; test_paid_once.py and test_outages.py stop others there."""


def ordered(stage, inputs, data) -> int:
    order = Order.model_validate_json((inputs / "order.json").read_text())
    return int(stage["hospital"].commissions.open(order, data).commission_id)


@pytest.mark.parametrize("prepare", CASES if TIMES else SHORT, ids=lambda one: one.__name__)
def test_a_command_that_is_stopped_and_run_again(
    stage, programs, prepare, inputs, patients, model, tmp_path, monkeypatch
):
    case = prepare(stage, inputs, patients, model)
    since, environment = stage.chain.web3.eth.block_number, stage.environment(case.who)
    before = worth(stage, case, since)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, environment[PASSPHRASE_VARIABLE])
    command = [PROGRAM, *case.words]

    def run(folder: Path, moment: Moment | None = None, usual: float = 0) -> Ended:
        return programs.run(command, environment, typed=case.typed, folder=folder, moment=moment, usual=usual)

    def look(folder: Path, *, finished: bool) -> None:
        for name, read in case.files.items():
            if finished or (folder / name).exists():
                read(folder / name)

    with stage.chain.undone():
        usual = run(new_folder(tmp_path, "usual"))
        assert usual.code == 0, usual.err
        done = worth(stage, case, since)
        look(tmp_path / "usual", finished=True)
    assert (done == before) == bool(case.files or prepare is check)
    choose = random.Random(f"{SEED} {prepare.__name__}")
    for turn in range(TIMES or 1):
        moment = Moment.any(choose, usual.requests)
        with stage.chain.undone():
            folder = new_folder(tmp_path, f"turn {turn}")
            stopped = run(folder, moment, usual.seconds)
            about = f"seed {SEED}, {moment}: {stopped}"
            assert stopped.code in {0, INTERRUPTED, -signal.SIGKILL}, about
            if stopped.code == INTERRUPTED:
                assert "nterrupted" in stopped.err, about
            assert "Traceback" not in stopped.err, about
            look(folder, finished=False)
            if stopped.code != 0:
                again = run(folder)
                is_done = case.refused and case.refused in again.err
                assert again.code == 0 or is_done, f"{about}, and again {again}"
            assert worth(stage, case, since) == done, about
            look(folder, finished=True)


def new_folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".log"}


def starting(folder: Path) -> list[str]:
    """The command that starts a market there."""
    ports = [str(free_port()), str(free_port())]
    return [PROGRAM, "up", "--validators", "1", "--port", ports[0], "--ipfs-port", ports[1], "--json"]


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A market that is up, and what it says of itself."""
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as up:
        assert up.stdout is not None
        said = ""
        while not said.endswith("\n}\n"):
            line = up.stdout.readline()
            assert line, up.communicate()[1]
            said += line
        try:
            yield up, json.loads(said)
        finally:
            up.send_signal(signal.SIGINT)


def stopped_at(command: list[str], folder: Path, number: signal.Signals, seconds: float) -> Ended:
    """How a market ends that is stopped so many seconds after it was started."""
    moment = Moment(number, None, after=False, part=1)
    return Programs("http://127.0.0.1:9", "http://127.0.0.1:9").run(
        command, {}, folder=folder, moment=moment, usual=seconds
    )


def a_local_market_that_is_stopped_starts_again(tmp_path):
    """At any moment; and a second one in the folder touches nothing."""
    folder, command = tmp_path, starting(tmp_path)
    began = time.monotonic()
    with running(command, folder) as (up, _):
        usual = time.monotonic() - began
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == 0, up.communicate()
    choose = random.Random(f"{SEED} up")
    for _ in range(TIMES):
        number = choose.choice([signal.SIGKILL, signal.SIGINT])
        ended = stopped_at(command, folder, number, choose.uniform(0, 1.2 * usual))
        assert ended.code in {0, INTERRUPTED, -signal.SIGKILL}, ended
        assert "Traceback" not in ended.err, ended
    with running(command, folder) as (up, said):
        before = contents(folder)
        second = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
        assert second.returncode == 1
        assert f"process {up.pid}" in second.stderr
        assert contents(folder) == before
        assert httpx.post(said["rpc"], json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}).is_success


if TIMES:  # it takes minutes
    test_a_local_market_that_is_stopped_starts_again = a_local_market_that_is_stopped_starts_again
