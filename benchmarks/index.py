"""What the index costs and what it saves: a rebuild, searches, pages, and how soon something new is seen.

A long history is made up, as in `history.py`: deals from the order to the payment, as the contracts emit
them, served over HTTP by a stub in a process of its own. Beside the index's search stands what the same
question costs who reads the chain: all logs have to be fetched and decoded. Pages are those that come from
the index; what they ask a chain once, a token's name, they know. How soon a listing is visible is measured
on a real local market. ``ASSAY_BENCH_EVENTS`` says how many events are rebuilt.
"""

import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import httpx
from fastapi.testclient import TestClient
from history import MadeUp, block_hash, row, stub, word
from made_up import encoded
from report import publish
from sqlalchemy import Engine, insert

from assay import Deployment, Role
from assay.chain import Connection
from assay.chain.abi import checksum_address
from assay.chain.wiring import CONSTRUCTORS
from assay.escrow import Token
from assay.session import Session
from assay_indexer.database import engine_at, prepare, writing
from assay_indexer.follow import Follower
from assay_indexer.monitor import Monitor
from assay_indexer.queries import Index
from assay_indexer.search import Query, search
from assay_indexer.server import serving
from assay_indexer.tables import Manifest
from assay_local.anvil import free_port
from assay_local.market import LocalMarket
from assay_web.app import create_app
from assay_web.settings import Settings

SEARCHED, REBUILT = 100_000, int(os.environ.get("ASSAY_BENCH_EVENTS", "1000000"))
SECONDS_FOR_A_MILLION, SEARCH_SECONDS, PAGE_SECONDS, VISIBLE_SECONDS = 600, 0.05, 0.1, 2.0
QUESTIONS, VISITS, NEW = 300, 40, 5
CONTRACTS = {name: checksum_address(f"0x{number:040x}") for number, name in enumerate(CONSTRUCTORS, 0xC0)}
TOKEN = checksum_address(f"0x{0xA0:040x}")
DEPLOYMENT = Deployment.model_validate(
    {"chainId": 31337, "block": 1, "contracts": CONTRACTS, "tokens": {"payment": TOKEN, "staking": TOKEN}}
)
DEAL, PANEL, ASKED, TESTED, AUCTION = (0xA1B2C3D400 + number for number in range(5))
SPEC, MODEL, DATASET = (bytes([number]) * 32 for number in (0xE1, 0xE2, 0xE3))
CUSTOMER, DEVELOPER, RIVAL = (checksum_address("0x" + digit * 40) for digit in "123")
PEOPLE = 200
TOPICS = (
    *("heart", "lung", "skin", "retina", "breast", "liver", "kidney", "brain"),
    *("bone", "blood", "loan", "fraud", "credit", "churn", "price", "demand"),
)
KINDS = ("classification", "regression", "ranking", "segmentation", "detection", "survival")
COLUMNS = {"name": "what", "value": "ours", "unit": "unit", "aim": "at most", "ratio": "of that", "ok": "ok"}


def main() -> None:
    """Measure everything; with a million events that takes about a quarter of an hour."""
    rows = [*seeing(), *searching(), *(rebuilding() if REBUILT != SEARCHED else ())]
    publish("index", f"The index at {REBUILT:,} events", COLUMNS, rows)
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)


def searching() -> Iterator[dict[str, object]]:
    """Searches among some ten thousand listings, and the same by the chain's logs."""
    with tempfile.TemporaryDirectory() as folder, stub(SEARCHED, Deals) as endpoint:
        engine, seconds = built(endpoint.url, Path(folder), SEARCHED)
        times, chance = [], random.Random(1)
        for _ in range(QUESTIONS):
            query = question(chance)
            started = time.perf_counter()
            with Index(engine).view() as view:
                search(view, query)
            times.append(time.perf_counter() - started)
        with serving(engine, Monitor(), "127.0.0.1:0", rate=0) as port, httpx.Client() as client:
            answers = []
            for _ in range(QUESTIONS):
                asked = question(chance).model_dump(exclude_none=True)
                started = time.perf_counter()
                client.get(f"http://127.0.0.1:{port}/v1/search", params=asked).raise_for_status()
                answers.append(time.perf_counter() - started)
        pages = visited(endpoint.url, engine, Path(folder))
        session = reader(endpoint.url)
        started = time.perf_counter()
        logs = session.connection.logs(sorted(CONTRACTS.values()), [], from_block=1)
        assert sum(1 for _ in session.events.decode(logs)) > SEARCHED * 0.9
        directly = time.perf_counter() - started
    if REBUILT == SEARCHED:
        yield rebuild(seconds)
    yield row("search among 10,000 listings, 95 % within", percentile(times), "s", SEARCH_SECONDS)
    yield row("the same over HTTP, 95 % within", percentile(answers), "s", 2 * SEARCH_SECONDS)
    for path, seconds in pages.items():
        yield row(f"page {path}, 95 % within", seconds, "s", PAGE_SECONDS)
    yield row("a search, beside reading the chain's logs for it", percentile(times) / directly, "times", 0.1)


def visited(rpc: str, engine: Engine, folder: Path) -> dict[str, float]:
    """Seconds within which 95 % of the visits to each page are answered, after a first one."""
    (folder / "deployment.json").write_text(DEPLOYMENT.model_dump_json(by_alias=True))
    url = engine.url.render_as_string()
    app = create_app(
        Settings((rpc,), folder / "deployment.json", str(folder / "store"), url, (ORIGIN,), rate=0)
    )
    app.state.reading._tokens[TOKEN] = Token(TOKEN, "tUSD", 18)
    found: dict[str, float] = {}
    with TestClient(app, base_url=ORIGIN) as client:
        for path in PAGES:
            times = []
            for number in range(VISITS + 1):
                place = path.format(number=1 + number, word=TOPICS[number % len(TOPICS)])
                started = time.perf_counter()
                client.get(place).raise_for_status()
                times.append(time.perf_counter() - started)
            found[path] = percentile(times[1:])
    return found


def rebuilding() -> Iterator[dict[str, object]]:
    """A rebuild from nothing."""
    with tempfile.TemporaryDirectory() as folder, stub(REBUILT, Deals) as endpoint:
        _, seconds = built(endpoint.url, Path(folder), REBUILT)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    yield rebuild(seconds)
    yield row("the database, for each log", size / REBUILT, "bytes", 3_000)


def rebuild(seconds: float) -> dict[str, object]:
    """The line of a rebuild."""
    return row(f"rebuild of {REBUILT:,} logs", seconds, "s", SECONDS_FOR_A_MILLION * REBUILT / 1_000_000)


def seeing() -> Iterator[dict[str, object]]:
    """How long after its block something new is found, on a local market."""
    waits = []
    with tempfile.TemporaryDirectory() as folder, LocalMarket(Path(folder)) as local:
        local.start()
        local.spawn_index(free_port())
        local.await_index()
        for number in range(NEW):
            who = local.actor(f"developer-{number}")
            who.participants.register(Role.DEVELOPER, jurisdiction="CH", domains=["healthcare"])
            mined = time.perf_counter()
            question = {"kind": "developer", "account": who.address}
            while not found_at(local.index_url, question):
                time.sleep(0.02)
            waits.append(time.perf_counter() - mined)
    yield row("from its block until it is found, at the longest", max(waits), "s", VISIBLE_SECONDS)


def found_at(url: str, question: dict[str, str]) -> bool:
    """Whether a search finds something."""
    answer = httpx.get(f"{url}/v1/search", params=question)
    return answer.status_code == 200 and answer.json()["data"]["listings"]["total"] > 0


def built(url: str, folder: Path, events: int) -> tuple[Any, float]:
    """An index of the made-up chain, and the seconds that it took."""
    engine = engine_at(f"sqlite:///{folder / 'index.sqlite'}")
    prepare(engine)
    with writing(engine) as database:
        for start in range(0, events // EVENTS_EACH, 1000):
            deals = range(start + 1, min(start + 1000, events // EVENTS_EACH) + 1)
            database.execute(insert(Manifest), [row for deal in deals for row in documents(deal)])
    follower = Follower(reader(url), engine)
    started = time.perf_counter()
    follower.poll()
    return engine, time.perf_counter() - started


def reader(url: str) -> Session:
    """Reads the made-up chain."""
    return Session(Connection([url]), DEPLOYMENT, None, None)


def question(chance: random.Random) -> Query:
    """Something that people look for."""
    asked: dict[str, Any] = {
        "kind": chance.choice(["model", "order"]),
        "sort": chance.choice(["newest", "score"]),
    }
    if chance.random() < 0.7:
        asked["words"] = " ".join(chance.sample(TOPICS, chance.randint(1, 2)))
    if chance.random() < 0.5:
        asked["task"] = chance.choice(KINDS)
    if asked["kind"] == "model" and chance.random() < 0.5:
        asked |= {"min_score": chance.randint(700_000, 990_000), "max_gap": 50_000}
    return Query(**asked)


def percentile(times: list[float]) -> float:
    """Nineteen of twenty are at most this."""
    return sorted(times)[len(times) * 19 // 20]


def documents(deal: int) -> list[dict[str, Any]]:
    """What the digests of a deal stand for, as the index keeps it."""
    chance = random.Random(deal)
    words = " ".join(chance.choices(TOPICS, k=40))
    test = {
        "task": chance.choice(KINDS),
        "metric": "accuracy",
        "criteria": [{"kind": "group_gap", "bound": 40_000}],
        "data": {"inputs": [{"name": "X", "dtype": "float32"}], "classes": ["0", "1"]},
    }
    spec = {"title": f"{words[:40]} {deal}", "description": words, "evaluation": test}
    card = {"name": words[40:80], "intended_use": words, "licence": {"spdx": "MIT"}, "inputs": []}
    kept = {"status": "found", "problem": None, "tries": 1, "next_try": 0}
    return [
        kept | {"digest": digest(SPEC, deal), "kind": "CommissionSpec", "content": spec},
        kept | {"digest": digest(MODEL, deal), "kind": "ModelManifest", "content": card},
    ]


def digest(of: bytes, deal: int) -> str:
    """A digest of one deal, in hex."""
    return of.hex()[:48] + f"{deal:016x}"


class Deals(MadeUp):
    """A chain of deals, each from the order to the payment."""

    def __init__(self, events: int) -> None:
        super().__init__(events, template(), EVENTS_EACH)

    def _fill(self, text: str, deal: int, number: int) -> str:
        numbers = {DEAL: deal, PANEL: deal << 32 | 1, ASKED: 2 * deal << 32, TESTED: (2 * deal + 1) << 32}
        for mark, value in numbers.items():
            text = text.replace(word(mark), word(value))
        market = int(CONTRACTS["CommissionMarket"], 16)
        text = text.replace(word(AUCTION), word(market << 96 | deal))
        for of in (SPEC, MODEL):
            text = text.replace(of.hex(), digest(of, deal))
        for mark, who in ((CUSTOMER, 0), (DEVELOPER, 1), (RIVAL, 2)):
            text = text.replace(mark[2:].lower(), f"{0x5000 + (deal * 3 + who) % PEOPLE:040x}")
        return text.replace("BLOCK", block_hash(number)).replace("NUMBER", hex(number))


def template() -> list[str]:
    """The logs of a deal as JSON, with marks in place of its own numbers."""
    market = CONTRACTS["CommissionMarket"]
    request = (SPEC, DATASET, TOKEN, *[10**21] * 6, 900_000, 0, 0, 1, 1, 3, 2, 10**9, 2 * 10**9, 86_400)
    terms = (TOKEN, 10**18, 10**21, 10**9, 2 * 10**9, 1, 0, True, (CUSTOMER, 0, 0, 0), bytes(32))
    deal, hold = {"id": DEAL}, {"module": market, "token": TOKEN, "id": DEAL.to_bytes(32)}
    auction, panel = {"auctionId": AUCTION}, {"panelId": PANEL}
    panel_terms = (CUSTOMER, 10**18, DEVELOPER, 3, 0, 0, "0x" + "00" * 20, 0, 0)
    seated = {"members": [DEVELOPER, RIVAL, CUSTOMER], "encryptionKeys": [bytes(32)] * 3}
    opened = {"customer": CUSTOMER, "auctionId": AUCTION, "total": 10**21, "request": request}
    submitted = {"developer": DEVELOPER, "attempt": 1, "submission": (MODEL, bytes(32), [], [])}
    answer = (3, True, False, 0, 1, bytes(32), [950_000], [])
    asked = {"requestId": TESTED, "terms": (1, 1, True, 0, 1, 1)}
    report = {"requestId": TESTED, "validator": RIVAL, "report": (1, [950_000], 1, bytes(32), bytes(32))}
    evaluated = {"attempt": 1, "score": 950_000, "criteria": 1, "passed": True}
    version = {"manifest": MODEL, "modelId": DEAL, "developer": DEVELOPER, "module": market, "dealId": DEAL}
    said: list[tuple[str, str, dict[str, Any]]] = [
        ("Escrow", "HoldOpened", hold | {"from": CUSTOMER, "amount": 10**21}),
        ("CommissionMarket", "StateChanged", deal | {"state": 1, "deadline": 2 * 10**9}),
        ("CommissionMarket", "CommissionOpened", deal | opened),
        ("VickreyAuction", "AuctionOpened", auction | {"opener": market, "terms": terms}),
        ("VickreyAuction", "BidCommitted", auction | {"bidder": DEVELOPER}),
        ("VickreyAuction", "BidRevealed", auction | {"bidder": DEVELOPER, "price": 7 * 10**20}),
        ("CommissionMarket", "Awarded", deal | {"developer": DEVELOPER, "price": 7 * 10**20}),
        ("ValidationOracle", "PanelOpened", panel | {"terms": panel_terms}),
        ("Rounds", "RoundOpened", panel | {"market": market, "dealId": DEAL}),
        ("CommissionMarket", "PanelAssigned", deal | panel),
        ("ValidationOracle", "PanelSeated", panel | seated),
        ("CommissionMarket", "ModelSubmitted", deal | submitted),
        ("ValidationOracle", "VotingBegan", panel | asked),
        ("ValidationOracle", "ReportRevealed", report),
        ("Rounds", "Answered", panel | {"requestId": TESTED, "answer": answer}),
        ("CommissionMarket", "Evaluated", deal | evaluated),
        ("ModelRegistry", "Transfer", {"to": CUSTOMER, "tokenId": DEAL}),
        ("ModelRegistry", "VersionRegistered", version | {"score": 950_000}),
        ("Escrow", "ReleasedEach", hold | {"payments": [(DEVELOPER, 7 * 10**20)]}),
        ("CommissionMarket", "Settled", deal | {"modelId": DEAL, "price": 7 * 10**20}),
    ]
    assert len(said) == EVENTS_EACH
    return [as_json(place, *one) for place, one in enumerate(said)]


EVENTS_EACH = 20
ORIGIN = "http://127.0.0.1:8080"
PAGES = (
    "/",
    "/work",
    "/models",
    "/models?q={word}",
    "/models/{number}",
    "/people",
    "/search?q={word}",
    "/figures",
)


def as_json(place: int, contract: str, name: str, said: dict[str, Any]) -> str:
    """One log."""
    topics, data = encoded(contract, name, said)
    return json.dumps(
        {
            "address": CONTRACTS[contract].lower(), "topics": topics, "data": data,
            "blockNumber": "NUMBER", "blockHash": "BLOCK", "transactionHash": "0x" + "55" * 32,
            "transactionIndex": "0x0", "logIndex": hex(place), "removed": False,
        }
    )  # fmt: skip


if __name__ == "__main__":
    main()
