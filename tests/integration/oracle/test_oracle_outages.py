"""What a validator lacks itself is no report: it waits. What cannot be had at all is reported in time."""

from __future__ import annotations

import secrets

import pytest

from assay import State
from assay.errors import LocalMarketError
from assay.manifests import KeyGrants
from assay.manifests.evaluation import ReportStatus
from assay.seal import ContentKey, grant
from assay.structs import Artifact, Cause, Submission


@pytest.fixture
def attesting(stage, hire, order, patients):
    """A commission whose panel is asked, with the others' daemons; the first member's is the test's."""
    number = stage.to_granting(order, patients)
    names = stage.panel(number)
    stage["hospital"].commissions.grant_data(number)
    return number, names[0], [hire(name) for name in names[1:]]


def errors(daemon, duty):
    return sum(
        sample.value
        for metric in daemon.monitor.registry.collect()
        for sample in metric.samples
        if sample.name == "assay_oracle_errors_total" and sample.labels["duty"] == duty
    )


def test_no_chain_for_a_while(stage, hire, gate, attesting):
    number, name, others = attesting
    relay = gate(stage.chain.rpc)
    daemon = hire(name, rpc=[relay.url])
    daemon.cycle()
    assert daemon.monitor.health().healthy
    relay.shut = True
    relay.cut()
    stage.drive([daemon], lambda: errors(daemon, "chain") > 0)
    assert not daemon.monitor.health().healthy
    relay.shut = False
    request_id = stage.request(number)
    stage.drive([daemon, *others], lambda: len(stage.reports(request_id)) == 3)
    assert daemon.monitor.health().healthy


def test_a_second_endpoint_takes_over(stage, hire, gate, attesting):
    number, name, others = attesting
    chain, storage = gate(stage.chain.rpc), gate(stage.ipfs_url)
    daemon = hire(name, rpc=[chain.url, stage.chain.rpc], ipfs=[storage.url, stage.ipfs_url])
    daemon.cycle()
    for relay in (chain, storage):
        relay.shut = True
        relay.cut()
    stage.answer(number, [daemon, *others])
    assert stage.state(number) == State.BUILDING


@pytest.mark.parametrize("fault", ["shut", "lying"])
def test_storage_that_fails_or_lies_is_no_report(stage, hire, gate, attesting, fault):
    number, name, others = attesting
    relay = gate(stage.ipfs_url)
    setattr(relay, fault, True)
    daemon = hire(name, ipfs=[relay.url])
    stage.drive([daemon], lambda: errors(daemon, "request") > 0)
    request_id = stage.request(number)
    late = stage["hospital"].oracle.request(request_id).commit_ends - 60
    stage.chain.anvil.advance_to(late)  # even when time is running out
    before = errors(daemon, "request")
    stage.drive([daemon], lambda: errors(daemon, "request") > before)
    assert daemon.journal.count() == 0
    setattr(relay, fault, False)
    stage.drive([daemon, *others], lambda: len(stage.reports(request_id)) == 3)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.ANSWERED}


def test_what_nobody_has_is_reported_late(stage, hire, order, patients, models):
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage.attest(number, panel)
    nothing = Submission(manifest=secrets.token_bytes(32), grants=secrets.token_bytes(32))
    stage["developer"].session.send("CommissionMarket", "submit", number, nothing.to_abi())
    stage.drive(panel, lambda: all(errors(daemon, "request") > 0 for daemon in panel))
    assert all(daemon.journal.count() == 1 for daemon in panel)  # the attestation
    stage.chain.advance(6 * 3600 * 3 // 4 + 1)
    request_id = stage.answer(number, panel)
    reports = stage.reports(request_id)
    assert {report.status for report in reports.values()} == {ReportStatus.CANNOT_OPEN}


@pytest.mark.parametrize("wrong", ["another key", "another deal", "nobody", "another artifact"])
def test_grants_that_do_not_open(stage, hire, order, patients, wrong):
    number = stage.to_granting(order, patients)
    hospital = stage["hospital"]
    panel = [hire(name) for name in stage.panel(number)]
    key = hospital.keys.own(hospital.commissions.dataset(number).artifact)
    panel_id = hospital.commissions.get(number).panel_id
    recipients = hospital.keys.members(panel_id)
    context = hospital.keys.panel_context(panel_id, Artifact.DATASET)
    if wrong == "another key":
        other = grant(ContentKey.generate(), recipients, context)
        grants = KeyGrants(context=context, key_hash=key.hash, grants=other.grants)
    elif wrong == "another deal":
        grants = grant(key, recipients, hospital.keys.panel_context(panel_id + 1, Artifact.DATASET))
    elif wrong == "nobody":
        grants = grant(key, {hospital.address: hospital.participants.get().encryption_key}, context)
    else:
        grants = grant(ContentKey.generate(), recipients, context)
    digest = hospital.session.publish(grants)
    hospital.session.send("Rounds", "grant", panel_id, Artifact.DATASET, digest)
    request_id = stage.answer(number, panel)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.CANNOT_OPEN}
    assert stage.state(number) == State.CHALLENGE  # the customer may contest it
    assert hospital.commissions.get(number).cause == Cause.BAD_DATA


def test_a_dry_run_says_nothing(stage, hire, attesting):
    number, name, _ = attesting
    daemon = hire(name, dry_run=True)
    counted = {"kind": "verdict", "status": "answered"}
    stage.drive([daemon], lambda: daemon.count("assay_oracle_reports_total", **counted) == 1)
    daemon.cycle()
    assert stage.commits(stage.request(number)).total() == 0
    assert not (daemon.settings.folder / "journal.sqlite").exists()


def test_a_busy_port_stops_the_start(stage, hire, attesting):
    _, name, _ = attesting
    host = stage.chain.rpc.removeprefix("http://")
    process = hire(name, listen=host).process()
    with pytest.raises(LocalMarketError, match="Cannot listen"):
        process.start(lambda: False, 60)
