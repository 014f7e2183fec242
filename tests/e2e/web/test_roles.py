"""What developers, judges, members of chambers and owners of money do in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from stage import UNIT

from assay import Role, State
from assay.judges.disputes import Claim
from assay.manifests.evaluation import ReportStatus
from assay.structs import CourtState, Ground, Side
from assay_local.governing import take_seats

HOUR = 3600
JURORS = [f"juror {number}" for number in range(24)]
"""So many that a jury can be followed by a larger one: it takes a third of the pool at most."""


@pytest.fixture
def juries(stage):
    """A pool of jurors."""
    for name in JURORS:
        stage.accredit(name, Role.AUDITOR)
    stage.chain.advance(HOUR + 1)
    for name in JURORS:
        stage[name].court.enrol()
    stage.chain.advance(HOUR + 1)


def test_a_developer_delivers(stage, visitor):
    number = stage.delivering
    developer = visitor("developer")
    developer.visit(f"/deals/{number}")
    developer.connect()
    assert "Deliver the key of the model" in developer.do("deal-deliver")[-1]
    assert stage.state(number) == State.CHALLENGE


def test_a_customer_refutes_a_wrong_key(stage, visitor, indexed, model):
    number = stage.building
    stage.deliver_wrong_key(number, model)
    indexed()
    hospital = visitor("hospital")
    hospital.visit(f"/deals/{number}")
    hospital.connect()
    assert "is not the one agreed on" in hospital.do("deal-refute")[-1]
    deal = stage["hospital"].commissions.get(number)
    assert (deal.state, deal.cause.words) == (State.REFUNDED, "delivery refuted")


def test_money_is_withdrawn_and_stake_taken_out(stage, visitor):
    hospital = visitor("hospital")
    stage["hospital"].escrow.deposit(10 * UNIT)
    held = stage["hospital"].escrow.balance()
    hospital.visit(f"/accounts/{stage['hospital'].address}")
    hospital.connect()
    assert "Take 5 tUSD out of escrow" in hospital.do("account2-withdraw", amount="5")[-1]
    assert stage["hospital"].escrow.balance() == held - 5 * UNIT
    name = stage.validators[0]
    validator = visitor(name)
    validator.visit(f"/accounts/{stage[name].address}")
    validator.connect()
    assert "of your stake back" in validator.do("account6-unstake", amount="50")[-1]
    stage.chain.advance(15 * 86_400)
    validator.visit(f"/accounts/{stage[name].address}")
    before = stage[name].staking.stake_of().amount
    validator.do("account7-exit")
    assert stage[name].staking.stake_of().exiting == 0
    assert stage[name].staking.stake_of().amount <= before


def test_evidence_and_the_appeal_of_a_ruling(stage, juries, visitor, indexed, order, patients, model):
    number = stage.to_building(order, patients)
    stage.pass_test(number, model)
    stage["developer"].models.deliver(number)
    dispute, case_id = ruled(stage, number)
    indexed()
    developer = visitor("developer")
    page = developer.visit(f"/disputes/{dispute}")
    developer.connect()
    said = developer.do(place(page, "evidence"), claim="It is the tested model.", statement="Hash it.")
    assert "Publish evidence" in said[-1]
    assert any(
        stage["anyone"].disputes.read(one).claim == "It is the tested model."
        for one in stage["anyone"].disputes.submitted(dispute)
    )
    developer.visit(f"/disputes/{dispute}")
    assert "You pay the larger jury" in developer.do(place(page, "appeal_ruling"))[-1]
    court = stage["anyone"].court.get(case_id)
    assert (court.state == CourtState.APPEALING, len(court.rounds)) == (False, 2)


def ruled(stage, number: int) -> tuple[int, int]:
    """The hospital contests, and the first jury finds for it; the dispute and its case."""
    hospital, anyone = stage["hospital"], stage["anyone"]
    dispute = hospital.disputes.open(number, Ground.DELIVERY, Claim(claim="It is another.")).dispute_id
    case_id = hospital.court.case_of(dispute)
    anyone.commissions.advance(number)
    stage.chain.anvil.mine(3)
    anyone.disputes.advance(dispute)
    names = {stage[name].address: name for name in JURORS}
    jury = [names[seat.juror] for seat in anyone.court.seats(case_id)]
    for name in jury:
        stage[name].court.accept(case_id)
    anyone.disputes.advance(dispute)
    for name in jury:
        stage[name].court.commit(case_id, Side.CUSTOMER)
    anyone.disputes.advance(dispute)
    for name in jury:
        stage[name].court.reveal(case_id)
    anyone.disputes.advance(dispute)
    assert anyone.court.get(case_id).state == CourtState.APPEALING
    return dispute, case_id


def place(page, act: str) -> str:
    """Where a form stands on its page."""
    form = page.locator(f"form[id$='-{act}']").first
    return form.get_attribute("id").removeprefix("act-")


def test_a_ballot(stage, visitor, indexed):
    members = [("hospital", Role.CUSTOMER), ("developer", Role.DEVELOPER)]
    take_seats(stage.chain.anvil, stage["accreditor"], [(stage[name], role) for name, role in members])
    stage.chain.hand_over()
    governance = stage["hospital"].governance
    governance.propose([governance.changes.fee(10_000)], "A lower fee")
    (proposal,) = governance.list()
    stage.chain.anvil.advance_to(proposal.votes_from + 1)
    indexed()
    hospital = visitor("hospital")
    page = hospital.visit("/disputes")
    hospital.connect()
    expect(page.locator("article.card").first).to_contain_text("A lower fee")
    said = hospital.do(place(page, "ballot"), support="1")
    assert f"Vote on proposal {proposal.id} to change the rules: for" in said[-1]
    indexed()
    page = hospital.visit("/disputes")
    expect(page.locator("article.card dl").first).to_contain_text("for: 1")


def test_the_reasons_of_a_panel_are_opened(stage, visitor, indexed, panel, order, patients, tmp_path):
    """A real panel refuses data with too few rows, and seals why to the customer."""
    garbage = tmp_path / "garbage.csv"
    garbage.write_text("\n".join(patients.read_text().splitlines()[:-20]) + "\n")
    number = stage.to_granting(order, garbage)
    stage["hospital"].commissions.grant_data(number)
    assert set(panel(number).answer().values()) == {ReportStatus.REJECTED}
    indexed()
    hospital = visitor("hospital")
    page = hospital.visit(f"/deals/{number}")
    hospital.connect()
    form = page.locator("#act-deal-reasons")
    form.locator("button").click()
    hospital.agree()
    expect(form.locator("ul[data-reasons] li").first).to_contain_text("rows", timeout=20_000)
    stranger = visitor("rival")
    stranger.visit(f"/deals/{number}")
    stranger.connect()
    expect(stranger.page.locator("#act-deal-reasons")).to_be_hidden()
