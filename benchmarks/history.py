"""What a long history costs a validator: its first start, a restart, a poll, and five idle daemons.

A million events cannot be provoked on Anvil in reasonable time. So the long histories are made up: deals of
18 events each, as the contracts emit them, served over HTTP by a stub in a process of its own that refuses
more than 10,000 logs an answer, as public endpoints do. The reader is the daemon's own. The five daemons are
real, on a real market.
"""

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

from made_up import encoded
from report import publish

from assay.chain import Connection, EventReader
from assay.chain.abi import checksum_address
from assay.structs import Kind, Question
from assay_local.market import LocalMarket
from assay_oracle.checkpoints import CheckpointFolder
from assay_oracle.docket import EVENTS
from assay_oracle.watch import Watch

EVENTS_EACH, BLOCKS_EACH = 18, 9  # of a deal
MOST_LOGS = 10_000  # of an answer
OPEN_EVERY = 500  # one deal in so many is not over
SMALL, LARGE = 1_000, 1_000_000  # events
ME, OTHER, MARKET = ("0x" + digit * 40 for digit in "123")
CONTRACTS = {name: checksum_address(f"0x{number + 160:040x}") for number, name in enumerate(dict(EVENTS))}
DEPLOYED = 1
Said = tuple[str, str, dict[str, Any]]  # contract, event and arguments that are not nought
PANEL, REQUEST = 0xA1B2C3D4E5, 0xB1C2D3E4F5  # what a deal's own numbers take the place of
POLLS = 20
VALIDATORS, IDLE_SECONDS = 5, 30.0
COLUMNS = {"name": "what", "value": "ours", "unit": "unit", "aim": "at most", "ratio": "of that", "ok": "ok"}


def main() -> None:
    """Measure everything; takes about three minutes."""
    rows = [*reading(), *idling()]
    publish("history", f"A history of {LARGE:,} events", COLUMNS, rows)
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)


def reading() -> Iterator[dict[str, object]]:
    """First start, restart and polls of the daemon's reader."""
    costs = {}
    for events in (SMALL, LARGE):
        with tempfile.TemporaryDirectory() as folder, stub(events) as endpoint:
            before = time.process_time()
            _, watch = timed_start(endpoint, Path(folder))
            first = time.process_time() - before
            watch.save()
            endpoint.mine()
            restart, watch = timed_start(endpoint, Path(folder))
            open_deals = len(watch.docket.rounds)
            assert open_deals == -(-(events // EVENTS_EACH) // OPEN_EVERY)
            costs[events] = polls(endpoint, watch)
    yield row(f"restart at {LARGE:,} events", restart, "s", 60)
    yield row(f"first start at {LARGE:,} events, nothing kept", first, "CPU s", 60)
    yield row("idle poll", costs[LARGE][0], "requests", 1)
    yield row("poll with a new block", costs[LARGE][1], "requests", costs[SMALL][1])
    yield row(
        f"CPU of such a poll, beside one at {SMALL:,} events", costs[LARGE][2] / costs[SMALL][2], "times", 1.5
    )


def idling() -> Iterator[dict[str, object]]:
    """CPU of five daemons that have nothing to do, on a market with its own poll of 0.3 s."""
    with tempfile.TemporaryDirectory() as folder, LocalMarket(Path(folder)) as local:
        local.start()
        local.add_validators([f"validator-{number}" for number in range(VALIDATORS)], 5_000)
        pids = [process.pid for process in local.validators.values()]
        time.sleep(2)  # what follows a start is over
        before = sum(cpu_seconds(pid) for pid in pids)
        time.sleep(IDLE_SECONDS)
        used = sum(cpu_seconds(pid) for pid in pids) - before
    yield row(f"{VALIDATORS} idle validators", used / IDLE_SECONDS, "cores", 0.1)


def row(name: str, value: float, unit: str, aim: float) -> dict[str, object]:
    """One line of the table."""
    ratio = round(value / aim, 3)
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "aim": aim,
        "ratio": ratio,
        "ok": ratio <= 1,
    }


def timed_start(endpoint: "Stub", folder: Path) -> tuple[float, Watch]:
    """Seconds until a daemon that starts knows what is asked, and its watch."""
    connection = Connection([endpoint.url])
    deployment: Any = SimpleNamespace(contracts=CONTRACTS, block=DEPLOYED, address=CONTRACTS.__getitem__)
    session: Any = SimpleNamespace(
        connection=connection, deployment=deployment, events=EventReader(connection, deployment), address=ME
    )
    started = time.perf_counter()
    watch = Watch(session, 0, CheckpointFolder(folder, "bench"))
    watch.poll()
    return time.perf_counter() - started, watch


def polls(endpoint: "Stub", watch: Watch) -> tuple[float, float, float]:
    """Requests of a poll without and with a new block, and CPU seconds of the latter."""
    endpoint.requests()
    watch.poll()
    idle, used = endpoint.requests(), 0.0
    for _ in range(POLLS):
        endpoint.mine()
        endpoint.requests()
        before = time.process_time()
        watch.poll()
        used += time.process_time() - before
        busy = endpoint.requests()
    return idle, busy, used / POLLS


def cpu_seconds(pid: int | None) -> float:
    """What a process and its ended children have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Stub:
    """An RPC endpoint with a made-up history."""

    def __init__(self, url: str, pipe: Pipe) -> None:
        self.url, self._pipe = url, pipe

    def mine(self) -> None:
        """Add a block without events."""
        self._pipe.send("mine")
        self._pipe.recv()

    def requests(self) -> int:
        """How many requests it had since this was last asked."""
        self._pipe.send("count")
        return int(self._pipe.recv())


@contextmanager
def stub(events: int, chain: "type[MadeUp] | None" = None) -> Iterator[Stub]:
    """An endpoint in a process of its own; *chain* makes up its history."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=serve, args=(events, theirs, chain or MadeUp), daemon=True
    )
    process.start()
    try:
        yield Stub(ours.recv(), ours)
    finally:
        process.terminate()
        process.join()


def serve(events: int, pipe: Pipe, made: "type[MadeUp]") -> None:
    """Answer over HTTP until terminated."""
    chain = made(events)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            chain.count += 1
            body = chain.answers(asked).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(f"http://127.0.0.1:{server.server_port}")
    while True:
        if pipe.recv() == "mine":
            chain.head += 1
        pipe.send(chain.count)
        chain.count = 0


class MadeUp:
    """Deals one after the other, each over some blocks."""

    def __init__(self, events: int, logs: list[str] | None = None, each: int = EVENTS_EACH) -> None:
        self.deals, self.count, self.blocks = events // each, 0, each // 2
        self.head = DEPLOYED + self.deals * self.blocks
        self._template = ["\x00".join(pair) for pair in pairs(logs or template())]

    def answers(self, asked: Any) -> str:
        """JSON of the answer to a request, or to several."""
        if isinstance(asked, dict):
            return self.answer(asked["method"], asked["params"], asked["id"])
        return "[" + ",".join(map(self.answers, asked)) + "]"

    def answer(self, method: str, params: Any, number_of: int = 0) -> str:
        """JSON of the answer."""
        if method == "eth_getBlockByNumber":
            number = self.head if params[0] == "latest" else int(params[0], 16)
            names = {"hash": block_hash(number), "parentHash": block_hash(number - 1)}
            block = {"number": hex(number), **names, "timestamp": hex(10**9 + number)}
            result = block if number <= self.head else None
            return json.dumps({"jsonrpc": "2.0", "id": number_of, "result": result})
        query = params[0]
        if "blockHash" in query:
            first = last = int(query["blockHash"], 16)
        else:
            first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if (last - first + 1) * 2 > MOST_LOGS:
            error = {"code": -32005, "message": f"query returned more than {MOST_LOGS} results"}
            return json.dumps({"jsonrpc": "2.0", "id": 0, "error": error})
        logs = ",".join(log for number in range(first, last + 1) for log in self._block(number))
        return '{"jsonrpc":"2.0","id":0,"result":[' + logs + "]}"

    def _block(self, number: int) -> list[str]:
        deal, place = divmod(number - DEPLOYED, self.blocks)
        if not 0 <= deal < self.deals or (place == self.blocks - 1 and deal % OPEN_EVERY == 0):
            return []
        return self._fill(self._template[place], deal + 1, number).split("\x00")

    def _fill(self, text: str, deal: int, number: int) -> str:
        """Logs of a template with the numbers of a deal and of a block."""
        text = text.replace(word(PANEL), word(deal)).replace("BLOCK", block_hash(number))
        return text.replace(word(REQUEST), word(2 * deal + number % 2)).replace("NUMBER", hex(number))


def template() -> list[str]:
    """The events of a deal as JSON, with marks in place of its numbers."""
    question = Question(
        kind=Kind.SCORE, subjects=1, tolerance=0, appealable=True, fresh=0, work=b"\1" * 32, delivers=False,
        artifacts=(b"\1" * 32, b"\2" * 32), granters=(OTHER, OTHER), grants=(bytes(32),) * 2,
    )  # fmt: skip
    asked = {"question": tuple(question.to_abi().values())}
    ask: Said = ("Rounds", "Asked", asked)
    seat: Said = (
        "ValidationOracle",
        "PanelSeated",
        {"members": [OTHER] * 3, "encryptionKeys": [b"\1" * 32] * 3},
    )
    vote: list[Said] = [("ValidationOracle", "VotingBegan", {}), ("ValidationOracle", "Judged", {})]
    change: Said = ("Rounds", "StateChanged", {"state": 1})
    told = [("Rounds", "RoundOpened", {"market": MARKET}), ask, change, seat, change, change, *vote]
    told += [change, ask, change, change, *vote, change, change, change, ("Rounds", "RoundClosed", {})]
    assert len(told) == EVENTS_EACH
    return [as_json(place % 2, *one) for place, one in enumerate(told)]


def as_json(place: int, contract: str, name: str, said: dict[str, Any]) -> str:
    """One log."""
    numbers = {"panelId": PANEL, "id": PANEL, "requestId": REQUEST}
    topics, data = encoded(contract, name, said | numbers)
    return json.dumps(
        {
            "address": CONTRACTS[contract].lower(), "topics": topics, "data": data,
            "blockNumber": "NUMBER", "blockHash": "BLOCK", "transactionHash": "0x" + "55" * 32,
            "transactionIndex": "0x0", "logIndex": hex(place), "removed": False,
        }
    )  # fmt: skip


def pairs(logs: list[str]) -> list[list[str]]:
    """What each block of a deal has."""
    return [logs[place : place + 2] for place in range(0, len(logs), 2)]


def word(number: int) -> str:
    """A number as topics have it, without the 0x."""
    return f"{number:064x}"


def block_hash(number: int) -> str:
    """Of a made-up block."""
    return "0x" + word(number)


if __name__ == "__main__":
    main()
