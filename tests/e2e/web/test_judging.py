"""Auditors in a browser: joining with a credential, bond and pools, and the material of a seat."""

from __future__ import annotations

import pytest
from patients import order_for
from playwright.sync_api import expect
from readable import check_shown
from stage import DAY, UNIT

from assay import Role, State
from assay.manifests import Assessment


@pytest.fixture
def credential(stage, tmp_path):
    """The file that an accreditor hands to the newcomer."""
    stage.chain.wallet("newcomer")
    now = stage.chain.anvil.now()
    signed = stage["accreditor"].participants.issue_credential(
        stage["newcomer"].address,
        Role.AUDITOR,
        organisation="newcomer.example",
        valid_until=now + 10**8,
        deadline=now + DAY,
    )
    path = tmp_path / "credential.json"
    path.write_text(signed.model_dump_json())
    return path


def form_of(page, act: str) -> str:
    """Where a form stands on its page."""
    return page.locator(f"form[id$='-{act}']").first.get_attribute("id").removeprefix("act-")


def test_an_auditor_joins_and_enters_the_draw(stage, visitor, credential, indexed, pictures):
    indexed()  # domains and jurisdictions
    newcomer = visitor("newcomer")
    page = newcomer.visit("/join")
    newcomer.connect()
    form = page.locator("#act-join-register")
    form.locator("[name=role]").select_option("4")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("choose one, or up to three")
    form.get_by_label("healthcare").check()
    form.get_by_label("finance").check()
    form.locator("details summary").click()
    form.locator("[name=further_roles][value='1']").check()
    page.screenshot(path=pictures / "join.png", full_page=True)
    check_shown(page, "/join")
    assert "in the role of auditor, in " in newcomer.do("join-register")[-1]
    known = stage["newcomer"].participants.get()
    assert set(known.roles) == {Role.AUDITOR, Role.CUSTOMER}
    assert set(known.domains) == {"healthcare", "finance"}
    own = f"/accounts/{stage['newcomer'].address}"
    page = newcomer.visit(own)
    expect(page.locator("form[id$='-tie']")).to_be_hidden()
    page.screenshot(path=pictures / "auditor.png", full_page=True)
    check_shown(page, own)
    said = newcomer.do(form_of(page, "accredit"), credential=credential)
    assert "as auditor until" in said[-1]
    stage.chain.advance(3601)
    for act, words, written in (
        ("enrol_auditor", "Enter the draw of auditors", {}),
        ("audit_bond", "Add 3 ", {"amount": "3"}),
        ("enrol_juror", "Enter the pool", {}),
        ("leave_audits", "Leave the draw of auditors", {}),
        ("leave_jury", "Leave the pool", {}),
    ):
        indexed()
        page = newcomer.visit(own)
        assert words in newcomer.do(form_of(page, act), **written)[-1]
    assert not stage["newcomer"].audits.enrolment().domains
    page = newcomer.visit(f"/accounts/{stage['hospital'].address}")
    assert "Declare that you cannot judge" in newcomer.do(form_of(page, "tie"), tie_days="30")[-1]


def overtaken(stage, visitor, number):
    """Who led the auction and was overtaken takes its bond back."""
    held = stage["rival"].escrow.balance()
    rival = visitor("rival")
    rival.visit(f"/deals/{number}")
    rival.connect()
    assert "who led and was overtaken" in rival.do("deal-reclaim")[-1]
    assert stage["rival"].escrow.balance() > held
    rival.visit(f"/deals/{number}")
    expect(rival.page.locator("#act-deal-reclaim")).to_have_count(0)


def test_the_material_of_a_seat(stage, visitor, indexed, patients, model, tmp_path):
    """The parties grant model and data to the auditor who was drawn, who opens both from *My deals*."""
    order = order_for(patients)
    number = stage.to_building(order, patients, rival=800 * UNIT, developer=700 * UNIT)
    indexed()
    overtaken(stage, visitor, number)
    stage.pass_test(number, model)
    stage.seat_auditors(number)
    assert stage.state(number) == State.AUDITING
    indexed()
    for name, act in (("developer", "grant_audit_model"), ("hospital", "grant_audit_data")):
        party = visitor(name)
        party.visit(f"/deals/{number}")
        party.connect()
        assert "Only those to whom they are sealed" in party.do(f"deal-{act}")[-1]
    auditor = visitor("auditor")
    page = auditor.visit(f"/accounts/{stage['auditor'].address}/deals")
    auditor.connect()
    auditor.do("due1-open_material")
    links = page.locator("#act-due1-open_material a[download]")
    expect(links).to_have_count(2)
    for link, original in zip((links.first, links.last), (model, patients), strict=True):
        with page.expect_download() as download:
            link.click()
        download.value.save_as(tmp_path / "opened")
        assert (tmp_path / "opened").read_bytes() == original.read_bytes()
    audit = stage["auditor"].commissions.get(number).audit_id
    stage["auditor"].audits.fetch(audit, tmp_path / "folder")
    assert (tmp_path / "folder" / "model.onnx").read_bytes() == model.read_bytes()
    posted(stage, auditor, audit, tmp_path)
    stage.advance(number)
    assert stage.state(number) == State.DELIVERING


def posted(stage, auditor, audit, tmp_path):
    """The only auditor posts at once; an approval covers what the rules ask for."""
    said = tmp_path / "assessment.json"
    said.write_text(Assessment(scopes=("privacy",), limitations="The rest.").model_dump_json())
    form = auditor.page.locator("#act-due1-post_verdict")
    form.locator("[name=assessment]").set_input_files(said)
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("must cover these too: explainability")
    said.write_text(Assessment(scopes=("explainability",), limitations="The rest.").model_dump_json())
    told = auditor.do("due1-post_verdict", assessment=said, verdict="approved")
    assert told[-1] == f"Post your verdict in audit {audit}: approved. Its report is public."
    report = stage["hospital"].audits.report(audit, stage["auditor"].address)
    assert (report.verdict, report.limitations) == ("approved", "The rest.")
