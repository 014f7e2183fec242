"""A job of another contract, by the guide: data attested, model scored, delivered, paid for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from job_contracts import JobContract
from typer.testing import CliRunner

from assay.cli import app
from assay.structs import JobState, JobStatus

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "neighbours.md"
CLIENT, PROVIDER = "hospital", "developer"
BUDGET, DAY = 5000 * 10**18, 86_400


def blocks() -> Iterator[tuple[str, str]]:
    """The fenced blocks about jobs: who types what, and what is printed ("")."""
    part = GUIDE.read_text().split("## Name Assay as the evaluator")[1].split("\n## ")[0]
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL):
        if language == "sh":
            who, _, typed = text.partition("\n")
            yield who.removeprefix("# "), typed
        else:
            yield "", text


def as_shown(shown: str) -> re.Pattern[str]:
    """What a guide shows: "…" is anything, on a line of its own any number of lines."""
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    written = (
        r"(?:[^\n]*\n)*?" if one == "…" else re.escape(one).replace("…", r"[^\n]*") + r"\n" for one in lines
    )
    return re.compile("".join(written))


class Played:
    """The people of the guide, and validators who work before each command that waits for them."""

    def __init__(self, stage: Any, hire: Any, jobs: JobContract, folder: Path) -> None:
        self.stage, self.jobs, self.folder = stage, jobs, folder
        self.daemons = [hire(name, keeper=True) for name in stage.validators]
        self.people = {"Client": CLIENT, "Provider": PROVIDER}

    def type(self, who: str, command: str) -> str:
        """Run a command; what it printed."""
        words = shlex.split(command.replace("$JOBS", self.jobs.address).replace("$JOB", "1"))[1:]
        if words[1] in ("grant", "wait", "deliver"):
            self.work(until_delivering=words[1] == "deliver")
        if words[1] == "evaluate":
            self.jobs.fund(CLIENT, 1, BUDGET)
            self.jobs.tell(PROVIDER, "submit", 1)
        done = CliRunner().invoke(app, words, env=self.stage.environment(self.people[who]))
        assert done.exit_code == 0, f"{command}: {done.output}"
        return done.stdout

    def work(self, *, until_delivering: bool) -> None:
        """Validators do what is theirs; nobody appeals."""
        jobs = self.stage["anyone"].jobs

        def done() -> bool:
            if until_delivering:
                return jobs.get(1).state == JobState.DELIVERING
            return jobs.next_step(1).who not in ("anyone", "validators")

        def act() -> None:
            self.stage.chain.anvil.mine()
            if until_delivering:
                self.stage.chain.advance(3600)
            for daemon in self.daemons:
                daemon.cycle()

        self.stage.wait(done, 240, act)


@pytest.mark.slow
def test_the_guide_takes_a_job_to_the_opened_model(
    stage, order, patients, models, card, hire, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("order.json").write_text(order.model_dump_json())
    Path("patients.csv").write_bytes(patients.read_bytes())
    Path("model.onnx").write_bytes(models[0].read_bytes())
    Path("card.json").write_text(card.model_dump_json())
    jobs = JobContract(stage.chain)
    jobs.create(CLIENT, PROVIDER)
    played, printed, compared = Played(stage, hire, jobs, tmp_path), "", 0
    provider, token = stage[PROVIDER], stage.chain.deployment.tokens.payment
    before = provider.escrow.wallet_balance()
    for who, text in blocks():
        if who:
            printed = "".join(played.type(who, command) for command in text.splitlines())
        else:
            said = "".join(" ".join(line.split()) + "\n" for line in printed.splitlines())
            assert as_shown(text).fullmatch(said), f"The guide shows\n{text}\nbut this was printed:\n{said}"
            compared += 1
    assert compared == 5
    assert jobs.status(1) == JobStatus.COMPLETED
    assert jobs.contract.functions.reasonOf(1).call() == provider.jobs.get(1).manifest
    assert provider.escrow.wallet_balance() == before + BUDGET
    assert Path("opened.onnx").read_bytes() == models[0].read_bytes()
    held = provider.session.contract("Escrow").read(
        "held", stage.chain.at("JobEvaluator"), token, (1).to_bytes(32)
    )
    assert held == 0
