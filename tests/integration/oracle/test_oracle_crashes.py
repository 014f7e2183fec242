"""Daemons are killed at every step; after a restart each report arrives, and arrives once."""

from __future__ import annotations

import os
import signal
import sys

import httpx
import pytest
from eth_utils.crypto import keccak
from killed import running, wait_for_work

from assay import State
from assay.errors import LocalMarketError
from assay.manifests.evaluation import ReportStatus
from assay_local.anvil import free_port
from assay_oracle.errors import JournalError


def killed(daemon, step):
    """Run the daemon in a process until it has killed itself at *step*."""
    process = daemon.process(killed_at=step)
    with pytest.raises(LocalMarketError):
        process.start(lambda: False, seconds=60)
    assert process.exit_code == -signal.SIGKILL


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize(
    "steps",
    [("before journal", "after journal", "sent commit"), ("after commit", "before reveal", "sent reveal")],
    ids=["up to the commit", "up to the reveal"],
)
def test_killed_and_restarted(stage, hire, order, patients, steps):
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage["hospital"].commissions.grant_data(number)
    request_id = stage.request(number)
    if "reveal" in steps[-1]:
        # the steps of a reveal are reached only when all have committed
        stage.drive(panel[1:], lambda: stage.commits(request_id).total() == 2)
        for daemon in panel[1:]:
            daemon.stop()
    for daemon, step in zip(panel, steps, strict=True):
        killed(daemon, step)
    stage.drive(panel, lambda: len(stage.reports(request_id)) == 3)
    assert set(stage.commits(request_id).values()) == {1}
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.ANSWERED}
    for daemon in panel:
        daemon.cycle()  # nothing is left to do, and nothing is done twice
    assert set(stage.commits(request_id).values()) == {1}
    stage.advance(number)
    assert stage.state(number) == State.BUILDING


@pytest.mark.slow
def test_killed_in_the_middle_of_an_evaluation(stage, hire, order, patients, models, tmp_path):
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage.attest(number, panel)
    for daemon in panel:
        daemon.stop()
    request_id = stage.submit(number, models[0])
    scratch, elsewhere = panel[0].settings.folder / "scratch", tmp_path / "tmp"
    elsewhere.mkdir()
    for files in (1, 1, 2):
        command = [sys.executable, "-m", "assay_oracle", "run", "--config", panel[0].config]
        with running(command, {**os.environ, "TMPDIR": str(elsewhere)}, tmp_path / "log"):
            wait_for_work(str(scratch), files)
        assert [*scratch.iterdir(), *elsewhere.iterdir()] == []  # no plaintext is left lying about
    killed(panel[0], "after journal")
    assert list(scratch.iterdir()) == []
    port = free_port()
    restarted = hire(panel[0].name, folder=str(panel[0].settings.folder), listen=f"127.0.0.1:{port}")
    with restarted.process() as process:
        process.start(lambda: answers(port))
        with pytest.raises(JournalError, match="Another daemon"):
            panel[0].cycle()
        stage.drive(panel[1:], lambda: len(stage.reports(request_id)) == 3)
        process.signal(signal.SIGTERM)
        stage.wait(lambda: not process.running, 20)
        assert process.exit_code == 0
    assert stage.commits(request_id).total() == 3
    assert len({report.scores for report in stage.reports(request_id).values()}) == 1
    log = process.log.read_text()
    assert "decided" not in log  # the killed one had decided; the restarted one only spoke
    assert "correct horse" not in log
    assert keccak(text=panel[0].name).hex() not in log


def test_another_model_after_a_reorganisation_of_the_chain(stage, hire, order, patients, models):
    """The same request id asks something else; what was decided on the first question is not said."""
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage.attest(number, panel)
    fork = stage.chain.snapshot()
    request_id = stage.submit(number, models[0])
    stage.drive(panel, lambda: stage.commits(request_id).total() >= 2)
    stage.chain.revert(fork)
    hostile = stage.publish_model(number, b"no model at all", models[0])
    stage["developer"].session.send("CommissionMarket", "submit", number, hostile.to_abi())
    assert stage.request(number) == request_id
    stage.answer(number, panel)
    reports = stage.reports(request_id)
    assert len(reports) == 3
    assert {report.status for report in reports.values()} == {ReportStatus.REJECTED}


def test_a_reorganisation_that_drops_a_commit(stage, hire, order, patients, models):
    """The same question: the same report is committed to again."""
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage["hospital"].commissions.grant_data(number)
    request_id = stage.request(number)
    fork = stage.chain.snapshot()
    stage.drive(panel, lambda: len(stage.reports(request_id)) == 3)
    for daemon in panel * 2:
        daemon.cycle()  # takes the request for answered
    stage.chain.revert(fork)
    assert stage.reports(request_id) == {}
    stage.drive(panel, lambda: len(stage.reports(request_id)) == 3)
    assert all(
        daemon.count("assay_oracle_reports_total", kind="verdict", status="answered") == 1 for daemon in panel
    )
