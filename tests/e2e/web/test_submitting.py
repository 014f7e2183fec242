"""A developer submits a model in a browser, and an auditor who was asked gives an opinion on it."""

from __future__ import annotations

import json

import pytest
from patients import CARD
from playwright.sync_api import expect
from readable import check_shown
from stage import UNIT, scored

from assay import State
from assay.manifests import Assessment
from assay.structs import Submission


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "card.json"
    path.write_text(CARD.model_dump_json(exclude_none=True))
    return path


def test_from_the_file_to_the_opinion_on_it(stage, visitor, indexed, served, model, card, tmp_path, pictures):
    """What the browser submits the panel opens, and the command delivers; the auditor opens it, too."""
    number = stage.building
    developer = visitor("developer")
    developer.visit(f"/deals/{number}")
    developer.connect()
    refuses_what_is_no_model(developer, card, tmp_path)
    developer.visit(f"/deals/{number}")
    developer.page.screenshot(path=pictures / "submit.png", full_page=True)
    check_shown(developer.page, f"/deals/{number}")
    served.bodies.clear()
    payee = stage["rival"].address
    said = developer.do("deal-submit", model=model, card=card, payees=f"{payee}=12.5%")
    assert "models: 0, data sets: 0, training jobs: 0" in said[-1]
    assert f"12.5 % of the price go to {payee.lower()}" in said[-1]
    assert model.read_bytes()[:4096] not in served.bodies
    assert stage.state(number) == State.EVALUATING
    submitted = is_as_the_command_would_submit_it(stage, number, model)
    assert [(one.account, one.ppm) for one in submitted.payees] == [(payee, 125_000)]
    opinion = asked(stage, visitor, number, indexed)
    given(stage, visitor, developer, number, opinion, indexed, model, tmp_path, pictures)
    stage.evaluate(number, scored(950_000))
    stage["developer"].models.deliver(number)
    assert stage.state(number) == State.CHALLENGE


def refuses_what_is_no_model(developer, card, tmp_path):
    """Nothing is sealed, sent or signed of a file that is no model, or under a card that is none."""
    form = developer.page.locator("#act-deal-submit")
    status = form.locator(".bad[data-status]")
    garbage = tmp_path / "garbage.onnx"
    garbage.write_bytes(b"\x08\x07\x12\x04torch" * 50)
    form.locator("[name=model]").set_input_files(garbage)
    form.locator("[name=card]").set_input_files(card)
    form.locator("button").click()
    expect(status).to_contain_text("not an ONNX model")
    form.locator("[name=card]").set_input_files(garbage)
    form.locator("button").click()
    expect(status).to_contain_text("or not JSON")
    form.locator("[name=payees]").fill("0x12=5%")
    form.locator("button").click()
    expect(status).to_contain_text("not an address and a share")
    assert not developer.wallet.signed


def is_as_the_command_would_submit_it(stage, number, model):
    """The manifest is read back as any other, and each member of the panel has the key; the submission."""
    developer = stage["developer"]
    manifest = developer.models.manifest(number)
    assert (manifest.name, manifest.lineage.complete) == (CARD.name, True)
    assert manifest.artifact.plaintext_size == model.stat().st_size
    key = developer.keys.own(manifest.artifact)
    panel_id = developer.commissions.get(number).panel_id
    for name in stage.panel(number):
        assert stage[name].rounds.key(panel_id, 1, manifest.artifact).hash == key.hash
    (event,) = developer.session.events.find("CommissionMarket", "ModelSubmitted", id=number)
    return Submission.model_validate(event.arguments["submission"])


def asked(stage, visitor, number, indexed):
    """Anyone asks the auditor, who accepts; the opinion's number."""
    stage["hospital"].escrow.deposit(50 * UNIT)
    hospital = visitor("hospital")
    hospital.visit(f"/deals/{number}")
    hospital.connect()
    form = hospital.page.locator("#act-deal-ask_opinion")
    form.locator("[name=auditor]").fill(stage["auditor"].address.swapcase().replace("0X", "0x"))
    form.locator("[name=fee]").fill("5")
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("not an account")
    said = hospital.do("deal-ask_opinion", auditor=stage["auditor"].address, fee="5", opinion_days="3")
    assert "within 3 days of its acceptance, for 5 tUSD" in said[-1]
    opinion = int(hospital.page.url.rsplit("/", 1)[1])
    auditor = visitor("auditor")
    page = auditor.visit(f"/accounts/{stage['auditor'].address}/deals")
    auditor.connect()
    page.locator(".card.due, .card").get_by_role("link", name=f"Opinion {opinion}").first.click()
    assert "Your time begins" in auditor.do("opinion-accept_opinion")[-1]
    indexed()
    hospital.visit(f"/opinions/{opinion}")
    assert "the key of the data" in hospital.do("opinion-grant_opinion_data")[-1]
    return opinion


def given(stage, visitor, developer, number, opinion, indexed, model, tmp_path, pictures):
    """The developer grants the model; the auditor opens everything, and posts."""
    developer.visit(f"/opinions/{opinion}")
    assert "the key of the model" in developer.do("opinion-grant_opinion_model")[-1]
    indexed()
    auditor = visitor("auditor", viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = auditor.visit(f"/opinions/{opinion}")
    auditor.connect()
    page.screenshot(path=pictures / "opinion.png", full_page=True)
    check_shown(page, f"/opinions/{opinion}")
    auditor.do("opinion-open_material")
    links = page.locator("#act-opinion-open_material a[download]")
    expect(links).to_have_count(2)
    with page.expect_download() as download:
        links.first.click()
    download.value.save_as(tmp_path / "opened.onnx")
    assert (tmp_path / "opened.onnx").read_bytes() == model.read_bytes()
    assessment = Assessment(scopes=("performance",), limitations="Nothing else was looked at.")
    path = tmp_path / "assessment.json"
    path.write_text(assessment.model_dump_json())
    refuses_what_is_no_assessment(auditor, tmp_path)
    auditor.visit(f"/opinions/{opinion}")
    said = auditor.do("opinion-post_opinion", assessment=path, verdict="rejected")
    assert f"Post opinion {opinion}: rejected" in said[-1]
    report = stage["hospital"].opinions.report(opinion)
    assert (report.verdict, report.limitations) == ("rejected", "Nothing else was looked at.")


def refuses_what_is_no_assessment(auditor, folder):
    """No report is made of what has a strange field, or has examined another model; nothing is signed."""
    form, before = auditor.page.locator("#act-opinion-post_opinion"), len(auditor.wallet.signed)
    digests = dict.fromkeys(("page", "model_sha256", "data_sha256", "spec_sha256"), "ab" * 32)
    other = {**digests, "seed": 0, "quick": True, "rows": 1, "rows_asked": 1}
    whole = {"scopes": ["fairness"], "limitations": "None."}
    for odd, told in (
        ({"findings": [{"scope": "fairness", "severity": "grave", "summary": "x"}]}, "findings.0.severity"),
        ({"examination": other}, "examined another model"),
    ):
        (folder / "odd.json").write_text(json.dumps(whole | odd))
        form.locator("[name=assessment]").set_input_files(folder / "odd.json")
        form.locator("button").click()
        expect(form.locator(".bad[data-status]")).to_contain_text(told)
    assert len(auditor.wallet.signed) == before


def test_the_manifest_is_the_card_s(stage, visitor, served, model, card):
    """A server that writes another lineage or licence into the manifest gets no transaction, and no file."""
    developer = visitor("developer")
    page = developer.visit(f"/deals/{stage.building}")
    developer.connect()
    changes = [
        {"lineage": {"datasets": [], "parents": [], "training_jobs": []}},
        {"licence": {"kind": "Licence", "spdx": "MIT", "terms": [], "text": None, "version": 1}},
        {"limits": "None."},
    ]

    def with_change(route):
        answer = route.fetch()
        manifest = json.loads(answer.json()["manifest"]) | changes[-1]
        route.fulfill(
            response=answer, json={"manifest": json.dumps(manifest, sort_keys=True, separators=(",", ":"))}
        )

    page.route("**/models/draft", with_change)
    served.bodies.clear()
    form = page.locator("#act-deal-submit")
    form.locator("[name=model]").set_input_files(model)
    form.locator("[name=card]").set_input_files(card)
    for _ in range(len(changes)):
        form.locator("button").click()
        if not developer.wallet.signed:
            developer.agree()  # to derive the key
        expect(form.locator(".bad[data-status]")).to_contain_text("not what your card and your file say")
        changes.pop()
        form.evaluate("form => { form.querySelector('[data-status]').textContent = '' }")
    assert b"assaySL" not in served.bodies
    assert {one["method"] for one in developer.wallet.signed} == {"eth_signTypedData_v4"}
