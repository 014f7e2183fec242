"""Auditors seal verdicts and open them, in a browser and by command: each opens what the other has sealed."""

from __future__ import annotations

import pytest
from patients import order_for
from playwright.sync_api import expect
from readable import check_shown

from assay import State
from assay.manifests import Assessment, Finding
from assay.store.cid import cid_of_block

APPROVES = Assessment(scopes=("explainability",), limitations="Seasons were not looked at.")
REJECTS = Assessment(
    scopes=("explainability", "fairness"),
    limitations="Nothing else.",
    findings=(Finding(scope="fairness", severity="critical", summary="A large gap", details="y" * 3000),),
)


@pytest.fixture
def audit(stage, patients, model):
    """A deal and its audit, and who sits in it."""
    names = stage.three_auditors()
    number = stage.to_building(order_for(patients), patients, developer=700 * 10**18)
    stage.pass_test(number, model)
    stage.seat_auditors(number)
    return number, stage["hospital"].commissions.get(number).audit_id, names


@pytest.fixture
def files(tmp_path):
    """What auditors have written."""
    found = {}
    for name, one in (("approves", APPROVES), ("rejects", REJECTS)):
        found[name] = tmp_path / f"{name}.json"
        found[name].write_text(one.model_dump_json(exclude_defaults=True))
    return found


def at_own_deals(stage, visitor, name, **options):
    """Somebody at the page of what there is to do."""
    one = visitor(name, **options)
    one.visit(f"/accounts/{stage[name].address}/deals")
    one.connect()
    return one


def test_what_is_sealed_here_is_opened_there(stage, visitor, indexed, served, audit, files, pictures):
    number, audit_id, (first, second, third) = audit
    hospital = stage["hospital"]
    indexed()
    served.bodies.clear()
    browsers = {first: at_own_deals(stage, visitor, first)}
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    browsers[third] = at_own_deals(stage, visitor, third, **phone)
    for name in (first, third):
        page = browsers[name].page
        expect(page.locator("article.due")).to_contain_text("loses the seat, the bond of")
        page.screenshot(path=pictures / f"seal-{name}.png", full_page=True)
        check_shown(page, page.url)

    is_told_what_it_seals(browsers[first], files, pictures)
    assert not [one for one in browsers[first].wallet.signed if one["method"] == "eth_sendTransaction"]
    said = browsers[first].do("due1-seal_verdict", assessment=files["approves"], verdict="approved")
    assert said[-1] == f"Seal your verdict in audit {audit_id}. Nobody can read it until you open it."
    stage[second].audits.post(audit_id, False, REJECTS)
    indexed()
    browsers[first].page.reload()
    expect(browsers[first].page.locator("article.due")).to_have_count(0)
    browsers[third].do("due1-seal_verdict", assessment=files["rejects"], verdict="rejected")
    for word in (b"Seasons", b"large gap", b"limitations", b"approved", b"rejected"):
        assert word not in served.bodies, "the server has learnt a verdict before the opening"
    sealed = list(hospital.session.events.find("AuditRegistry", "VerdictSealed", auditId=audit_id))
    copies = [stage.store.get_block(cid_of_block(one.arguments["copy"])) for one in sealed]
    assert {len(one) for one in copies} == {65_552}, "its length says nothing of a report"

    stage[first].audits.open(audit_id)
    assert hospital.audits.report(audit_id, stage[first].address).limitations == APPROVES.limitations
    indexed()
    browsers[second] = at_own_deals(stage, visitor, second)
    opened = browsers[second].do("due1-open_verdict")
    assert opened[-1] == f"Post your verdict in audit {audit_id}: rejected. Its report is public."
    assert hospital.audits.report(audit_id, stage[second].address).findings == REJECTS.findings
    opens_without_the_copy(stage, browsers[third], third, files, pictures)
    assert hospital.audits.report(audit_id, stage[third].address).findings == REJECTS.findings
    stage.advance(number)
    assert stage.state(number) == State.BUILDING


def is_told_what_it_seals(auditor, files, pictures):
    """The whole report is shown before the wallet is asked; who says no has stored nothing."""
    form = auditor.page.locator("#act-due1-seal_verdict")
    form.locator("[name=assessment]").set_input_files(files["rejects"])
    form.locator("[name=verdict]").select_option("rejected")
    form.locator("button").click()
    dialog = auditor.page.locator("dialog.review")
    expect(dialog).to_contain_text("hides your verdict until you open it")
    auditor.agree()
    expect(dialog.locator(".document")).to_contain_text("critical, fairness: A large gap")
    expect(dialog.locator(".worst")).to_contain_text("you lose the bond of")
    auditor.page.screenshot(path=pictures / "sealing.png")
    dialog.locator("button[value='']").click()
    expect(form.locator("[data-status]")).to_contain_text("Nothing was sent")


def opens_without_the_copy(stage, auditor, name, files, pictures):
    """A server that hands out another copy opens nothing; the same assessment does, and another does not."""
    page = auditor.page
    page.goto(auditor.url + f"/accounts/{stage[name].address}/deals")
    page.screenshot(path=pictures / "open.png", full_page=True)
    check_shown(page, page.url)
    page.route("**/verdicts/*", lambda route: route.fulfill(body=b"\0" * 65_552))
    form = page.locator("#act-due1-open_verdict")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("cannot be had just now")
    form.locator("summary").click()
    form.locator("[name=assessment]").set_input_files(files["approves"])
    form.locator("button").click()
    auditor.agree()  # to derive the salt
    expect(form.locator(".bad[data-status]")).to_contain_text("not the verdict that you have sealed")
    form.evaluate("form => { form.querySelector('[data-status]').textContent = '' }")
    auditor.do("due1-open_verdict", assessment=files["rejects"], verdict="rejected")


def test_nobody_opens_early_or_what_is_not_its_own(stage, visitor, indexed, audit):
    """Asked whether a verdict could be posted, a node would learn it: before the opening nobody asks."""
    _, audit_id, names = audit
    for name in names[:2]:
        stage[name].audits.post(audit_id, True, APPROVES)
    indexed()
    auditor = at_own_deals(stage, visitor, names[0])
    asked = """async ([module, number]) => {
        HTMLDialogElement.prototype.showModal = function () {
            this.show();
            this.close('');
        }; // whatever it asks: no
        const { run } = await import(`/static/js/acts/${module}.js`);
        return run({ facts: { number }, fields: new FormData() }).catch(error => error.message);
    }"""
    assert "Others still seal" in auditor.page.evaluate(asked, ["open-verdict", audit_id])
    stage[names[2]].audits.post(audit_id, True, APPROVES)
    assert "being opened" in auditor.page.evaluate(asked, ["post-verdict", audit_id])
    stranger = visitor("rival")
    stranger.visit("/")
    stranger.connect()
    for module in ("open-verdict", "post-verdict"):
        assert "has no seat" in stranger.page.evaluate(asked, [module, audit_id])
    assert not auditor.wallet.signed
    assert not stranger.wallet.signed
