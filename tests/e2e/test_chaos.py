"""Every command that pays or takes long, stopped at any moment and run again: paid once, nothing lost.

Continuous integration stops a few commands, each once, at moments that are always the same. `make chaos`
stops all of them, at moments of its own choice, `ASSAY_CHAOS` times each; `ASSAY_CHAOS_SEED` repeats a run.
"""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chaos import INTERRUPTED, PROGRAM, SEED, TIMES, Ended, Moment, Programs, new_folder
from chaos_cases import CASES, SHORT, Case, check

from assay.wallet.keystore import PASSPHRASE_VARIABLE

pytestmark = pytest.mark.slow


@pytest.fixture
def programs(stage) -> Iterator[Programs]:
    programs = Programs(stage.chain.rpc, stage.ipfs_url)
    yield programs
    programs.close()


@pytest.fixture
def served(stage) -> Iterator[None]:
    """A seller's daemon is at work: what is bought is delivered."""
    with stage.serving():
        yield


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


@pytest.mark.parametrize("prepare", CASES if TIMES else SHORT, ids=lambda one: one.__name__)
def test_a_command_that_is_stopped_and_run_again(
    stage, programs, served, prepare, inputs, patients, model, tmp_path, monkeypatch
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
    assert (done == before) == (bool(case.files or prepare is check) and not case.pays)
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
