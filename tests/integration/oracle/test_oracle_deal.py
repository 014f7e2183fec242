"""The daemons answer all that a commission asks of them, so that its key can be delivered."""

from __future__ import annotations

import json

import pytest
from eth_utils.address import to_checksum_address

from assay import State
from assay.errors import SealError
from assay.manifests import Assessment, ValidationReport
from assay.manifests.evaluation import ReportStatus
from assay.manifests.reason import Code, Reason
from assay.seal import open_message, report_purpose
from assay.structs import Cause, RoundState
from assay.wallet.eip712 import report as report_text
from assay.wallet.eip712 import signer_of

UNIT = 10**18


@pytest.mark.slow
def test_from_attestation_to_delivery(stage, hire, order, patients, models, tmp_path):
    hospital = stage["hospital"]
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    request_id = stage.attest(number, panel)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.ANSWERED}
    assert stage.state(number) == State.BUILDING

    stage.submit(number, models[0])
    request_id = stage.answer(number, panel)
    reports = stage.reports(request_id)
    assert len({report.scores for report in reports.values()}) == 1
    for name, report in reports.items():
        check_report(stage, name, request_id, report)
        assert report.scores[0] >= order.threshold

    # an appeal: seven others get both keys from the panel, and say the same
    panel_id = hospital.commissions.get(number).panel_id
    stage["anyone"].rounds.appeal(panel_id)
    stage.seat(number)
    appeal = stage.round(number)
    appeal_panel = [hire(name) for name in stage.members(appeal.appeal_panel_id)]
    assert len(appeal_panel) == 7
    stage.drive(panel + appeal_panel, lambda: len(stage.reports(appeal.appeal_request_id)) == 7)
    assert {report.scores for report in stage.reports(appeal.appeal_request_id).values()} == {
        report.scores for report in reports.values()
    }
    members = hospital.oracle.panel(panel_id).members
    granted = hospital.session.events.find("Rounds", "KeysGranted", panelId=panel_id)
    by_members = [event for event in granted if to_checksum_address(event.arguments["by"]) in members]
    assert len(by_members) == 2  # the first seat has handed over both keys, the others had nothing to do

    stage.advance(number)
    stage.seat_auditors(number)
    audit_id = hospital.commissions.get(number).audit_id
    stage.drive(panel, lambda: has_model(stage, audit_id, tmp_path / "audit"))
    assessment = Assessment(
        scopes=("performance", "explainability"), limitations="Nothing else was looked at."
    )
    stage["auditor"].audits.post(audit_id, True, assessment)
    stage.advance(number)

    assert stage.state(number) == State.DELIVERING
    stage["developer"].models.deliver(number)  # the word is the one on which the daemons have agreed
    assert stage.state(number) == State.CHALLENGE
    hospital.models.fetch(number, tmp_path / "delivered.onnx")
    assert (tmp_path / "delivered.onnx").read_bytes() == models[0].read_bytes()


def has_model(stage, audit_id, folder):
    """Whether the auditor can open the model; its developer has granted it nothing."""
    try:
        return stage["auditor"].audits.fetch(audit_id, folder).model.exists()
    except SealError:
        return False


def check_report(stage, name, request_id, report):
    """What was published is what was revealed, signed, and opens for the customer only in its details."""
    hospital, validator = stage["hospital"], stage[name].address
    manifest = hospital.session.fetch(report.manifest, ValidationReport)
    assert (manifest.scores, manifest.word, manifest.status) == (
        report.scores,
        report.word.hex(),
        report.status,
    )
    text = report_text(
        manifest.chain_id,
        manifest.oracle,
        request_id=request_id,
        validator=validator,
        status=manifest.status,
        scores=manifest.scores,
        criteria=manifest.criteria,
        word=report.word,
        manifest=manifest.unsigned_digest(),
    )
    assert signer_of(text, bytes.fromhex(manifest.signature)) == validator
    purpose = report_purpose(manifest.chain_id, manifest.oracle, request_id, validator)
    key = hospital.session.encryption_key()
    (details,) = json.loads(open_message(manifest.sealed_details, key, purpose=purpose))
    assert abs(details["metrics"]["accuracy"] * 1_000_000 - report.scores[0]) <= 10_000


@pytest.mark.slow
def test_two_silent_members_are_replaced_and_get_the_keys(stage, hire, order, patients, models):
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage.attest(number, panel)
    stage.submit(number, models[0])
    stayed = panel[-1]  # the last seat: its turn to hand over comes last
    request_id = stage.request(number)
    stage.drive([stayed], lambda: stage.commits(request_id)[stayed.name] == 1)
    stage.chain.advance(6 * 3600)
    stage.drive([stayed], lambda: stayed.name in stage.reports(request_id))
    stage.chain.advance(2 * 3600)
    stage.advance(number)
    assert stage.round(number).state == RoundState.DRAWING
    stage.seat(number)
    newcomers = [hire(name) for name in stage.panel(number) if name != stayed.name]
    assert len(newcomers) == 2
    for daemon in [stayed, *newcomers]:
        daemon.cycle()
    granted = len(grants_in(stage, number))  # the owners' own; others' turns come first
    stage.chain.advance(86_400 * 2 // 16 + 1)
    stage.drive([stayed], lambda: len(grants_in(stage, number)) == granted + 2)
    assert stage.round(number).state == RoundState.GRANTING  # the owners have their whole time
    stage.chain.advance(86_400)
    stage.advance(number)
    request_id = stage.answer(number, [stayed, *newcomers])
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.ANSWERED}


def grants_in(stage, number):
    """Who has granted a key to the commission's panel."""
    hospital = stage["hospital"]
    panel_id = hospital.commissions.get(number).panel_id
    found = hospital.session.events.find("Rounds", "KeysGranted", panelId=panel_id)
    return [event.arguments["by"] for event in found]


@pytest.mark.slow
def test_keepers_move_a_deal_on(stage, hire, order, patients, models):
    quick = order.model_copy(update={"risk_class": 1})
    number = stage["hospital"].commissions.open(quick, patients).commission_id
    stage.award(number)
    keepers = [hire(f"validator {i}", keeper=True) for i in range(2)]

    def granting() -> bool:
        stage.chain.anvil.mine()
        return stage.state(number) == State.ATTESTING and stage.round(number).state == RoundState.GRANTING

    stage.drive(keepers, granting)
    panel = [hire(name, keeper=True) for name in stage.panel(number)]
    stage["hospital"].commissions.grant_data(number)
    stage.drive(panel, lambda: stage.state(number) == State.BUILDING)
    stage.submit(number, models[0])
    request_id = stage.request(number)
    stage.drive(panel, lambda: len(stage.reports(request_id)) == 3)
    stage.chain.advance(86_401)
    stage.drive(panel, lambda: stage.state(number) == State.DELIVERING)


def test_a_keeper_ends_what_only_time_ends_and_is_paid(stage, hire, order, patients):
    """Nobody bids. A validator that has no part in the deal closes the auction, and earns the step fee."""
    number = stage["hospital"].commissions.open(order, patients).commission_id
    earned = stage["validator 0"].escrow.balance()
    keeper = hire("validator 0", keeper=True)
    keeper.cycle()
    assert stage.state(number) == State.BIDDING
    stage.chain.advance(86_400)
    stage.chain.anvil.mine()
    stage.drive([keeper], lambda: stage.state(number) == State.REFUNDED)
    assert stage["validator 0"].escrow.balance() == earned + UNIT
    keeper.cycle()
    assert keeper._daemon._watch.docket.deadlines == {}


def test_garbage_data_is_rejected(stage, hire, order, patients):
    counts = order.dataset.counts.model_copy(update={"rows": order.dataset.counts.rows + 1})
    wrong = order.model_copy(update={"dataset": order.dataset.model_copy(update={"counts": counts})})
    number = stage.to_granting(wrong, patients)
    panel = [hire(name) for name in stage.panel(number)]
    request_id = stage.attest(number, panel)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.REJECTED}
    hospital = stage["hospital"]
    assert hospital.commissions.get(number).cause == Cause.BAD_DATA
    rows = order.dataset.counts.rows
    assert reasons(hospital, number) == {
        ("data", Reason(code=Code.ROW_COUNT, found=rows, least=rows + 1, most=rows + 1))
    }
    told = [one.reasons for one in stage["developer"].commissions.refusals(number)]
    assert told == [None] * 3  # the data is no business of the developer's
    steps = hospital.commissions.timeline(number, hospital.commissions.refusals(number))
    assert any(f"the data has {rows:,} rows, and the order says {rows + 1:,}" in step.step for step in steps)


def test_data_that_is_no_table_is_rejected(stage, hire, order, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(bytes(range(256)) * 40)
    number = stage.to_granting(order, data)
    panel = [hire(name) for name in stage.panel(number)]
    request_id = stage.attest(number, panel)
    assert {report.status for report in stage.reports(request_id).values()} == {ReportStatus.REJECTED}


def test_a_file_that_is_no_model_is_rejected(stage, hire, order, patients, models, tmp_path, monkeypatch):
    number = stage.to_granting(order, patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage.attest(number, panel)
    hostile = stage.publish_model(number, b"no model at all", models[0])
    stage["developer"].session.send("CommissionMarket", "submit", number, hostile.to_abi())
    request_id = stage.answer(number, panel)
    reports = stage.reports(request_id)
    assert {report.status for report in reports.values()} == {ReportStatus.REJECTED}
    assert reasons(stage["developer"], number) == {("attempt 1", Reason(code=Code.NOT_ONNX))}
    assert reasons(stage["hospital"], number) == {("attempt 1", Reason(code=Code.MODEL_REFUSED))}
    assert {one.reasons for one in stage["anyone"].commissions.refusals(number)} == {None}
    stage.chain.advance(86_401)
    stage.advance(number)
    steps = [step.step for step in stage["hospital"].commissions.timeline(number)]
    assert any("panel's answer: rejected" in step for step in steps)
    assert not any("evaluated" in step for step in steps)


def reasons(market, number):
    """What the market's account may read of why its panel gave no answer."""
    found = market.commissions.refusals(number)
    assert len(found) == 3
    return {(one.about, reason) for one in found for reason in one.reasons}
