"""A model is published and assessed on a third party's test, and then submitted, all in browsers."""

from __future__ import annotations

import pytest
from patients import CARD
from playwright.sync_api import expect
from readable import check_shown
from stage import scored

from assay import State
from assay.judges.conformity import TestSetPlan
from assay.structs import AssessmentState

PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.fixture
def number(stage, order, patients):
    """A test set of a body's."""
    shared = {name: value for name, value in order if name in TestSetPlan.model_fields}
    return stage["body"].conformity.register(TestSetPlan(**shared | {"panel_size": 3}), patients).set_id


def at(visitor, name, path, **options):
    one = visitor(name, **options)
    one.visit(path)
    one.connect()
    return one


def published(developer, model, folder):
    """The digest of a model's manifest, sealed and published in the browser."""
    card = folder / "card.json"
    card.write_text(CARD.model_dump_json(exclude_none=True))
    developer.do("sets-publish_model", model=model, card=card)
    return developer.page.locator("[data-opened] code").inner_text()


def test_assessed_and_submitted(stage, visitor, indexed, served, number, model, tmp_path, pictures):
    indexed()
    served.bodies.clear()
    developer = at(visitor, "developer", "/test-sets")
    developer.page.screenshot(path=pictures / "sets.png", full_page=True)
    digest = published(developer, model, tmp_path)
    assert model.read_bytes()[:4096] not in served.bodies
    assert [one["method"] for one in developer.wallet.signed] == ["eth_signTypedData_v4"] * 2

    page = developer.visit(f"/test-sets/{number}")
    page.screenshot(path=pictures / "set.png", full_page=True)
    check_shown(page, page.url)
    rival = at(visitor, "rival", f"/test-sets/{number}")
    refuses_what_it_cannot_grant(stage, developer, rival, digest)
    page = developer.visit(f"/test-sets/{number}")
    said = developer.do("set-apply", published=digest)
    assert said[-1] == f"Have the model 0x{digest} assessed on test set {number}."
    page.wait_for_url("**/assessments/*")
    assessment = int(page.url.rsplit("/", 1)[1])
    told = stage["developer"].conformity.get(assessment)
    assert (told.manifest.hex(), told.set_id) == (digest, number)

    stage.chain.anvil.mine(3)
    anyone = at(visitor, "anyone", f"/assessments/{assessment}")
    assert "which is due" in anyone.do("assessment-advance_assessment")[-1]
    for name, act, options in (("developer", "grant_assessed", {}), ("body", "grant_test_data", PHONE)):
        indexed()
        party = at(visitor, name, f"/accounts/{stage[name].address}/deals", **options)
        card = party.page.locator("article.due", has_text=f"Assessment {assessment}")
        expect(card).to_contain_text("The assessment is void")
        party.page.screenshot(path=pictures / f"due-{name}.png", full_page=True)
        check_shown(party.page, party.page.url)
        place = card.locator("form").get_attribute("id").removeprefix("act-")
        assert place.endswith(act)
        party.do(place)
    panel_id = told.panel_id
    stage.vote(panel_id, stage["developer"].rounds.get(panel_id).request_id, scored(920_000))
    submitted(stage, developer, digest, model)
    stage.chain.advance(86_401)
    indexed()
    anyone.visit(f"/assessments/{assessment}")
    anyone.do("assessment-advance_assessment")
    assert stage["developer"].conformity.get(assessment).state == AssessmentState.PASSED
    indexed()
    page = anyone.visit(f"/assessments/{assessment}")
    expect(page.locator(".tiles")).to_contain_text("92")
    expect(page.locator("section.card", has_text="What it waits for")).to_contain_text("the model has passed")
    page.screenshot(path=pictures / "assessment.png", full_page=True)
    check_shown(page, page.url)


def refuses_what_it_cannot_grant(stage, developer, rival, digest):
    """Nobody pays for the assessment of what is no model, or of one whose key is another's."""
    spec = stage["hospital"].commissions.get(stage.building).request.spec.hex()
    told = {"0x12": "64 hexadecimal", spec: "not the manifest of a model"}
    for one, written in ((developer, "0x12"), (developer, spec), (rival, digest)):
        form = one.page.locator("#act-set-apply")
        form.locator("[name=published]").fill(written)
        form.locator("button[type=submit]").click()
        if one is rival:
            one.agree()  # to derive the key
        said = told.get(written, "This wallet has not sealed")
        expect(form.locator(".bad[data-status]")).to_contain_text(said)


def submitted(stage, developer, digest, model):
    """The very model that was assessed goes to the panel of an order that the developer has won."""
    number = stage.building
    developer.visit(f"/deals/{number}")
    said = developer.do("deal-submit_published", published=digest)
    assert "models: 0, data sets: 0, training jobs: 0" in said[-1]
    assert stage.state(number) == State.EVALUATING
    deal, manifest = stage["developer"].commissions.get(number), stage["developer"].models.manifest(number)
    assert deal.manifest.hex() == digest
    assert manifest.artifact.plaintext_size == model.stat().st_size
    for name in stage.panel(number):
        stage[name].rounds.key(deal.panel_id, 1, manifest.artifact)
