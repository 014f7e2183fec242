"""A market with validators whose daemons the tests drive cycle by cycle, or run and kill as processes."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from outage import Relay
from patients import CARD, order_for, train
from shop import Shop

from assay import Market, ModelCard, Order
from assay_local.process import Process
from assay_oracle.connect import open_market
from assay_oracle.daemon import Daemon, open_journal
from assay_oracle.journal import Journal
from assay_oracle.monitor import Monitor
from assay_oracle.settings import Settings
from assay_validation.node import LocalValidationNode


class Validator:
    """One validator: its settings file, and its daemon in this process or in one of its own."""

    def __init__(self, stage: Watched, name: str, home: Path, **changes: Any) -> None:
        self.name, self.home = name, home
        self.config = stage.validator_config(name, home, **changes)
        self.settings = Settings.load(self.config)
        self.stage, self.monitor = stage, Monitor()
        self._stack = ExitStack()
        self._daemon: Daemon | None = None
        self.journal: Journal

    @property
    def market(self) -> Market:
        """The market as this account sees it."""
        return self.stage[self.name]

    def cycle(self) -> None:
        """One cycle of a daemon in this process."""
        if self._daemon is None:
            market = self._stack.enter_context(open_market(self.settings))
            self.journal = self._stack.enter_context(open_journal(self.settings, market))
            self._daemon = Daemon(self.settings, market, LocalValidationNode(), self.journal, self.monitor)
        self._daemon.cycle()

    def stop(self) -> None:
        """Forget the daemon in this process, as a crash would."""
        self._stack.close()
        self._daemon = None

    def process(self, *, killed_at: str = "") -> Process:
        """A daemon in a process of its own; with *killed_at* it ends itself by SIGKILL at that step."""
        program = ["-m", "assay_oracle"]
        if killed_at:
            program = [str(Path(__file__).with_name("killed_daemon.py")), killed_at]
        command = [sys.executable, *program, "run", "--config", str(self.config)]
        return Process(self.name, command, self.home / "daemon.log")

    def count(self, metric: str, **labels: str) -> float:
        """A figure of the daemon in this process."""
        return self.monitor.registry.get_sample_value(metric, labels) or 0.0


class Watched(Shop):
    """A stage whose validators' daemons do the work."""

    def drive(self, daemons: Sequence[Validator], done: Callable[[], bool], seconds: float = 90) -> None:
        """Cycle the daemons in turn until *done*."""
        self.wait(done, seconds, lambda: [daemon.cycle() for daemon in daemons])

    @staticmethod
    def wait(done: Callable[[], bool], seconds: float = 90, act: Callable[[], object] = lambda: None) -> None:
        """Until *done*, doing something in between."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, "it did not happen in time"
            act()
            time.sleep(0.02)

    def attest(self, number: int, panel: Sequence[Validator]) -> int:
        """Grant the data and have the panel look at it; the request."""
        self["hospital"].commissions.grant_data(number)
        return self.answer(number, panel)

    def submit(self, number: int, model: Path) -> int:
        """Submit a model; the request."""
        self["developer"].models.submit(number, model, CARD)
        return self.request(number)

    def answer(self, number: int, panel: Sequence[Validator]) -> int:
        """Have the panel answer the present request, and take what cannot be appealed; the request."""
        request_id = self.request(number)
        self.drive(panel, lambda: len(self.reports(request_id)) == len(panel))
        if not self.round(number).appealable:
            self.advance(number)
        return request_id

    def unappealed(self, number: int) -> None:
        """Let the time for appeals pass, and take the panel's answer."""
        self.chain.advance(86_401)
        self.advance(number)

    def commits(self, request_id: int) -> Counter[str]:
        """How often each validator has committed."""
        names = {self[name].address: name for name in self.validators}
        events = self["hospital"].session.events.find(
            "ValidationOracle", "VoteCommitted", requestId=request_id
        )
        return Counter(names[event.arguments["validator"]] for event in events)


class Gate(Relay):
    """A relay that can be shut, or made to change what it passes on."""

    def __init__(self, url: str) -> None:
        self.shut = self.lying = False
        self._open: set[socket.socket] = set()
        super().__init__(url)

    def close(self) -> None:
        super().close()
        self.cut()

    def cut(self) -> None:
        """End the connections that are open."""
        for one in list(self._open):
            one.close()

    def _serve(self, client: socket.socket) -> None:
        if self.shut:
            client.close()
            return
        server = self._connect()
        self._open |= {client, server}
        threading.Thread(target=self._relay, args=(server, client, True), daemon=True).start()
        self._relay(client, server, False)

    def _relay(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while not self.shut and (piece := source.recv(65_536)):
                sink.sendall(self._changed(piece) if answers and self.lying else piece)
        except OSError:
            pass
        finally:
            source.close()
            sink.close()
            self._open -= {source, sink}

    @staticmethod
    def _changed(piece: bytes) -> bytes:
        """*piece* with one bit of the body turned."""
        start = piece.find(b"\r\n\r\n") + 4 if piece.startswith(b"HTTP/") else 0
        middle = (start + len(piece)) // 2
        if middle >= len(piece):
            return piece
        return piece[:middle] + bytes([piece[middle] ^ 1]) + piece[middle + 1 :]


@pytest.fixture
def gate() -> Iterator[Callable[[str], Gate]]:
    gates: list[Gate] = []

    def make(url: str) -> Gate:
        gates.append(Gate(url))
        return gates[-1]

    yield make
    for one in gates:
        one.close()


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> tuple[Path, Path]:
    """Two real models of the same kind, trained on different patients."""
    folder = tmp_path_factory.mktemp("models")
    return train(folder / "first.onnx"), train(folder / "second.onnx", rows=200)


@pytest.fixture(scope="session")
def order(patients) -> Order:
    return order_for(patients)


@pytest.fixture(scope="session")
def deployed(new_chain):
    """A chain of this folder's own: its stage stays set for the whole session."""
    return new_chain()


@pytest.fixture(scope="session")
def registered(deployed, store, ipfs_node, tmp_path_factory) -> Iterator[Watched]:
    """With validators for a panel of 3, and 7 others for its appeal."""
    stage = Watched(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("stage"), validators=11)
    yield stage
    stage.close()


@pytest.fixture
def stage(registered: Watched) -> Iterator[Watched]:
    """Everybody, before they have done anything; what a test does is undone."""
    with registered.chain.undone():
        yield registered


@pytest.fixture
def card() -> ModelCard:
    return CARD


@pytest.fixture
def hire(stage: Watched, tmp_path: Path) -> Iterator[Callable[..., Validator]]:
    """Makes validators' daemons, which end with the test."""
    hired: list[Validator] = []

    def make(name: str, **changes: Any) -> Validator:
        hired.append(Validator(stage, name, tmp_path / f"{name} {len(hired)}", **changes))
        return hired[-1]

    yield make
    for one in hired:
        one.stop()
