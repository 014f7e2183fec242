"""The web market on the stage's chain, and visitors with a browser and a wallet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, PROVIDER, Served, TestWallet
from eth_utils.crypto import keccak
from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import func, select
from starlette.staticfiles import StaticFiles

from assay import Market
from assay.words.reasons import templates
from assay_indexer.database import engine_at, prepare
from assay_indexer.errors import IndexerError
from assay_indexer.monitor import Monitor
from assay_indexer.queries import Index
from assay_indexer.service import Service
from assay_indexer.tables import Manifest, Stale
from assay_local.anvil import free_port
from assay_web.app import create_app
from assay_web.sentences import catalogue
from assay_web.settings import Settings

STATIC = Path(__file__).resolve().parents[3] / "web" / "assay_web" / "static"
TWINS = Path(__file__).with_name("twins.js")
expect.set_options(timeout=20_000)  # other tests and the contracts' coverage run beside these


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that drives a browser is slow."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


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

    def do(self, act: str, **written: str | Path) -> list[str]:
        """Fill a form in, carry it out to its end, and agree to all that it asks; the sentences."""
        form = self.page.locator(f"#act-{act}")
        for name, value in written.items():
            field = form.locator(f"[name={name}]")
            if field.get_attribute("type") == "file":
                field.set_input_files(value)
            elif form.locator(f"select[name={name}]").count():
                field.select_option(value)
            else:
                field.fill(value)
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

    # BY KEYBOARD ALONE

    def press(self, selector: str, *, typed: str = "") -> None:
        """Go to an element by tabs, and press Enter on it or type into it."""
        for _ in range(200):
            if self.page.evaluate("selector => document.activeElement?.matches(selector)", selector):
                if typed:
                    self.page.keyboard.type(typed)
                else:
                    self.page.keyboard.press("Enter")
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached with the keyboard")

    def agree_by_keys(self) -> None:
        """Say yes to all that is asked, until it is done: what goes on has the focus."""
        asked, note = self.page.locator("dialog.review[open]"), self.page.locator("#note:not(:empty)")
        while True:
            expect(asked.or_(note).first).to_be_visible(timeout=20_000)
            if not asked.count():
                return
            this = asked.element_handle()
            self.page.keyboard.press("Enter")
            this.wait_for_element_state("hidden")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not for longer: until it is closed, its event loop runs in this thread, and no other can."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def index(prepared, store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an index that follows the stage's chain, also when that is taken back."""
    url = f"sqlite:///{tmp_path_factory.mktemp('index') / 'index.sqlite'}"
    engine = engine_at(url)
    prepare(engine)
    stop = threading.Event()
    with Market.connect(prepared.chain.rpc, deployment=prepared.deployment_file, store=store) as market:
        service = Service(market, engine, Monitor(), confirmations=1000, poll_seconds=0.25)
        running = threading.Thread(target=service.run, args=(stop,), daemon=True)
        running.start()
        yield url
        stop.set()
        running.join(30)


@pytest.fixture(scope="session")
def served(prepared, index: str) -> Iterator[Served]:
    number = free_port()
    origin = f"http://127.0.0.1:{number}"
    settings = Settings(
        (prepared.chain.rpc,), prepared.deployment_file, prepared.ipfs_url, index, (origin,), rate=0
    )
    server = Served(create_app(settings), number)
    yield server
    server.close()


@pytest.fixture
def indexed(stage, index: str) -> Callable[[], None]:
    """Waits until the index has the chain's newest block, and has looked for all documents."""

    def wait() -> None:
        end = time.monotonic() + 30
        newest = stage.chain.web3.eth.get_block("latest")
        while True:
            with suppress(IndexerError), Index.at(index).view() as view:
                same = view.progress.head_hash == newest["hash"].to_0x_hex()
                waiting = view.session.scalar(select(func.count()).select_from(Stale))
                missing = view.session.scalar(
                    select(func.count()).where(Manifest.status == "missing", Manifest.tries == 0)
                )
                if same and not waiting and not missing:
                    return
            assert time.monotonic() < end, "the index does not follow"
            time.sleep(0.05)

    return wait


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


@pytest.fixture(scope="module")
def scripts(chromium) -> Iterator[Callable[[str, Any], Any]]:
    """Asks a function of `twins.js`, which stands in a page with the market's scripts."""
    app = FastAPI()
    app.get("/", response_class=HTMLResponse)(lambda: "<!doctype html><title>scripts</title>")
    app.get("/reasons.json")(templates)
    app.get("/sentences.json")(lambda: dict(catalogue()))
    app.get("/twins.js")(lambda: FileResponse(TWINS))
    app.mount("/static", StaticFiles(directory=STATIC))
    server = Served(app, free_port())
    page: Page = chromium.new_page()
    page.goto(server.url)
    ask = "async ([name, given]) => (await import('/twins.js'))[name](given)"
    yield lambda name, given: page.evaluate(ask, [name, given])
    page.close()
    server.close()
