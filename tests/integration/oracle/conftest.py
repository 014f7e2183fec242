"""A market with validators whose daemons the tests drive cycle by cycle, or run and kill as processes."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from eth_utils.crypto import keccak
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay import Market, ModelCard, Order, Role, State
from assay.local.process import Process
from assay.manifests import Licence, ModelManifest
from assay.onnx_graph import read_signature
from assay.structs import Report, Submission
from assay.wallet import PASSPHRASE_VARIABLE, Wallet
from assay_oracle.connect import open_market
from assay_oracle.daemon import Daemon, open_journal
from assay_oracle.journal import Journal
from assay_oracle.monitor import Monitor
from assay_oracle.settings import Settings
from assay_validation.node import LocalValidationNode

UNIT = 10**18
VALIDATORS = [f"validator {i}" for i in range(11)]  # a panel of 3, and 7 others for its appeal
CARD = ModelCard(
    name="Logistic regression",
    framework="scikit-learn",
    intended_use="Second reading of fine-needle aspirates.",
    limits="Trained on one hospital's patients.",
    licence=Licence(spdx="Apache-2.0"),
)


class Validator:
    """One validator: its settings file, and its daemon in this process or in one of its own."""

    def __init__(self, stage: Stage, name: str, home: Path, **changes: Any) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.name, self.home, self.config = name, home, home / "oracle.toml"
        settings = {
            "rpc": [stage.chain.rpc],
            "ipfs": [stage.ipfs_url],
            "deployment": str(stage.deployment_file),
            "keystore": str(stage.keystore(name)),
            "passphrase_file": str(stage.passphrase_file),
            "folder": str(home / "data"),
            "listen": "127.0.0.1:0",
            "confirmations": 0,
            "poll_seconds": 0.05,
        } | changes
        self.config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
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


class Stage:
    """Everybody on one chain, registered, funded and past the waiting times."""

    def __init__(self, chain: Any, store: Any, ipfs_url: str, folder: Path) -> None:
        self.chain, self.store, self.ipfs_url = chain, store, ipfs_url
        self.folder = folder
        self.passphrase_file = folder / "passphrase"
        self.passphrase_file.touch(mode=0o600)
        self.passphrase_file.write_text("correct horse\n")
        self.deployment_file = folder / "deployment.json"
        self.deployment_file.write_text(chain.deployment.model_dump_json(by_alias=True))
        self.markets: dict[str, Market] = {}
        assert self["anyone"].address
        self["hospital"].participants.register(Role.CUSTOMER, jurisdiction="CH")
        self["developer"].participants.register(Role.DEVELOPER, jurisdiction="DE", domains=["healthcare"])
        self["auditor"].participants.register(Role.AUDITOR, jurisdiction="CH", domains=["healthcare"])
        self["body"].participants.register(Role.REGULATOR, jurisdiction="CH", domains=["healthcare"])
        for name in VALIDATORS:
            self[name].participants.register(Role.VALIDATOR, jurisdiction="CH")
        now = chain.anvil.now()
        credential = self["accreditor"].participants.issue_credential(
            self["auditor"].address,
            Role.AUDITOR,
            organisation="auditors.example",
            valid_until=now + 10**8,
            deadline=now + 86_400,
        )
        self["auditor"].participants.accredit(credential)
        self["body"].participants.accredit(
            self["accreditor"].participants.issue_credential(
                self["body"].address,
                Role.REGULATOR,
                organisation="notified-body.example",
                valid_until=now + 10**8,
                deadline=now + 86_400,
            )
        )
        chain.advance(3601)
        self["auditor"].audits.enrol()
        for name in VALIDATORS:
            self[name].staking.stake(2000 * UNIT)
        chain.advance(3601)

    def __getitem__(self, name: str) -> Market:
        if name not in self.markets:
            self.markets[name] = self.chain.market(name, self.store)
        return self.markets[name]

    def close(self) -> None:
        for market in self.markets.values():
            market.close()

    def keystore(self, name: str) -> Path:
        path = self.folder / f"{name}.json"
        if not path.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(PASSPHRASE_VARIABLE, str(self.passphrase_file))
                Wallet.create(path, private_key=keccak(text=name), work_factor=4)
        return path

    def state(self, number: int) -> State:
        return self["hospital"].commissions.get(number).state

    def advance(self, number: int) -> None:
        self["anyone"].commissions.advance(number)

    def open_to_granting(self, order: Order, data: Path) -> int:
        """A commission whose panel has been seated."""
        number = self["hospital"].commissions.open(order, data).commission_id
        self["developer"].bids.commit(number, 700 * UNIT)
        self.chain.advance(601)
        self["developer"].bids.reveal(number, 700 * UNIT)
        self.chain.advance(601)
        self.advance(number)
        self.seat(number)
        assert self.state(number) == State.GRANTING
        return number

    def seat(self, number: int) -> None:
        """Draw the panel, or the auditors, that the commission waits for."""
        self.advance(number)
        self.chain.anvil.mine(3)
        self.advance(number)

    def members(self, panel_id: int) -> list[str]:
        """Names of a panel's members, by seat."""
        names = {self[name].address: name for name in VALIDATORS}
        return [names[member] for member in self["hospital"].oracle.panel(panel_id).members]

    def panel(self, number: int) -> list[str]:
        """Names of the members of a commission's panel, by seat."""
        return self.members(self["hospital"].commissions.get(number).panel_id)

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

    def publish_model(self, number: int, described: Path, content: bytes) -> Submission:
        """A submission whose manifest describes one file and whose artifact is another."""
        developer, commission = self["developer"], self["developer"].commissions.get(number)
        file = self.folder / "content"
        file.write_bytes(content)
        artifact, key = developer.keys.seal(file)
        card = {
            name: getattr(CARD, name) for name in ("name", "framework", "intended_use", "limits", "licence")
        }
        manifest = ModelManifest(**card, **read_signature(described), artifact=artifact)
        recipients = developer.keys.panel(0, commission.panel_id)
        return Submission(
            manifest=developer.session.publish(manifest),
            grants=developer.keys.publish_grants(key, recipients, number, "model"),
        )

    def request(self, number: int) -> int:
        """The commission's present request."""
        return self["hospital"].commissions.get(number).request_id

    def answer(self, number: int, panel: Sequence[Validator]) -> int:
        """Have the panel answer the present request, and take its result; the request."""
        request_id = self.request(number)
        self.drive(panel, lambda: len(self.reports(request_id)) == len(panel))
        self.advance(number)
        return request_id

    def reports(self, request_id: int) -> dict[str, Report]:
        """What was revealed, by validator; each of them only once."""
        found = list(self["hospital"].oracle.reports(request_id))
        names = {self[name].address: name for name in VALIDATORS}
        assert len(found) == len(dict(found)), "somebody has revealed twice"
        return {names[address]: report for address, report in found}

    def commits(self, request_id: int) -> Counter[str]:
        """How often each validator has committed."""
        names = {self[name].address: name for name in VALIDATORS}
        events = self["hospital"].session.events.find(
            "ValidationOracle", "VoteCommitted", requestId=request_id
        )
        return Counter(names[event.arguments["validator"]] for event in events)


class Gate:
    """A TCP relay that can be shut, or made to change what it passes on."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._target = host, int(port)
        self.shut = self.lying = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """End the connections that are open."""
        for one in list(self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.shut:
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._relay, args=(source, sink, sink is client), daemon=True).start()

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
def patients(tmp_path_factory) -> Path:
    data = load_breast_cancer(as_frame=True)
    path = tmp_path_factory.mktemp("data") / "validation.csv"
    data.frame.rename(columns=lambda name: name.replace(" ", "_")).tail(169).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> tuple[Path, Path]:
    """Two real models of the same kind, trained on different patients."""
    data = load_breast_cancer()
    features = data.data.astype(np.float32)
    folder = tmp_path_factory.mktemp("models")
    paths = folder / "first.onnx", folder / "second.onnx"
    for path, rows in zip(paths, (slice(0, 400), slice(0, 200)), strict=True):
        fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(features[rows], data.target[rows])
        graph = to_onnx(fitted, features[:1], options={"zipmap": False})
        path.write_bytes(graph.SerializeToString())
    return paths


@pytest.fixture(scope="session")
def order(patients) -> Order:
    frame = pd.read_csv(patients)
    columns = [name for name in frame.columns if name != "target"]
    described = {
        "title": "Breast cancer, second reading",
        "description": "Benign or malignant?",
        "domain": "healthcare",
        "evaluation": {
            "task": "classification",
            "metric": "accuracy",
            "data": {
                "format": "csv",
                "inputs": [{"name": "X", "columns": columns}],
                "label": "target",
                "classes": ["0", "1"],
            },
            "output": {"labels": "label"},
        },
        "dataset": {
            "name": "validation",
            "description": "169 patients",
            "licence": {"spdx": "CC-BY-4.0"},
            "columns": [{"name": name, "type": "float"} for name in columns]
            + [{"name": "target", "type": "integer"}],
            "counts": {
                "rows": len(frame),
                "classes": dict(Counter(str(value) for value in frame["target"])),
            },
        },
        "reference": {"name": "majority", "kind": "majority-class", "low": 500_000, "high": 900_000},
        "threshold": 900_000,
        "tolerance": 10_000,
        "effort_score": 850_000,
        "submission_cap": 2,
        "deliverable": "ONNX",
        "training_data": "Public",
        "risk_class": 3,
        "reserve": "1000",
        "evaluation_fee": "5",
        "audit_fee": "20",
        "kill_fee": "30",
        "bidding_seconds": 600,
        "revealing_seconds": 600,
        "building_seconds": 86_400,
    }
    return Order.model_validate_json(json.dumps(described))


@pytest.fixture(scope="session")
def deployed(new_chain):
    """A chain of this folder's own: its stage stays set for the whole session."""
    return new_chain()


@pytest.fixture(scope="session")
def registered(deployed, store, ipfs_node, tmp_path_factory) -> Iterator[Stage]:
    stage = Stage(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture
def stage(registered: Stage) -> Iterator[Stage]:
    """Everybody, before they have done anything; what a test does is undone."""
    snapshot = registered.chain.anvil.call("evm_snapshot")
    yield registered
    registered.chain.anvil.call("evm_revert", snapshot)


@pytest.fixture
def card() -> ModelCard:
    return CARD


@pytest.fixture
def hire(stage: Stage, tmp_path: Path) -> Iterator[Callable[..., Validator]]:
    """Makes validators' daemons, which end with the test."""
    hired: list[Validator] = []

    def make(name: str, **changes: Any) -> Validator:
        hired.append(Validator(stage, name, tmp_path / f"{name} {len(hired)}", **changes))
        return hired[-1]

    yield make
    for one in hired:
        one.stop()
