"""The rules changed in a browser: a seat, a proposal, its vote, what follows; steps that anyone may take."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect
from readable import check_page, check_shown

from assay import Role
from assay.structs import ProposalState, Support
from assay_local.governing import take_seats

DAY = 86_400


@pytest.fixture
def seated(stage, tmp_path):
    """Developer and body vote; the file with a seat for the hospital."""
    members = [(stage["developer"], Role.DEVELOPER), (stage["body"], Role.REGULATOR)]
    take_seats(stage.chain.anvil, stage["accreditor"], members)
    stage.chain.hand_over()
    end = stage.chain.anvil.now() + 365 * DAY
    signed = stage["accreditor"].governance.seats.issue(
        stage["hospital"].address, Role.CUSTOMER, entity="hospital.example", valid_until=end, deadline=end
    )
    (tmp_path / "seat.json").write_text(signed.model_dump_json())
    return tmp_path / "seat.json"


def at(visitor, name: str, path: str):
    one = visitor(name)
    one.visit(path)
    one.connect()
    return one


def form_of(page, act: str) -> str:
    """Where a form stands on its page."""
    return page.locator(f"form[id$='-{act}']").first.get_attribute("id").removeprefix("act-")


def test_from_a_seat_to_another_rule(stage, seated, visitor, indexed, served, pictures):
    governance, own = stage["hospital"].governance, f"/accounts/{stage['hospital'].address}"
    indexed()
    hospital = at(visitor, "hospital", own)
    said = hospital.do(form_of(hospital.page, "join_seat"), seat=seated)
    assert "in the chamber of customer" in said[-1]
    stage.chain.advance(governance.seats.delay())
    indexed()
    anyone = at(visitor, "anyone", own)
    assert "it votes from then on" in anyone.do(form_of(anyone.page, "activate_seat"))[-1]
    assert governance.seats.chamber_of() == Role.CUSTOMER
    stage.chain.advance(5)  # a proposer must have had its vote a second ago

    page = hospital.visit("/proposals/new")
    hospital.press("#proposal-propose-rule_value", typed="1.5")
    hospital.press("#proposal-propose-reason", typed="A lower fee")
    hospital.press("#act-proposal-propose button")
    expect(page.locator("dialog.review .sentence")).to_contain_text("The market's fee becomes 1.5 %, paid to")
    hospital.agree_by_keys()
    (made,) = governance.list()
    assert (made.description, made.state) == ("A lower fee", ProposalState.PENDING)
    expect(page).to_have_url(f"{hospital.url}/proposals/{made.id}")
    expect(page.locator("main")).to_contain_text("1.5 %")
    with stage.chain.undone():
        hospital.visit(f"/proposals/{made.id}")
        said = hospital.do("proposal-cancel_proposal")
        assert f"Take back your proposal {made.id}" in said[-1]
        assert governance.get(1).state == ProposalState.CANCELED
    stage.chain.anvil.advance_to(made.votes_from)
    stage["developer"].governance.vote(1, Support.FOR)
    indexed()
    hospital.visit(f"/proposals/{made.id}")
    assert f"Vote on proposal {made.id}" in hospital.do("proposal-ballot", support="1")[-1]
    looked_at(visitor, served, pictures, f"/proposals/{made.id}")
    stage.chain.anvil.advance_to(made.votes_until + 1)
    indexed()
    anyone.visit(f"/proposals/{made.id}")
    assert f"Start the wait of proposal {made.id}" in anyone.do("proposal-queue_proposal")[-1]
    body = at(visitor, "body", f"/proposals/{made.id}")
    assert f"put off proposal {made.id}" in body.do("proposal-delay_proposal", reason="Wait.")[-1]
    assert governance.get(1).delayed
    stage.chain.anvil.advance_to(governance.get(1).executable_from)
    indexed()
    anyone.visit(f"/proposals/{made.id}")
    assert f"Carry out proposal {made.id}" in anyone.do("proposal-execute_proposal")[-1]
    assert stage["hospital"].policy.fee_ppm() == 15_000
    page = body.visit(f"/accounts/{stage['body'].address}")
    assert "stop new deals for a week" in body.do(form_of(page, "brake"))[-1]
    assert stage["hospital"].policy.halted_until() > stage.chain.anvil.now()
    hospital.visit(own)
    assert "Give up your seat" in hospital.do(form_of(hospital.page, "leave_seat"))[-1]


def looked_at(visitor, served, pictures, proposal: str) -> None:
    """Small, readable without scripts, at a desk and on a phone."""
    desk = visitor("rival")
    phone = visitor("rival", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path in (proposal, "/proposals/new"):
        with httpx.Client(base_url=served.url, timeout=30) as client:
            check_page(client.get(path), path)
        for name, one in (("desk", desk), ("phone", phone)):
            page = one.visit(path)
            page.screenshot(path=pictures / f"{path[:14].replace('/', '_')}-{name}.png", full_page=True)
            check_shown(page, path)


def test_what_a_proposal_says_is_its_own_bytes(stage, visitor):
    """A proposal with a call that sends money, or of another contract, never comes to the wallet."""
    hospital = at(visitor, "hospital", "/proposals/new")
    refused = hospital.page.evaluate(
        """async (thief) => {
            const { addressOf, call, read } = await import('/static/js/market.js');
            const [policy, { data }] = [await addressOf('Policy'), await call('Policy', 'setBidBond', [1])];
            const said = [];
            for (const [to, value, inner] of [[policy, 1, data], [thief, 0, data], [policy, 0, '0x2f2ff15d']])
                await call('MarketGovernor', 'propose', [[to], [value], [inner], 'x'])
                    .then(read).then(() => said.push('')).catch((error) => said.push(error.message));
            return said;
        }""",
        stage["anyone"].address.lower(),
    )
    assert len(refused) == 3
    assert all(refused), refused


def test_steps_that_anyone_may_take(stage, visitor, indexed):
    """Facts of a finished deal are recorded; who can be a juror no more is taken out of the pool."""
    number = stage.delivering
    stage["developer"].models.deliver(number)
    stage.chain.advance(DAY + 1)
    stage["anyone"].commissions.settle(number)
    stage.accredit("juror", Role.AUDITOR)
    stage.chain.advance(3601)
    stage["juror"].court.enrol()
    stage["accreditor"].participants.revoke_accreditation(stage["juror"].address)
    indexed()
    anyone = at(visitor, "anyone", f"/deals/{number}")
    assert f"Record what deal {number} says" in anyone.do("deal-record_facts")[-1]
    assert stage["anyone"].reputation.is_recorded(number)
    page = anyone.visit(f"/deals/{number}")
    assert not page.locator("#act-deal-record_facts").count()
    size = stage["anyone"].court.pool_size()
    page = anyone.visit(f"/accounts/{stage['juror'].address}")
    assert "out of the pool of jurors" in anyone.do(form_of(page, "prune_juror"))[-1]
    assert stage["anyone"].court.pool_size() == size - 1
