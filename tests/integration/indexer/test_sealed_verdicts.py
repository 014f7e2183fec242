"""An audit with three seats on a real chain: verdicts are sealed, opened, and told as what they are."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.orm import Session
from stage import UNIT
from typer.testing import CliRunner

from assay import ContractError, State
from assay.cli import app
from assay.errors import InvalidInput, SealError
from assay.manifests import Assessment, Finding
from assay.store.cid import cid_of_block
from assay.structs import AuditOutcome, views
from assay.wallet import eip712
from assay_indexer.tables import Audit, AuditSeat

APPROVES = Assessment(scopes=("explainability",), limitations="The rest.")
REJECTS = Assessment(
    scopes=("explainability", "fairness"),
    limitations="Nothing else.",
    findings=(Finding(scope="fairness", severity="critical", summary="x" * 200, details="y" * 3000),),
)


@pytest.fixture
def audit(stage, order, patients, model):
    """The deal and the audit of a model, with three auditors seated, who are named by seat."""
    auditors = stage.three_auditors()
    number = stage.to_building(order, patients, developer=700 * UNIT)
    stage.pass_test(number, model)
    stage.seat_auditors(number)
    audit_id = stage["hospital"].commissions.get(number).audit_id
    by_address = {stage[name].address: name for name in auditors}
    seats = stage["hospital"].audits.get(audit_id).seats
    return number, audit_id, [by_address[seat.auditor] for seat in seats]


@pytest.fixture
def assay(stage):
    def run(name: str, *arguments: str, code: int = 0):
        done = CliRunner().invoke(app, [*arguments, "--json"], env=stage.environment(name))
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if code == 0 else done.stderr

    return run


def told_by(engine, audit_id: int, auditor: str):
    """What the index tells of a seat: whether it is sealed, the verdict, and by when verdicts are opened."""
    with Session(engine) as session:
        seat, found = session.get(AuditSeat, (audit_id, auditor)), session.get(Audit, audit_id)
        return seat.sealed_at is not None, seat.approved, found.opening_until


def test_nobody_follows_another(stage, audit, assay, index, tmp_path, monkeypatch):
    number, audit_id, (first, second, third) = audit
    engine, follower = index
    hospital = stage["hospital"]
    step = hospital.commissions.next_step(number)
    assert (step.who, f"audit post {audit_id}" in step.what) == ("developer and auditors", True)

    with monkeypatch.context() as patch:
        patch.setattr(type(hospital.session), "publish", lambda *_: pytest.fail("a report was published"))
        sealed = stage[first].audits.post(audit_id, True, APPROVES)
        (tmp_path / "rejects.json").write_text(REJECTS.model_dump_json())
        record = assay(second, "audit", "post", str(audit_id), str(tmp_path / "rejects.json"), "--reject")
    assert (record["verdict"], record["sealed"]) == ("sealed", {"number": 2, "of": 3})
    assert record["open_with"] == f"assay audit open {audit_id}"
    seal = sealed.event("VerdictSealed").arguments
    other = next(
        hospital.session.events.find("AuditRegistry", "VerdictSealed", auditor=stage[second].address)
    )
    copies = [stage.store.get_block(cid_of_block(one["copy"])) for one in (seal, other.arguments)]
    assert len(copies[0]) == len(copies[1]), "its length says nothing of a report"
    assert b"limitations" not in copies[0]

    for name in (first, second):
        with pytest.raises(InvalidInput, match="still being sealed: 2 so far"):
            stage[name].audits.open(audit_id)
    with pytest.raises(InvalidInput, match="has posted no verdict"):
        hospital.audits.report(audit_id, stage[first].address)
    with pytest.raises(ContractError, match="already sealed"):
        stage[first].audits.post(audit_id, False, REJECTS)
    shown = assay("anyone", "audit", "show", str(audit_id))
    assert (shown["sealed"], shown["posted"], shown["verdicts"]) == (
        {"number": 2, "of": 3},
        {"number": 0, "of": 3},
        [],
    )

    follower.poll()
    assert told_by(engine, audit_id, stage[first].address) == (True, None, None)
    assert told_by(engine, audit_id, stage[third].address) == (False, None, None)

    stage[third].audits.post(audit_id, True, APPROVES)
    step = hospital.commissions.next_step(number)
    assert (step.who, f"audit open {audit_id}" in step.what) == ("auditors", True)
    with pytest.raises(InvalidInput, match="not the verdict that you have sealed"):
        stage[first].audits.post(audit_id, False, REJECTS)
    assert assay(first, "audit", "open", str(audit_id))["verdict"] == "posted"
    stage[second].audits.post(audit_id, False, REJECTS)  # from the file: the same call again
    with pytest.raises(InvalidInput, match="no seat"):
        stage["rival"].audits.open(audit_id)
    with pytest.raises(ContractError, match="Nothing is due"):
        hospital.commissions.advance(number)
    assert assay(third, "audit", "open", str(audit_id), "--wait")["verdict"] == "posted"
    assert hospital.audits.report(audit_id, stage[second].address).findings == REJECTS.findings

    deadline = hospital.audits.get(audit_id).deadline
    hospital.commissions.advance(number)
    assert hospital.audits.get(audit_id).outcome == AuditOutcome.APPROVED
    assert stage.state(number) == State.DELIVERING
    follower.poll()
    assert told_by(engine, audit_id, stage[second].address) == (True, False, deadline)
    told = [step.step for step in hospital.commissions.timeline(number)]
    assert told.count("verdict sealed") == 2
    assert "verdict sealed, opening of verdicts began" in told
    assert told.count("audit verdict: approved") == 2


def test_a_seal_is_the_contracts_and_the_wallets_alone(stage, audit):
    _, audit_id, (first, second, _) = audit
    auditor, hospital = stage[first], stage["hospital"]
    registry, chain_id = hospital.deployment.address("AuditRegistry"), hospital.deployment.chain_id
    salt = auditor.session.wallet.verdict_salt(chain_id, registry, audit_id)
    assert salt == auditor.session.wallet.verdict_salt(chain_id, registry, audit_id)
    others = (
        stage[second].session.wallet.verdict_salt(chain_id, registry, audit_id),
        auditor.session.wallet.verdict_salt(chain_id, registry, audit_id + 1),
        auditor.session.wallet.verdict_salt(chain_id + 1, registry, audit_id),
    )
    assert salt not in others
    said = (audit_id, auditor.address, True, b"\x05" * 32, 33, salt)
    ours = eip712.sealed_verdict_hash(
        chain_id, registry, audit_id, auditor.address, approve=True, report=said[3], scopes=33, salt=salt
    )
    assert hospital.session.view(views.audit_registry.seal_of(*said)) == ours


def test_who_does_not_open_pays_and_changes_nothing(stage, audit):
    number, audit_id, (first, second, third) = audit
    hospital = stage["hospital"]
    for name, approve in ((first, True), (second, True), (third, False)):
        stage[name].audits.post(audit_id, approve, APPROVES if approve else REJECTS)
    for name in (first, second):
        stage[name].audits.open(audit_id)
    stage.chain.anvil.advance_to(hospital.audits.get(audit_id).deadline)
    step = hospital.commissions.next_step(number)
    assert (step.who, step.by) == ("anyone", 0)
    hospital.commissions.advance(number)
    ended = hospital.audits.get(audit_id)
    assert ended.silent == (stage[third].address,)
    assert stage[third].audits.enrolment().domains == 0
    hospital.commissions.advance(number)
    assert hospital.audits.get(audit_id).outcome == AuditOutcome.APPROVED
    with pytest.raises(InvalidInput, match="no seat"):
        stage[third].audits.open(audit_id)


def test_a_damaged_copy_is_told(stage, audit, monkeypatch):
    _, audit_id, names = audit
    for name in names:
        stage[name].audits.post(audit_id, True, APPROVES)
    auditor = stage[names[0]]
    with monkeypatch.context() as patch:
        patch.setattr(type(auditor.session.store), "get_block", lambda *_, **__: b"\0" * 65_552)
        with pytest.raises(SealError, match="does not open"):
            auditor.audits.open(audit_id)
    auditor.audits.post(audit_id, True, APPROVES)
    assert len(auditor.audits.get(audit_id).verdicts) == 1


def test_seats_that_stay_vacant(stage, audit):
    """Nobody else can be drawn: what is sealed is opened all the same, and its work is paid."""
    number, audit_id, (first, *_) = audit
    hospital = stage["hospital"]
    stage[first].audits.post(audit_id, True, APPROVES)
    stage.chain.anvil.advance_to(hospital.audits.get(audit_id).deadline)
    assert hospital.commissions.next_step(number).who == "anyone"
    hospital.commissions.advance(number)  # the silent lose their seats
    stage.chain.anvil.advance_to(hospital.audits.get(audit_id).deadline)
    hospital.commissions.advance(number)
    assert hospital.audits.get(audit_id).opening
    stage[first].audits.open(audit_id)
    before = stage[first].escrow.balance()
    hospital.commissions.advance(number)
    assert hospital.audits.get(audit_id).outcome == AuditOutcome.UNFILLED
    assert stage[first].escrow.balance() > before
