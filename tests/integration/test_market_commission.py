"""A commission through the SDK, on real contracts and storage; the test posts the validators' reports."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from meanwhile import meanwhile
from patients import CARD as PLAIN_CARD
from patients import order_for, train
from stage import ATTESTED, STAKE, Stage, scored
from typer.testing import CliRunner

from assay import Assessment, ContractError, Order, Payee, Role, State
from assay.cli import app
from assay.deal.deliveries import Deliveries
from assay.dossier.card import model_card
from assay.dossier.page import render
from assay.errors import ArtifactNotFound, InvalidInput, SealError, WrongKeyDelivered
from assay.judges import court
from assay.judges.conformity import TestSetPlan
from assay.manifests import (
    AuditReport,
    DatasetManifest,
    Lineage,
    ModelManifest,
    parse,
)
from assay.manifests.audit_report import scopes_in
from assay.manifests.evaluation import EvaluationSpec, Metric, OutputMapping
from assay.store import KuboStore
from assay.structs import (
    Artifact,
    AssessmentState,
    AuditOutcome,
    Cause,
    FactKind,
    OpinionState,
    RoundState,
)

UNIT = 10**18
BIDS = {"developer": 700 * UNIT, "rival": 800 * UNIT}
CARD = PLAIN_CARD.model_copy(update={"lineage": Lineage(datasets=("5e" * 32,))})


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("model") / "model.onnx", zipmap=True)


@pytest.fixture(scope="module")
def order(patients) -> Order:
    return order_for(patients, labels="output_label", reserve="1000.5", effort_fee="10")


@pytest.fixture(scope="module")
def registered(deployed, store, ipfs_node, tmp_path_factory):
    with deployed.undone():
        stage = Stage(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("stage"))
        yield stage
        stage.close()


@pytest.fixture
def stage(registered):
    """Everybody, before they have done anything; what a test does is undone."""
    with registered.chain.undone():
        yield registered


def audited(stage, order, patients, model) -> tuple[int, int]:
    """A deal whose auditor is seated, and the audit."""
    number = stage.to_building(order, patients, **BIDS)
    stage.pass_test(number, model, CARD)
    stage.seat_auditors(number)
    return number, stage["hospital"].commissions.get(number).audit_id


def test_from_order_to_payment(stage, order, patients, model, tmp_path, command_line):
    hospital, developer, auditor = stage["hospital"], stage["developer"], stage["auditor"]
    opened = hospital.commissions.open(order, patients)
    number = opened.commission_id
    assert hospital.commissions.get(number).state == State.BIDDING
    assert hospital.commissions.next_step(number).who == "bidders"
    assert [listing.id for listing in hospital.commissions.list()] == [number]
    assert hospital.commissions.spec(number).title == order.title

    stage.award(number, **BIDS)
    deal = hospital.commissions.get(number)
    assert (deal.developer, deal.price) == (developer.address, 800 * UNIT)
    rival = stage["rival"]
    assert rival.escrow.balance() == deal.bond  # a losing bid's bond came back at the reveal

    assert hospital.commissions.next_step(number).what.startswith("draw")
    stage.seat(number)
    assert hospital.commissions.next_step(number).who == "customer"
    # on another machine: nothing but the wallet and the chain
    elsewhere = stage.chain.market("hospital", stage.store)
    elsewhere.commissions.grant_data(number)
    elsewhere.close()
    assert stage.round(number).state == RoundState.VOTING
    assert hospital.commissions.next_step(number).who == "validators"
    member = stage[stage.panel(number)[0]]
    dataset = hospital.commissions.dataset(number)
    panel_id = hospital.commissions.get(number).panel_id
    key = member.rounds.key(panel_id, Artifact.DATASET, dataset.artifact)
    assert key.hash == dataset.artifact.key_hash
    with pytest.raises(SealError):
        developer.rounds.key(panel_id, Artifact.DATASET, dataset.artifact)
    stage.report(number, ATTESTED)

    assert hospital.commissions.next_step(number).who == "developer"
    partner = stage["partner"].address
    receipt = developer.models.submit(number, model, CARD, payees=[Payee(account=partner, ppm=100_000)])
    assert receipt.event("ModelSubmitted").arguments["attempt"] == 1
    stage.vote_in(number, scored(950_000))
    assert "appealed" in hospital.commissions.next_step(number).what
    with pytest.raises(ContractError, match="Nothing is due"):
        hospital.commissions.advance(number)
    stage.chain.advance(86_401)
    hospital.commissions.advance(number)

    assert stage.state(number) == State.AUDITING
    hospital.commissions.advance(number)
    stage.chain.anvil.mine(3)
    hospital.commissions.advance(number)
    audit_id = hospital.commissions.get(number).audit_id
    assert [listing.audit_id for listing in auditor.audits.list(auditor=auditor.address)] == [audit_id]
    with pytest.raises(SealError):
        auditor.audits.fetch(audit_id, tmp_path / "too early")
    developer.audits.grant_model(audit_id)
    hospital.audits.grant_data(audit_id)
    with pytest.raises(InvalidInput, match="it is not a folder"):
        auditor.audits.fetch(audit_id, model)
    material = auditor.audits.fetch(audit_id, tmp_path / "audit")
    assert material.model.read_bytes() == model.read_bytes()
    assert material.data is not None
    assert material.data.read_bytes() == patients.read_bytes()
    command = ["audit", "run", str(audit_id), "--folder", str(tmp_path / "audit"), "--quick"]
    for scopes in (("performance",), ("performance", "explainability")):
        wanted = [part for scope in scopes for part in ("--scope", scope)]
        ran = CliRunner().invoke(app, [*command, *wanted, "--json"])
        assert ran.exit_code == 0, ran.output
        assessment = Assessment.load(tmp_path / "audit" / "assessment.json")
        assert assessment.scopes == scopes
        if "explainability" not in scopes:  # the risk class asks for it, of who approves
            with pytest.raises(InvalidInput, match="must cover explainability"):
                auditor.audits.post(audit_id, True, assessment)
    proposed = parse((tmp_path / "audit" / "report.json").read_bytes(), AuditReport)
    check_not_published(auditor, lambda other: auditor.audits.post(audit_id, False, other), assessment)
    auditor.audits.post(audit_id, proposed.verdict == "approved", assessment)
    assert hospital.audits.report(audit_id, auditor.address) == proposed
    subject = hospital.audits.get(audit_id).terms.subject
    ((heard_in, verdict),) = hospital.audits.verdicts(subject)
    assert scopes_in(verdict.scopes) == assessment.scopes
    for party in (hospital, developer):
        share = auditor.audits.fees(auditor.address, party.address)
        assert (share.own, share.total) == (hospital.audits.get(audit_id).terms.fee,) * 2
    assert (heard_in, verdict.auditor, verdict.approved) == (audit_id, auditor.address, True)
    assert hospital.audits.report(audit_id, auditor.address).verdict == "approved"
    with pytest.raises(InvalidInput):
        hospital.audits.report(audit_id, developer.address)
    hospital.commissions.advance(number)
    assert hospital.audits.get(audit_id).outcome == AuditOutcome.APPROVED

    assert stage.state(number) == State.DELIVERING
    with pytest.raises(InvalidInput):
        hospital.models.fetch(number, tmp_path / "early.onnx")
    waits = hospital.commissions.next_step(number)
    assert (waits.who, waits.what) == (
        "developer or anyone who holds the key",
        f"deliver the model's key: `assay model deliver {number}`",
    )
    content_key = developer.keys.own(developer.models.manifest(number).artifact)
    with pytest.raises(SealError):
        stage["rival"].models.deliver(number)
    auditor.models.deliver(number)  # it was granted the key, so that nobody waits for the developer
    with pytest.raises(InvalidInput, match="waits for no delivery"):
        developer.models.deliver(number)
    assert stage.state(number) == State.CHALLENGE
    with pytest.raises(SealError, match="right"):
        hospital.models.refute(number)
    with pytest.raises(SealError, match="has not made the delivery key"):
        developer.models.fetch(number, tmp_path / "not mine.onnx")
    elsewhere = stage.chain.market("hospital", stage.store)
    elsewhere.models.fetch(number, tmp_path / "elsewhere.onnx")
    elsewhere.close()
    assert (tmp_path / "elsewhere.onnx").read_bytes() == model.read_bytes()
    stage.chain.advance(86_401)
    stage["rival"].commissions.settle(number)

    fetched = hospital.models.fetch(number, tmp_path / "model.onnx")
    assert isinstance(fetched, ModelManifest)
    assert (tmp_path / "model.onnx").read_bytes() == model.read_bytes()
    settled = hospital.commissions.get(number)
    assert settled.state == State.SETTLED
    assert hospital.models.owner_of(settled.model_id) == hospital.address
    # both can grant the key when the model is verified again
    assert (
        hospital.models.key_of(settled.manifest) == developer.models.key_of(settled.manifest) == content_key
    )
    with pytest.raises(SealError):
        auditor.models.key_of(settled.manifest)
    check_version(hospital.models, settled, number)
    assert hospital.commissions.next_step(number).who == "nobody"
    check_books(stage, number, partner)
    check_timeline(stage, number)
    check_opinions(stage, number, (model, patients), tmp_path)
    check_opinions_by_command(stage, number, tmp_path, command_line)
    check_reputation(stage, number)


@pytest.fixture
def certified(stage, order, patients) -> int:
    """A test set of a conformity body, which risk class 4 asks models to have passed."""
    body = stage["body"]
    shared = {name: value for name, value in order if name in TestSetPlan.model_fields}
    set_id = body.conformity.register(TestSetPlan(**shared | {"panel_size": 3}), patients).set_id
    for function, *arguments in (
        ("setRiskClass", 4, (True, 1, False, False, 180 * 86_400, True)),
        ("setConformitySet", body.policy.domain_id("healthcare"), set_id),
    ):
        stage.chain.transact("Policy", stage.chain.at("Policy"), function, *arguments)
    return set_id


def test_a_sale_waits_for_a_third_partys_test(stage, order, patients, model, certified, command_line):
    hospital, developer = stage["hospital"], stage["developer"]
    number, audit_id = audited(stage, order.model_copy(update={"risk_class": 4}), patients, model)
    stage["auditor"].audits.post(audit_id, True, Assessment(scopes=("security",), limitations="The rest."))
    waits = hospital.commissions.next_step(number)
    assert (waits.who, f"conformity apply {certified}" in waits.what) == ("developer", True)
    with pytest.raises(ContractError, match="Nothing is due"):
        hospital.commissions.advance(number)
    shown = command_line("rival", "audit", "show", str(audit_id))
    assert (shown["test_set"], shown["verdicts"][0]["limitations"]) == (certified, "The rest.")

    applied = developer.conformity.apply(certified, hospital.commissions.get(number).manifest).assessment_id
    stage.chain.anvil.mine(3)
    stage["rival"].conformity.advance(applied)
    developer.conformity.grant_model(applied)
    stage["body"].conformity.grant_data(applied)
    panel_id = developer.conformity.get(applied).panel_id
    stage.vote(panel_id, developer.rounds.get(panel_id).request_id, scored(920_000))
    stage.chain.advance(86_401)
    stage["rival"].conformity.advance(applied)
    assert developer.conformity.get(applied).state == AssessmentState.PASSED
    assert hospital.commissions.next_step(number).who == "anyone"
    hospital.commissions.advance(number)
    stage.sell(number)

    shown = command_line("rival", "model", "show", str(number))
    assert (shown["test"], shown["test_score_ppm"], shown["standing"]) == ("passed", 920_000, "current")
    bundle = hospital.dossiers.issue(number, signed=False)
    tested = bundle.dossier.standing.tested
    assert (tested.test_set, tested.passed, tested.score) == (certified, True, 920_000)
    assert tested.at == developer.conformity.get(applied).opened_at
    assert f"passed with 92 % on test set {certified}" in render(bundle)
    assert f"test set {certified}" in model_card(bundle)
    assert hospital.dossiers.verify(bundle.to_bytes()).holds
    stage.chain.advance(180 * 86_400)
    assert command_line("rival", "model", "show", str(number))["standing"] == "lapsed"


def test_without_the_third_partys_test_there_is_no_sale(stage, order, patients, model, certified):
    hospital = stage["hospital"]
    number, audit_id = audited(stage, order.model_copy(update={"risk_class": 4}), patients, model)
    stage["auditor"].audits.post(audit_id, True, Assessment(scopes=("security",), limitations="The rest."))
    stage.chain.anvil.advance_to(hospital.audits.get(audit_id).deadline)
    hospital.commissions.advance(number)
    assert hospital.audits.get(audit_id).outcome == AuditOutcome.REJECTED
    assert stage.state(number) == State.BUILDING
    steps = " / ".join(step.step for step in hospital.commissions.timeline(number))
    assert "third party's test not passed in time" in steps


def check_version(models, settled, number):
    assert models.latest_version(settled.model_id) == settled.manifest
    assert models.is_registered(settled.manifest)
    version = models.version(settled.manifest)
    assert (version.deal_id, version.model_id) == (number, settled.model_id)
    origin = models.provenance(settled.manifest)
    assert (origin.developer, origin.score) == (settled.developer, 950_000)
    assert origin.submission_hash == settled.submission_hash
    assert [edge.ref.hex() for edge in origin.lineage] == list(CARD.lineage.datasets)
    assert not models.is_registered(bytes(32))
    with pytest.raises(InvalidInput):
        models.provenance(bytes(32))
    with pytest.raises(ContractError):
        models.version(bytes(32))


def check_books(stage, number, partner):
    hospital = stage["hospital"]
    books = hospital.commissions.payments(number).balances()
    assert sum(row.net for row in books) == 0
    net = {row.account: row.net for row in books}
    assert net["in escrow"] == 0
    assert net[partner] == 80 * UNIT
    assert net[stage["developer"].address] == 720 * UNIT  # the price but for the partner's share; bond back
    assert net[stage["rival"].address] == 0
    assert net[stage["auditor"].address] == 20 * UNIT
    deal = hospital.commissions.get(number)
    validators = sum(net.get(stage[name].address, 0) for name in stage.validators)
    assert validators == 2 * deal.panel_size * 5 * UNIT  # attestation, evaluation
    assert net[stage.chain.governance] == 20 * UNIT  # the fee: 2.5 % of the price
    check_steps(stage, number)
    assert net[hospital.address] == -sum(
        value for account, value in net.items() if account != hospital.address
    )


def check_steps(stage, number):
    """Whoever took the steps has their fees, under their own name."""
    deal = stage["hospital"].commissions.get(number)
    assert deal.step_fee == UNIT
    assert 0 < deal.steps <= deal.paid_steps
    entries = stage["hospital"].commissions.payments(number).entries
    fees = [entry for entry in entries if entry.purpose == "step fee" and entry.account != "in escrow"]
    assert [entry.amount for entry in fees] == [UNIT] * deal.steps
    takers = {entry.account: entry.role for entry in fees}
    assert takers.items() <= {
        (stage["anyone"].address, "keeper"),
        (stage["hospital"].address, "customer"),
    }
    work = [entry for entry in entries if entry.purpose == "validation fee" and entry.amount > 0]
    assert {entry.amount for entry in work} == {5 * UNIT}


def check_timeline(stage, number):
    steps = stage["hospital"].commissions.timeline(number)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert all(step.gas_used > 21_000 for step in steps)
    words = " / ".join(step.step for step in steps)
    for phrase in (
        "commission opened",
        "bid revealed",
        "panel seated",
        "model submitted",
        "audit verdict",
        "settled",
    ):
        assert phrase in words
    by_sender = Counter(step.actor for step in steps)
    assert by_sender[stage["anyone"].address] >= 3  # anyone may advance
    assert steps[-1].state == State.SETTLED


def check_not_published(market, post, assessment):
    """An assessment of other files than the audited ones is refused before anything of it is published."""
    for what in ("model", "data"):
        measured = assessment.examination.model_copy(update={f"{what}_sha256": "00" * 32})
        other = assessment.model_copy(update={"examination": measured})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(market.session, "publish", lambda manifest: pytest.fail("it was published"))
            with pytest.raises(InvalidInput, match=f"examined another {what}: its file has the sha256 0000"):
                post(other)


def check_opinions(stage, number, sealed, folder):
    """The owner asks an auditor of its own choice, who is paid although it disapproves."""
    hospital, auditor, rival = stage["hospital"], stage["auditor"], stage["rival"]
    with pytest.raises(ContractError) as refused:
        hospital.opinions.ask(number, rival.address, UNIT, 86_400)
    assert refused.value.name == "NotQualified"
    asked, _ = hospital.opinions.ask(number, auditor.address, 25 * UNIT, 86_400)
    with pytest.raises(InvalidInput):
        hospital.opinions.grant_model(asked)
    auditor.opinions.accept(asked)
    with pytest.raises(SealError):
        auditor.opinions.fetch(asked, folder / "opinion too early")
    hospital.opinions.grant_model(asked)  # it was delivered
    hospital.opinions.grant_data(asked)
    with pytest.raises(SealError):
        rival.opinions.grant_model(asked)
    material = auditor.opinions.fetch(asked, folder / "opinion")
    assert (material.model.read_bytes(), material.data.read_bytes()) == tuple(p.read_bytes() for p in sealed)

    with pytest.raises(InvalidInput):
        hospital.opinions.report(asked)
    assessment = Assessment.load(folder / "audit" / "assessment.json")
    check_not_published(auditor, lambda other: auditor.opinions.post(asked, True, other), assessment)
    before = auditor.escrow.balance()
    auditor.opinions.post(asked, False, Assessment(scopes=("security",), limitations="Nothing else."))
    assert auditor.escrow.balance() == before + 25 * UNIT
    opinion = rival.opinions.get(asked)
    assert (opinion.state, opinion.approved) == (OpinionState.POSTED, False)
    assert rival.opinions.about(opinion.offer.subject) == [(asked, opinion)]
    report = rival.opinions.report(asked)
    assert (report.auditor, report.verdict, report.request_id) == (auditor.address, "rejected", asked)
    assert report.registry == stage.chain.at("Opinions")


def check_opinions_by_command(stage, number, folder, assay):
    auditor = stage["auditor"].address
    before = stage["hospital"].escrow.balance()
    asked = assay("hospital", "opinion", "ask", str(number), "--auditor", auditor, "--fee", "12.5")["opinion"]
    assay("hospital", "opinion", "withdraw", str(asked))
    assert stage["hospital"].escrow.balance() == before
    asked = assay("hospital", "opinion", "ask", str(number), "--auditor", auditor, "--fee", "12.5")["opinion"]
    assay("hospital", "opinion", "replace", str(asked), "--auditor", auditor)
    assay("auditor", "opinion", "accept", str(asked))
    assay("developer", "opinion", "grant", str(asked))
    fetched = assay("auditor", "opinion", "fetch", str(asked), str(folder / "by command"))
    assert fetched["data"] is None  # the hospital has granted nothing
    (folder / "opinion.json").write_text('{"scopes": ["security"], "limitations": "Nothing else."}')
    assay("auditor", "opinion", "post", str(asked), str(folder / "opinion.json"), "--approve")
    shown = assay("rival", "opinion", "show", str(asked))
    assert (shown["limitations"], shown["findings"], shown["unread"]) == ("Nothing else.", [], None)
    assert (shown["state"], shown["opinion_is"], shown["fee_base_units"]) == (
        "posted",
        "approved",
        str(125 * UNIT // 10),
    )
    listed = assay("rival", "opinion", "list", "--commission", str(number))
    assert [row["state"] for row in listed] == ["posted", "withdrawn", "posted"]


def check_reputation(stage, number):
    hospital, developer, rival = (stage[name] for name in ("hospital", "developer", "rival"))
    assert list(rival.reputation.unrecorded()) == [number]
    for name, count in (("developer", 3), ("hospital", 2), ("auditor", 1), ("rival", 0)):
        waiting = rival.reputation.waiting(stage[name].address, "healthcare")
        assert [found for found, _ in waiting] == [number] * count
        assert rival.reputation.waiting(stage[name].address, "finance") == []
    ((recorded, _),) = rival.reputation.record_all()  # anyone may
    assert recorded == number
    assert list(rival.reputation.unrecorded()) == []
    assert rival.reputation.waiting(developer.address) == []
    with pytest.raises(ContractError) as refused:
        rival.reputation.rate(number, 1)
    assert refused.value.name == "NotBuyer"
    hospital.reputation.rate(number, 5)
    with pytest.raises(ContractError) as refused:
        hospital.reputation.rate(number, 5)
    assert refused.value.name == "AlreadyRated"

    standing = rival.reputation.of(developer.address, "healthcare")
    names = [part.name for part in standing.parts]
    assert names == ["start", "validation passed", "deadline kept", "audit passed", "ratings"]
    check_sums(stage)
    (rating,) = rival.reputation.ratings(developer.address)
    assert (rating.commission_id, rating.rater, rating.stars) == (number, hospital.address, 5)
    # 30 tokens to the panel, 20 to the auditor, 20 to the treasury, where 100 weigh a fact
    assert rating.weight == 700_000
    kinds = {recorded.fact.kind for recorded in rival.reputation.facts(hospital.address)}
    assert kinds == {FactKind.DEADLINE_KEPT, FactKind.DATA_SOUND}
    assert [listed.account for listed in rival.reputation.list("healthcare")] == [developer.address]
    stage.chain.advance(200 * 86_400)
    assert 500_000 < rival.reputation.of(developer.address, "healthcare").score < standing.score
    check_sums(stage)


def check_sums(stage):
    """The parts add up to what the contract says."""
    reputation = stage["rival"].reputation
    for name in ("developer", "hospital", "auditor"):
        for domain in ("healthcare", None):
            standing = reputation.of(stage[name].address, domain)
            assert standing.score == reputation.score(stage[name].address, domain)
            assert standing.score > 500_000
    assert reputation.of(stage["auditor"].address, "finance").score == 500_000


def test_silent_customer_pays_the_kill_fee(stage, order, patients):
    number = stage.to_granting(order, patients, **BIDS)
    with pytest.raises(ContractError) as early:
        stage.advance(number)
    assert early.value.name == "NothingDue"
    stage.chain.advance(86_401)
    stage.advance(number)
    deal = stage["rival"].commissions.get(number)
    assert (deal.state, deal.cause) == (State.REFUNDED, Cause.CUSTOMER_SILENT)
    books = stage["rival"].commissions.payments(number).balances()
    net = {row.account: row.net for row in books}
    assert net[stage["developer"].address] == 30 * UNIT
    # and the members are paid for the time that they kept free
    assert net[stage["hospital"].address] == -30 * UNIT - deal.panel_size * 5 * UNIT - deal.steps * UNIT
    check_steps(stage, number)
    assert sum(net.values()) == 0


def test_bids_may_be_revealed_in_the_same_moment(stage, order, patients, monkeypatch):
    """A bid that leads when its gas is estimated may lose when it is mined, which takes more gas."""
    number = stage["hospital"].commissions.open(order, patients).commission_id
    first, second = stage["developer"], stage["rival"]
    first.bids.commit(number, 700 * UNIT)
    second.bids.commit(number, 600 * UNIT)
    stage.chain.advance(601)
    meanwhile(monkeypatch, first, lambda: second.bids.reveal(number))
    first.bids.reveal(number)
    shown = list(first.session.events.find("VickreyAuction", "BidRevealed", bidder=first.address))
    assert shown[-1].arguments["price"] == 700 * UNIT


@pytest.mark.parametrize(
    ("role", "join", "before"),
    [
        pytest.param(Role.VALIDATOR, lambda market: market.staking.stake(STAKE), 3, id="validators"),
        pytest.param(Role.AUDITOR, lambda market: market.audits.enrol(), 3, id="auditors"),
        pytest.param(Role.AUDITOR, lambda market: market.court.enrol(), 4, id="jurors"),
    ],
)
def test_accounts_may_join_a_draw_in_the_same_moment(stage, monkeypatch, role, join, before):
    """As many join before it is mined as make the tree full: all nodes above the new leaf are new then."""
    first, *others = [f"newcomer {number}" for number in range(before + 1)]
    for name in (first, *others):
        if role == Role.AUDITOR:
            stage.accredit(name, role)
        else:
            stage[name].participants.register(role, jurisdiction="CH")
    stage.chain.advance(3601)
    stage[first].escrow.top_up(STAKE, token=stage.chain.deployment.tokens.staking)
    meanwhile(monkeypatch, stage[first], lambda: [join(stage[name]) for name in others])
    join(stage[first])


def test_what_ran_out_of_gas_can_be_repeated(stage, monkeypatch):
    first, *others = [f"newcomer {number}" for number in range(5)]
    for name in (first, *others):
        stage.accredit(name, Role.AUDITOR)
    stage.chain.advance(3601)
    monkeypatch.setattr(court, "NEW_LEAF_GAS", 0)
    meanwhile(monkeypatch, stage[first], lambda: [stage[name].court.enrol() for name in others])
    with pytest.raises(ContractError, match="ran out of gas") as error:
        stage[first].court.enrol()
    assert error.value.hint == "Run the command again."
    stage[first].court.enrol()
    assert stage["anyone"].court.pool_size() == 5


def test_wrong_price_and_wrong_wallet_change_nothing(stage, order, patients, model):
    number = stage["hospital"].commissions.open(order, patients).commission_id
    developer = stage["developer"]
    for price in (-1, 2**96):
        with pytest.raises(InvalidInput):
            developer.bids.commit(number, price)
    with pytest.raises(InvalidInput, match="reserve"):
        developer.bids.commit(number, 1001 * UNIT)
    with pytest.raises(ContractError) as refused:
        stage["hospital"].bids.commit(number, UNIT)
    assert refused.value.name == "RoleRequired"
    developer.bids.commit(number, 700 * UNIT)
    stage.chain.advance(601)
    with pytest.raises(ContractError) as mismatch:
        developer.bids.reveal(number, 699 * UNIT)
    assert mismatch.value.name == "SealMismatch"
    developer.bids.reveal(number, 700 * UNIT)
    with pytest.raises(InvalidInput, match="did not win"):
        stage["rival"].models.submit(number, model, CARD)


def test_a_doomed_order_uploads_nothing_and_deposits_nothing(stage, order, patients):
    hospital = stage["hospital"]
    before = hospital.escrow.wallet_balance()
    cheap = order.model_copy(update={"evaluation_fee": "4.999"})
    with pytest.raises(ContractError) as refused:
        hospital.commissions.open(cheap, patients)
    assert refused.value.name == "FeeTooLow"
    assert "The order's evaluation_fee is 4.999 " in str(refused.value)
    assert "at least 5 " in str(refused.value)
    with pytest.raises(InvalidInput):
        hospital.commissions.open(order.model_copy(update={"domain": "astrology"}), patients)
    assert hospital.escrow.wallet_balance() == before
    assert hospital.commissions.count() == 0


def test_the_data_key_needs_its_owner(stage, order, patients):
    number = stage["hospital"].commissions.open(order, patients).commission_id
    artifact = (
        stage["rival"]
        .session.fetch(stage["hospital"].commissions.get(number).request.dataset, DatasetManifest)
        .artifact
    )
    with pytest.raises(SealError):
        stage["rival"].keys.own(artifact)


def test_an_appeal_that_cannot_be_seated_leaves_the_result(stage, order, patients, model):
    number = stage.to_building(order, patients, **BIDS)
    stage["developer"].models.submit(number, model, CARD)
    stage.vote_in(number, scored(100_000))
    assert "appealed" in str(stage["hospital"].commissions.next_step(number))
    stage["developer"].rounds.appeal(stage["hospital"].commissions.get(number).panel_id)
    assert "appealed; draw" in str(stage["hospital"].commissions.next_step(number))
    with pytest.raises(ContractError, match="Nothing is due"):
        stage.seat(number)  # seven fresh validators are not to be had here
    stage.chain.advance(86_401)
    stage.advance(number)  # names another block
    stage.seat(number)
    deal = stage["hospital"].commissions.get(number)
    assert (deal.state, deal.last_score) == (State.BUILDING, 100_000)
    books = stage["hospital"].commissions.payments(number)
    assert sum(entry.amount for entry in books.entries) == 0
    returned = [entry for entry in books.entries if entry.purpose == "appeal deposit returned"]
    assert sum(entry.amount for entry in returned) == 0
    assert stage["developer"].address in {entry.account for entry in returned}


def test_a_wrong_key_is_refuted_by_proof(stage, order, patients, model, tmp_path, command_line):
    """The panel has agreed with the developer on another key than the model's."""
    hospital, developer = stage["hospital"], stage["developer"]
    number = stage.to_building(order.model_copy(update={"risk_class": 1}), patients, **BIDS)
    stage.deliver_wrong_key(number, model)
    with pytest.raises(WrongKeyDelivered) as unopened:
        hospital.models.fetch(number, tmp_path / "model.onnx")
    assert f"assay model refute {number}" in str(unopened.value)
    assert not (tmp_path / "model.onnx").exists()
    with pytest.raises(SealError):
        developer.models.refute(number)
    assert "refunded" in command_line("hospital", "model", "refute", str(number))["next"]["action"]
    deal = hospital.commissions.get(number)
    assert (deal.state, deal.cause) == (State.REFUNDED, Cause.DELIVERY_REFUTED)
    net = {row.account: row.net for row in hospital.commissions.payments(number).balances()}
    assert net[hospital.address] == -2 * deal.panel_size * 5 * UNIT - deal.steps * UNIT
    assert net[developer.address] == net["in escrow"] == 0
    steps = [step.step for step in hospital.commissions.timeline(number)]
    assert ["key delivered" in step for step in steps[-2:]] == [True, False]
    assert "delivery refuted by proof" in steps[-1]


def test_a_wallet_finds_its_delivery_keys_again(stage, order, patients):
    hospital, deliveries = stage["hospital"], Deliveries(stage["hospital"].session)
    first = hospital.commissions.open(order, patients).commission_id
    drafts = [hospital.commissions.draft(order, patients) for _ in range(2)]
    numbers = [first, *(hospital.commissions.open(draft).commission_id for draft in drafts)]
    points = [hospital.commissions.spec(number).recipient for number in numbers]
    assert points[0] != points[1] == points[2]  # both drafts were made for the second deal
    for number, point in zip(numbers, points, strict=True):
        assert deliveries.key_of(number, point).point == point
        with pytest.raises(SealError):
            Deliveries(stage["rival"].session).key_of(number, point)


@pytest.fixture
def command_line(stage, monkeypatch):
    """The `assay` command as somebody, its answer as data."""
    monkeypatch.setenv("ASSAY_PASSPHRASE_FILE", str(stage.passphrase_file))

    def assay(name: str, *arguments: str, stdin: str = ""):
        return json.loads(printed(stage, name, *arguments, "--json", stdin=stdin))

    return assay


def printed(stage, name: str, *arguments: str, stdin: str = "") -> str:
    connection = ["--rpc", stage.chain.rpc, "--ipfs", stage.ipfs_url]
    market = ["--deployment", str(stage.deployment_file), "--keystore", str(stage.keystore(name))]
    result = CliRunner().invoke(app, [*connection, *market, *arguments], input=stdin)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_the_same_on_the_command_line(stage, order, patients, tmp_path, command_line):
    assay = command_line
    (tmp_path / "order").write_text(order.model_dump_json())
    quote = assay("hospital", "commission", "open", str(tmp_path / "order"), str(patients), "--dry-run")
    opened = assay("hospital", "commission", "open", str(tmp_path / "order"), str(patients))
    number = str(opened["commission"])
    assert opened["total_base_units"] == quote["total_base_units"]
    assay("developer", "bid", "commit", number, stdin="700.25\n")
    assay("rival", "bid", "commit", number, stdin="800\n")
    stage.chain.advance(601)
    assert assay("developer", "bid", "reveal", number, "700.25")["leads"]
    assert not assay("rival", "bid", "reveal", number, stdin="800\n")["leads"]
    auction = assay("rival", "bid", "show", number)
    assert (auction["leading_price_base_units"], auction["price_base_units"]) == (
        str(70025 * UNIT // 100),
        str(800 * UNIT),
    )
    stage.chain.advance(601)
    assay("rival", "commission", "advance", number)
    stage.seat(int(number))
    assert "validators" in assay("hospital", "commission", "grant", number)["next"]["who"]
    shown = assay("rival", "commission", "show", number)
    assert (shown["state"], shown["price_base_units"]) == ("attesting", str(800 * UNIT))
    listed = assay("rival", "commission", "list", "--customer", stage["hospital"].address)
    assert [row["commission"] for row in listed] == [int(number)]
    assert assay("rival", "commission", "show", number, "--timeline")[0]["step"] == "commission opened"
    rows = assay("rival", "commission", "show", number, "--payments")
    assert sum(int(row["net_base_units"]) for row in rows) == 0


def test_an_error_is_shown_as_an_error(stage, order, patients, model, command_line):
    mapping = order.evaluation.data.model_copy(update={"classes": ()})
    evaluation = EvaluationSpec(
        task="regression", metric=Metric.RMSE, data=mapping, output=OutputMapping(values="variable")
    )
    changes = {"evaluation": evaluation, "threshold": -60_000_000, "effort_score": -70_000_000}
    number = stage.to_building(order.model_copy(update=changes), patients, **BIDS)
    stage["developer"].models.submit(number, model, CARD)
    stage.vote_in(number, scored(-55_940_000))
    said = printed(stage, "rival", "commission", "show", str(number))
    assert re.search(r"^next +the score is RMSE 55.94; it can be", said, re.MULTILINE)
    stage.chain.advance(86_401)
    stage.advance(number)
    said = printed(stage, "rival", "commission", "show", str(number))
    assert re.search(r"^threshold +at most 60$", said, re.MULTILINE)
    assert re.search(r"^best score +RMSE 55.94$", said, re.MULTILINE)
    assert "evaluated: RMSE 55.94, passed" in printed(
        stage, "rival", "commission", "show", str(number), "--timeline"
    )
    record = command_line("rival", "commission", "show", str(number))
    assert (record["threshold_ppm"], record["best_score_ppm"]) == (-60_000_000, -55_940_000)


def test_scores_are_plain_numbers_where_the_order_cannot_be_had(stage, order, patients, model, monkeypatch):
    number = stage.to_building(order, patients, **BIDS)

    def gone(*_: Any, **__: Any) -> bytes:
        raise ArtifactNotFound("It is gone.")

    monkeypatch.setattr(KuboStore, "get_block", gone)
    assert re.search(
        r"^threshold +at least 0.9$", printed(stage, "rival", "commission", "show", str(number)), re.MULTILINE
    )


def test_reputation_on_the_command_line(stage, order, patients, command_line):
    number = stage.to_granting(order, patients, **BIDS)
    stage.chain.advance(86_401)
    stage.advance(number)
    hospital = stage["hospital"].address

    rows = command_line("rival", "reputation", "show", hospital, "--domain", "healthcare")
    assert [row["part"] for row in rows] == ["start", "score", "not recorded"]
    assert (rows[1]["points_ppm"], rows[2]["points_ppm"], rows[2]["commissions"]) == (500_000, None, [number])
    environment = stage.environment("hospital")
    told = CliRunner().invoke(app, ["reputation", "show"], env=environment).stdout
    assert "1 fact " in told
    assert "`assay reputation record`" in told
    unknown = CliRunner().invoke(app, ["reputation", "list", "healthcare"], env=environment).stdout
    assert "`assay reputation record`" in unknown
    assert [row["commission"] for row in command_line("rival", "reputation", "record")] == [number]
    assert command_line("rival", "reputation", "record") == []
    rows = command_line("rival", "reputation", "show", hospital, "--domain", "healthcare")
    assert [row["part"] for row in rows] == ["start", "deadline missed", "score"]
    assert rows[1]["commissions"] == [number]
    assert rows[0]["points_ppm"] + rows[1]["points_ppm"] == rows[2]["points_ppm"] == 416_666
    assert command_line("hospital", "participant", "show")["reputation_ppm"] == 416_666
    assert (
        command_line("rival", "reputation", "list", "healthcare") == []
    )  # of no developer is anything known
