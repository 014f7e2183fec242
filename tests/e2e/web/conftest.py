"""The web market on the stage's chain, and visitors with a browser and a wallet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, PROVIDER, Served, TestWallet
from eth_utils.crypto import keccak
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from assay_local.anvil import free_port
from assay_web.app import create_app
from assay_web.settings import Settings


class Visitor:
    """Somebody at a browser with an empty profile, whose wallet is the stage's account of that name."""

    def __init__(self, context: BrowserContext, url: str, rpc: str, name: str) -> None:
        self.url, self.wallet = url, TestWallet(rpc, keccak(text=name))
        self.complaints: list[str] = []
        context.add_init_script(PROVIDER)
        self.page: Page = context.new_page()
        self.page.expose_function("__wallet", self.wallet)
        self.page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: self._note(asked.url))
        self.elsewhere: list[str] = []

    def _note(self, url: str) -> None:
        if not url.startswith((self.url, "blob:", "data:")):
            self.elsewhere.append(url)

    def visit(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def connect(self) -> None:
        self.page.locator("#connect").click()
        expect(self.page.locator("#connect")).to_contain_text("0x")

    def agree(self) -> str:
        """Say yes to the sentence that is shown; the sentence."""
        dialog = self.page.locator("dialog.review")
        said = dialog.locator(".sentence").inner_text()
        this = dialog.element_handle()
        dialog.locator("button[value=yes]").click()
        this.wait_for_element_state("hidden")
        return said

    def do(self, act: str, **written: str) -> list[str]:
        """Fill a form in, carry it out to its end, and agree to all that it asks; the sentences."""
        form = self.page.locator(f"#act-{act}")
        for name, value in written.items():
            field = form.locator(f"[name={name}]")
            field.select_option(value) if field.evaluate("it => it.tagName") == "SELECT" else field.fill(
                value
            )
        form.locator("button[type=submit]").click()
        said: list[str] = []
        asked = self.page.locator("dialog.review")
        ended = form.locator(".good[data-status], .bad[data-status]").or_(
            self.page.locator("#note:not(:empty)")
        )
        while True:
            expect(asked.or_(ended).first).to_be_visible(timeout=20_000)
            if not asked.count():
                break
            said.append(self.agree())
        refused = form.locator(".bad[data-status]")
        assert not refused.count(), refused.inner_text()
        return said


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    number = free_port()
    origin = f"http://127.0.0.1:{number}"
    settings = Settings((prepared.chain.rpc,), prepared.deployment_file, prepared.ipfs_url, "", (origin,))
    server = Served(create_app(settings), number)
    yield server
    server.close()


@pytest.fixture
def visitor(chromium: Browser, served: Served, stage) -> Iterator[Callable[[str], Visitor]]:
    """Makes visitors; at the end each must have met no error, and no request may have gone elsewhere."""
    contexts: list[BrowserContext] = []
    made: list[Visitor] = []

    def make(name: str, **options) -> Visitor:
        contexts.append(chromium.new_context(locale="en-GB", timezone_id="UTC", **options))
        made.append(Visitor(contexts[-1], served.url, stage.chain.rpc, name))
        return made[-1]

    yield make
    for context in contexts:
        context.close()
    for one in made:
        assert not one.elsewhere, one.elsewhere
        assert not one.complaints, one.complaints


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests leave pictures, to be looked at."""
    return tmp_path_factory.mktemp("pictures")
