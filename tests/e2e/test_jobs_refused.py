"""Jobs that Assay does not evaluate are refused in a sentence, before anything is uploaded, sent or paid."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from job_contracts import DAYS, JobContract
from typer.testing import CliRunner

from assay.cli import app

YEAR = 365 * DAYS


def funded(jobs: JobContract, **changes: Any) -> int:
    number = jobs.create("hospital", "developer", **changes)
    jobs.fund("hospital", number, 10**18)
    return number


REFUSED: dict[str, tuple[Callable[[JobContract, Any], int], str, str]] = {
    "another's job": (lambda j, s: j.create("rival", "developer"), "NotClient", "client"),
    "no provider yet": (lambda j, s: j.create("hospital", ""), "NotProvider", "provider"),
    "another evaluator": (
        lambda j, s: j.create("hospital", "developer", evaluator=s["rival"].address),
        *("OtherEvaluator", "evaluator"),
    ),
    "a hook": (
        lambda j, s: j.create("hospital", "developer", hook=s["rival"].address),
        *("HookRefused", "hook"),
    ),
    "too soon": (
        lambda j, s: j.create("hospital", "developer", expiry=s.chain.anvil.now() + DAYS),
        *("ExpiryTooShort", "expires at 20"),
    ),
    "too late": (
        lambda j, s: j.create("hospital", "developer", expiry=s.chain.anvil.now() + YEAR),
        *("ExpiryTooLate", "expires at 20"),
    ),
    "funded": (lambda j, s: funded(j), "WrongStatus", "The job is funded, not open."),
    "no such job": (lambda j, s: 99, "UnreadableJob", "No job 99 can be read"),
}


@pytest.fixture
def jobs(stage) -> JobContract:
    return JobContract(stage.chain)


@pytest.fixture
def files(order, patients, tmp_path) -> list[str]:
    (tmp_path / "order.json").write_text(order.model_dump_json())
    return [str(tmp_path / "order.json"), str(patients)]


def enrol(stage: Any, jobs: str, number: int, files: list[str], *options: str) -> Any:
    words = ["job", "enrol", jobs, str(number), *files, *options, "--json"]
    return CliRunner().invoke(app, words, env=stage.environment("hospital"))


def worth(stage: Any) -> tuple[int, ...]:
    market, eth = stage["hospital"], stage.chain.web3.eth
    sent = eth.get_transaction_count(market.address)
    return (sent, market.escrow.balance(), market.escrow.wallet_balance())


def test_each_is_refused_before_it_costs(stage, jobs, files, monkeypatch):
    monkeypatch.setattr("assay.session.Session.publish", lambda *_: pytest.fail("it was published"))
    for what, (make, error, said) in REFUSED.items():
        number = make(jobs, stage)
        before = worth(stage)
        result = enrol(stage, jobs.address, number, files, "--at-most", "500")
        assert result.exit_code == 1, (what, result.output)
        told = json.loads(result.stdout)["error"]
        assert (told["contract_error"], said in told["message"]) == (error, True), told
        assert "Traceback" not in result.stderr
        assert worth(stage) == before, what


def test_terms_and_arguments_are_refused_too(stage, jobs, files, monkeypatch):
    monkeypatch.setattr("assay.session.Session.publish", lambda *_: pytest.fail("it was published"))
    number = jobs.create("hospital", "developer")
    before = worth(stage)
    refused = {
        ("--seats", "4", "--at-most", "500"): "panelSize",
        ("--at-most", "1"): "It costs",
        (): "nobody can be asked",
    }
    for options, said in refused.items():
        result = enrol(stage, jobs.address, number, files, *options)
        assert result.exit_code == 1, result.output
        assert said in json.loads(result.stdout)["error"]["message"], result.output
    assert enrol(stage, jobs.address[:-1] + "x", number, files).exit_code == 2
    nowhere = enrol(stage, stage["rival"].address, number, files, "--at-most", "500")
    assert "can be read" in json.loads(nowhere.stdout)["error"]["message"]
    assert worth(stage) == before


def test_a_dry_run_sends_nothing(stage, jobs, files):
    number = jobs.create("hospital", "developer")
    before = worth(stage)
    result = enrol(stage, jobs.address, number, files, "--dry-run")
    assert (result.exit_code, json.loads(result.stdout)["seats"]) == (0, 3), result.output
    assert worth(stage) == before


def test_what_is_not_ones_turn_is_refused(stage, jobs, order, patients, model, card, tmp_path: Path):
    """A model of somebody else, or one that nobody has submitted in the job contract."""
    hospital, number = stage["hospital"], jobs.create("hospital", "developer")
    enrolled = hospital.jobs.enrol(jobs.address, number, order, patients)
    before = stage.chain.web3.eth.get_transaction_count(stage["developer"].address)
    (tmp_path / "card.json").write_text(card.model_dump_json())
    words = ["job", "evaluate", str(enrolled.number), str(model), str(tmp_path / "card.json"), "--json"]
    result = CliRunner().invoke(app, words, env=stage.environment("developer"))
    assert "attesting" in json.loads(result.stdout)["error"]["message"], result.output
    for command in ("conclude", "deliver", "fetch"):
        further = [str(tmp_path / "model.onnx")] if command == "fetch" else []
        result = CliRunner().invoke(
            app,
            ["job", command, str(enrolled.number), *further, "--json"],
            env=stage.environment("developer"),
        )
        assert result.exit_code == 1, (command, result.output)
    assert stage.chain.web3.eth.get_transaction_count(stage["developer"].address) == before
