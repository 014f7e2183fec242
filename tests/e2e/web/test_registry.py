"""Roles, domains and keys are changed in a browser, and signatures of agreements go into files and out."""

from __future__ import annotations

from playwright.sync_api import expect
from readable import check_shown

from assay import Role
from assay.manifests import Agreement
from assay.markets.agreements import SignedText


def form_of(page, act: str) -> str:
    """Where a form stands on its page."""
    return page.locator(f"form[id$='-{act}']").first.get_attribute("id").removeprefix("act-")


def test_roles_domains_and_the_key_are_changed(stage, visitor, indexed, pictures):
    registry, known = stage["developer"].participants, stage["developer"].participants.get()
    stage["developer"].session.send("ParticipantRegistry", "changeEncryptionKey", b"\x07" * 32)
    stage.chain.advance(100 * 86_400)
    indexed()
    own = f"/accounts/{known.address}"
    developer = visitor("developer")
    page = developer.visit(own)
    developer.connect()
    page.screenshot(path=pictures / "account.png", full_page=True)
    check_shown(page, own)
    form = page.locator("form[id$='-change_roles']")
    expect(form.locator("[name=role]")).to_have_value(str(int(Role.DEVELOPER)))
    form.get_by_role("checkbox", name="customer").check()
    form.get_by_role("checkbox", name="data owner").check()
    (said,) = developer.do(form_of(page, "change_roles"))
    assert said == "Change your role to developer, and your further roles to: customer, data owner."
    assert set(registry.get().roles) == {Role.DEVELOPER, Role.CUSTOMER, Role.DATA_OWNER}

    indexed()
    page = developer.visit(own)
    form = page.locator("form[id$='-change_domains']")
    expect(form.get_by_role("checkbox", name="healthcare")).to_be_checked()
    expect(page.locator("form[id$='-change_roles']").get_by_role("checkbox", name="customer")).to_be_checked()
    form.get_by_role("checkbox", name="finance").check()
    (said,) = developer.do(form_of(page, "change_domains"))
    assert said == "Change your domains to: finance, healthcare."
    assert set(registry.get().domains) == {"healthcare", "finance"}

    page = developer.visit(own)
    developer.do(form_of(page, "change_key"))
    assert registry.get().encryption_key == known.encryption_key
    page = developer.visit(own)
    page.locator("form[id$='-change_key'] button").click()
    developer.agree()
    expect(page.locator("form[id$='-change_key'] .bad")).to_contain_text("the registered one already")
    stranger = visitor("rival").visit(own)
    stranger.locator("#connect").click()
    for act in ("change_roles", "change_domains", "change_key"):
        expect(stranger.locator(f"form[id$='-{act}']")).to_be_hidden()


def test_signatures_are_handed_over_as_files(stage, visitor, indexed, tmp_path, pictures):
    """The command records what the browser has signed, and the browser what the command has."""
    agreements = stage["hospital"].agreements
    texts = [agreements.publish(Agreement(title=f"Text {one}", text="Nobody tells.")) for one in "ab"]
    place = f"/agreements/{texts[0].hex()}"
    hospital = visitor("hospital", viewport={"width": 390, "height": 844})
    page = hospital.visit(place)
    hospital.connect()
    page.screenshot(path=pictures / "agreement.png", full_page=True)
    check_shown(page, place)
    (said,) = hospital.do(form_of(page, "sign_to"))
    assert "Nothing is sent" in said
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(tmp_path / "hospital.json")
    signed = SignedText.load(tmp_path / "hospital.json")
    assert (signed.text, signed.party) == (texts[0], stage["hospital"].address)
    assert agreements.is_its(signed)
    files = [tmp_path / "hospital.json"]
    for name, text in (("developer", texts[0]), ("rival", texts[1])):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(stage[name].agreements.signature(text).model_dump_json())

    anyone = visitor("anyone")
    page = anyone.visit(place)
    anyone.connect()
    form = page.locator("form[id$='-record']")
    form.locator("[name=signatures]").set_input_files(files)
    form.locator("button").click()
    expect(form.locator(".bad[data-status]")).to_contain_text("rival.json is a signature of another text")
    form.locator("[name=signatures]").set_input_files(files[:2])
    form.evaluate("form => { form.querySelector('[data-status]').textContent = '' }")
    (said,) = anyone.do(form_of(page, "record"))
    for name in ("hospital", "developer"):
        assert stage[name].address.lower() in said
        assert agreements.signed_at(texts[0], stage[name].address)
    assert not agreements.signed_at(texts[1], stage["rival"].address)
