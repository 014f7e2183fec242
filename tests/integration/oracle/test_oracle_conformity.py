"""The daemons test a developer's model on a conformity body's data, appeals included."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from assay import State
from assay.cli import app
from assay.errors import ContractError, SealError
from assay.judges.conformity import TestSetPlan
from assay.manifests import ModelManifest, ValidationReport
from assay.manifests.evaluation import ReportStatus
from assay.seal import open_message, report_purpose
from assay.structs import AssessmentState, Report, RoundState, VoidCause, views
from assay.wallet.keystore import PASSPHRASE_VARIABLE

UNIT = 10**18


@pytest.fixture
def plan(order) -> TestSetPlan:
    """The order's test, as a body registers it: another's data in the same columns."""
    shared = {name: value for name, value in order if name in TestSetPlan.model_fields}
    return TestSetPlan(**shared | {"panel_size": 3, "body_fee": "40"})


class Body:
    """A conformity body and its set, and a developer who has a model tested on it."""

    def __init__(self, stage, hire, set_id) -> None:
        self.stage, self.hire, self.set_id = stage, hire, set_id
        self.conformity = stage["body"].conformity

    def apply(self, digest):
        number = self.stage["developer"].conformity.apply(self.set_id, digest).assessment_id
        self.stage.chain.anvil.mine(3)
        self.stage["anyone"].conformity.advance(number)
        assert self.round(number).state == RoundState.GRANTING
        return number

    def round(self, number):
        return self.stage["anyone"].rounds.get(self.get(number).panel_id)

    def get(self, number):
        return self.conformity.get(number)

    def panel(self, number):
        return [self.hire(name) for name in self.stage.members(self.get(number).panel_id)]

    def grant(self, number):
        self.stage["developer"].conformity.grant_model(number)
        self.conformity.grant_data(number)
        assert self.round(number).state == RoundState.VOTING

    def answer(self, number, panel):
        request_id = self.round(number).request_id
        self.stage.drive(panel, lambda: len(self.stage.reports(request_id)) == len(panel))
        return self.stage.reports(request_id)

    def finish(self, number):
        self.stage.chain.advance(86_401)
        self.stage["anyone"].conformity.advance(number)
        return self.get(number)


@pytest.fixture
def body(stage, hire, plan, patients) -> Body:
    return Body(stage, hire, stage["body"].conformity.register(plan, patients).set_id)


@pytest.fixture
def published(stage, models, card) -> bytes:
    """The digest of a good model that belongs to no deal."""
    return stage["developer"].models.publish(models[0], card)


@pytest.mark.slow
def test_a_model_passes_and_the_set_stays_hidden(stage, body, published, tmp_path):
    developer = stage["developer"]
    number = body.apply(published)
    panel = body.panel(number)
    body.grant(number)
    reports = body.answer(number, panel)
    assert {report.status for report in reports.values()} == {ReportStatus.ANSWERED}
    request_id = body.round(number).request_id
    for name, report in reports.items():
        check_details(stage, name, request_id, report)

    # an appeal: seven others get both keys from the panel
    panel_id = body.get(number).panel_id
    stage["anyone"].rounds.appeal(panel_id)
    stage.chain.anvil.mine(3)
    stage["anyone"].conformity.advance(number)
    appeal = body.round(number)
    others = [body.hire(name) for name in stage.members(appeal.appeal_panel_id)]
    stage.drive(panel + others, lambda: len(stage.reports(appeal.appeal_request_id)) == 7)

    assert body.finish(number).state == AssessmentState.PASSED
    score = next(iter(reports.values())).scores[0]
    standing = developer.conformity.standing(body.set_id, published)
    assert (standing.passed, standing.score, standing.at) == (True, score, body.get(number).opened_at)
    assert developer.conformity.is_current(body.set_id, published, 180 * 86_400)
    finding = developer.conformity.finding(number)
    assert finding is not None
    assert finding.passed
    assert finding.score == score
    assert stage["body"].escrow.balance() == 40 * UNIT
    held = developer.session.view(
        views.escrow.held(
            stage.chain.at("Conformity"),
            stage.chain.deployment.tokens.payment,
            number.to_bytes(32, "big"),
        )
    )
    assert held == 0
    stage.chain.advance(180 * 86_400)
    assert not developer.conformity.is_current(body.set_id, published, 180 * 86_400)
    assert developer.conformity.is_current(body.set_id, published)


def check_details(stage, name, request_id, report):
    """The details open for the body; the developer learns the score and no more."""
    manifest = stage["body"].session.fetch(report.manifest, ValidationReport)
    purpose = report_purpose(manifest.chain_id, manifest.oracle, request_id, stage[name].address)
    key = stage["body"].session.encryption_key()
    (details,) = json.loads(open_message(manifest.sealed_details, key, purpose=purpose))
    assert abs(details["metrics"]["accuracy"] * 1_000_000 - report.scores[0]) <= 10_000
    with pytest.raises(SealError):
        open_message(manifest.sealed_details, stage["developer"].session.encryption_key(), purpose=purpose)


@pytest.mark.slow
def test_the_model_that_was_assessed_is_the_one_submitted(stage, hire, order, patients, body, published):
    assessment = body.apply(published)
    panel = body.panel(assessment)
    body.grant(assessment)
    body.answer(assessment, panel)
    assert body.finish(assessment).state == AssessmentState.PASSED

    number = stage.to_granting(order.model_copy(update={"risk_class": 1}), patients)
    panel = [hire(name) for name in stage.panel(number)]
    stage.attest(number, panel)
    stage["developer"].models.submit_published(number, published)
    stage.answer(number, panel)
    assert stage.state(number) == State.EVALUATING
    assert stage["hospital"].commissions.get(number).manifest == published
    assert body.conformity.is_current(body.set_id, published)


def test_a_model_fails_by_its_score(stage, body, plan, patients, published):
    strict = plan.model_copy(update={"threshold": 1_000_000, "body_fee": "7"})
    body.set_id = stage["body"].conformity.register(strict, patients).set_id
    number = body.apply(published)
    panel = body.panel(number)
    body.grant(number)
    body.answer(number, panel)
    assert body.finish(number).state == AssessmentState.FAILED
    standing = body.conformity.standing(body.set_id, published)
    assert standing.at
    assert not standing.passed
    assert stage["body"].escrow.balance() == 7 * UNIT


def test_garbage_grants_decide_nothing(stage, body, published):
    number = body.apply(published)
    panel = body.panel(number)
    garbage = stage["body"].session.publish(stage["developer"].session.fetch(published, ModelManifest))
    stage["body"].session.send("Rounds", "grant", body.get(number).panel_id, 0, garbage)
    stage["developer"].conformity.grant_model(number)
    reports = body.answer(number, panel)
    assert {report.status for report in reports.values()} == {ReportStatus.CANNOT_OPEN}
    ended = body.finish(number)
    assert (ended.state, ended.cause) == (AssessmentState.VOID, VoidCause.CANNOT_OPEN)
    assert body.conformity.standing(body.set_id, published).at == 0
    assert body.conformity.finding(number) is None
    assert stage["body"].escrow.balance() == 0


@pytest.mark.slow
def test_an_honest_member_that_is_outvoted_appeals_by_itself(stage, body, published):
    number = body.apply(published)
    panel_id = body.get(number).panel_id
    seats = stage.seats(panel_id)
    honest, *liars = seats.values()
    daemon = body.hire(honest, appeal=True, max_appeal_deposit="200")
    body.grant(number)
    request_id = body.round(number).request_id
    lie = Report(status=ReportStatus.ANSWERED, scores=(1,), word=b"\7" * 32)
    for act in ("commit", "reveal"):
        for seat, name in seats.items():
            oracle, salt = stage[name].oracle, name.encode().ljust(32)
            if name in liars and act == "commit":
                oracle.commit(request_id, seat, oracle.vote_hash(request_id, lie, salt))
            elif name in liars:
                oracle.reveal(request_id, seat, lie, salt)
        done = stage.commits if act == "commit" else stage.reports
        stage.drive([daemon], lambda done=done: len(done(request_id)) == 3)
    assert stage[honest].oracle.request(request_id).result.scores == (1,)

    stage.drive([daemon], lambda: body.round(number).state == RoundState.APPEAL_DRAWING)
    stage.chain.anvil.mine(3)
    stage["anyone"].conformity.advance(number)
    appeal = body.round(number)
    others = [body.hire(name) for name in stage.members(appeal.appeal_panel_id)]
    stage.drive([daemon, *others], lambda: len(stage.reports(appeal.appeal_request_id)) == 7)
    stage["anyone"].conformity.advance(number)
    assert body.get(number).state == AssessmentState.PASSED
    stakes = {name: stage[name].staking.stake_of().amount for name in (honest, *liars)}
    assert stakes == {honest: 2000 * UNIT} | dict.fromkeys(liars, 1500 * UNIT)


@pytest.mark.slow
def test_keepers_move_an_assessment_on(stage, body, published):
    number = stage["developer"].conformity.apply(body.set_id, published).assessment_id
    keeper = body.hire("validator 0", keeper=True)

    def granting() -> bool:
        stage.chain.anvil.mine()
        return body.round(number).state == RoundState.GRANTING

    stage.drive([keeper], granting)
    panel = [body.hire(name, keeper=True) for name in stage.members(body.get(number).panel_id)]
    body.grant(number)
    request_id = body.round(number).request_id
    stage.drive(panel, lambda: len(stage.reports(request_id)) == 3)
    stage.chain.advance(86_401)
    stage.drive(panel, lambda: body.get(number).state == AssessmentState.PASSED)


def test_what_a_body_and_an_applicant_cannot_do(stage, body, plan, patients, published):
    hospital, developer = stage["hospital"], stage["developer"]
    with pytest.raises(ContractError) as refusal:
        developer.conformity.register(plan, patients)
    assert refusal.value.name == "RoleRequired"
    with pytest.raises(SealError):
        hospital.conformity.apply(body.set_id, published)  # it could not grant the model's key
    number = body.apply(published)
    with pytest.raises(SealError):
        hospital.conformity.grant_data(number)
    with pytest.raises(ContractError) as refusal:
        hospital.conformity.advance(number)
    assert refusal.value.name == "NothingDue"
    assert body.conformity.next_step(number).who == "body and applicant"
    developer.conformity.grant_model(number)
    assert body.conformity.next_step(number).who == "body"
    assert [found for found, _ in body.conformity.list(manifest=published)] == [number]
    assert [found for found, _ in body.conformity.test_sets(domain=1)] == [body.set_id]
    assert body.conformity.spec(body.set_id).title == plan.title

    body.conformity.retire(body.set_id)
    assert body.conformity.test_set(body.set_id).retired
    with pytest.raises(ContractError) as refusal:
        developer.conformity.apply(body.set_id, published)
    assert refusal.value.name == "SetIsRetired"


@pytest.fixture
def assay(stage, monkeypatch):
    """Runs a command as somebody; what it says in JSON."""
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(stage.passphrase_file))

    def run(name, *arguments):
        places = [
            "--rpc",
            stage.chain.rpc,
            "--ipfs",
            stage.ipfs_url,
            "--deployment",
            str(stage.deployment_file),
        ]
        acting = [*places, "--keystore", str(stage.keystore(name))]
        result = CliRunner().invoke(app, [*acting, *map(str, arguments), "--json"])
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return run


@pytest.mark.slow
def test_the_same_on_the_command_line(stage, assay, hire, plan, patients, models, card, tmp_path):
    for name, document in (("set", plan), ("card", card)):
        (tmp_path / name).write_text(document.model_dump_json())
    set_id = assay("body", "conformity", "register", tmp_path / "set", patients)["test_set"]
    stage.chain.transact("Policy", stage.chain.at("Policy"), "setConformitySet", 1, set_id)
    digest = assay("developer", "model", "publish", models[0], tmp_path / "card")["manifest"]
    quoted = assay("developer", "conformity", "apply", set_id, digest, "--dry-run")
    applied = assay("developer", "conformity", "apply", set_id, digest)
    assert (
        quoted["total_base_units"] == applied["total_base_units"] == str((2 * 3 * 5 + 40 + 7) * UNIT)
    )  # 7 steps
    number = applied["assessment"]
    stage.chain.anvil.mine(3)
    assert "body and applicant" in assay("anyone", "conformity", "advance", number)["next"]["who"]
    assert "body" in assay("developer", "conformity", "grant", number)["next"]["who"]
    assert "validators" in assay("body", "conformity", "grant", number)["next"]["who"]

    assessment = stage["body"].conformity.get(number)
    panel = [hire(name) for name in stage.members(assessment.panel_id)]
    request_id = stage["body"].rounds.get(assessment.panel_id).request_id
    stage.drive(panel, lambda: len(stage.reports(request_id)) == 3)
    shown = assay("anyone", "conformity", "show", number)
    assert shown["state"] == "judging"
    assert "it can be appealed" in shown["next"]["action"]
    stage.chain.advance(86_401)
    assert assay("anyone", "conformity", "advance", number)["next"]["action"] == "the model has passed"
    shown = assay("anyone", "conformity", "show", number)
    (row,) = assay("anyone", "conformity", "list", "--model", digest)
    assert (row["passed"], row["counts"], row["retired"]) == (True, True, False)
    assert row["score_ppm"] == shown["score_ppm"] >= plan.threshold
    assert row["tested_unix"] == shown["opened_unix"]
    assay("body", "conformity", "retire", set_id)
    (row,) = assay("anyone", "conformity", "list")
    assert row["retired"]
