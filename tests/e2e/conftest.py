"""One market with a deal in each state that is attacked, and validators who act when told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
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
from assay.manifests import DatasetManifest, Licence, ModelManifest
from assay.manifests.evaluation import ReportStatus
from assay.onnx_graph import read_signature
from assay.structs import Report, Submission
from assay.wallet import PASSPHRASE_VARIABLE, Wallet
from assay_oracle.connect import open_market
from assay_oracle.daemon import Daemon, open_journal
from assay_oracle.monitor import Monitor
from assay_oracle.settings import Settings
from assay_validation.limits import Limits
from assay_validation.node import LocalValidationNode

UNIT = 10**18
DAY = 86_400
VALIDATORS = [f"validator {i}" for i in range(5)]
STAKE = 2000 * UNIT
PRICE = 700 * UNIT
CARD = ModelCard(
    name="Logistic regression",
    framework="scikit-learn",
    intended_use="Second reading of fine-needle aspirates.",
    limits="Trained on one hospital's patients.",
    licence=Licence(spdx="Apache-2.0"),
)


class Stage:
    """Everybody on one chain, and a commission in each state that tests begin in."""

    def __init__(self, chain: Any, store: Any, ipfs_url: str, folder: Path) -> None:
        self.chain, self.store, self.ipfs_url, self.folder = chain, store, ipfs_url, folder
        self.passphrase_file = folder / "passphrase"
        self.passphrase_file.touch(mode=0o600)
        self.passphrase_file.write_text("correct horse battery staple\n")
        self.deployment_file = folder / "deployment.json"
        self.deployment_file.write_text(chain.deployment.model_dump_json(by_alias=True))
        self.markets: dict[str, Market] = {}
        self["hospital"].participants.register(Role.CUSTOMER, jurisdiction="CH")
        for name in ("developer", "rival"):
            self[name].participants.register(Role.DEVELOPER, jurisdiction="DE", domains=["healthcare"])
        for name in VALIDATORS:
            self[name].participants.register(Role.VALIDATOR, jurisdiction="CH")
        chain.advance(3601)
        for name in VALIDATORS:
            self[name].staking.stake(STAKE)
        chain.advance(3601)

    def __getitem__(self, name: str) -> Market:
        if name not in self.markets:
            self.markets[name] = self.chain.market(name, self.store)
        return self.markets[name]

    def close(self) -> None:
        for market in self.markets.values():
            market.close()

    def prepare(self, order: Order, data: Path, model: Path) -> None:
        """The deals, the one that takes longest first."""
        self.delivering = self.to_building(order, data)
        self["developer"].models.submit(self.delivering, model, CARD)
        self.report(self.delivering, scored(950_000))
        self.chain.advance(DAY + 1)
        self["rival"].commissions.advance(self.delivering)
        self.building = self.to_building(order, data)
        self.granting = self.to_granting(order, data)
        assert self.state(self.delivering) == State.DELIVERING
        assert self.state(self.building) == State.BUILDING

    def to_granting(self, order: Order, data: Path, *, arbitrator: str | None = None) -> int:
        opened = self["hospital"].commissions.open(order, data, arbitrator=arbitrator)
        number = opened.commission_id
        self["developer"].bids.commit(number, PRICE)
        self.chain.advance(601)
        self["developer"].bids.reveal(number, PRICE)
        self.chain.advance(601)
        for _ in range(2):  # the award, and a block to draw the panel from
            self["rival"].commissions.advance(number)
        self.chain.anvil.mine(3)
        self["rival"].commissions.advance(number)
        assert self.state(number) == State.GRANTING
        return number

    def to_building(self, order: Order, data: Path) -> int:
        number = self.to_granting(order, data)
        self["hospital"].commissions.grant_data(number)
        self.report(number, ATTESTED)
        return number

    def state(self, number: int) -> State:
        return self["hospital"].commissions.get(number).state

    def members(self, number: int) -> list[str]:
        """Names of the panel's members, by seat."""
        names = {self[name].address: name for name in VALIDATORS}
        panel = self["hospital"].oracle.panel(self["hospital"].commissions.get(number).panel_id)
        return [names[member] for member in panel.members]

    def report(self, number: int, *reports: Report) -> None:
        """Members report in the order of their seats, or all the same; the market takes it."""
        members, request_id = self.members(number), self.request(number)
        said = reports * len(members) if len(reports) == 1 else reports
        votes = list(zip(members, said, strict=True))
        for seat, (name, report) in enumerate(votes):
            salt = keccak(text=f"{name} {request_id}")
            self[name].oracle.commit(request_id, seat, self[name].oracle.vote_hash(request_id, report, salt))
        for seat, (name, report) in enumerate(votes):
            self[name].oracle.reveal(request_id, seat, report, keccak(text=f"{name} {request_id}"))
        self["rival"].commissions.advance(number)

    def request(self, number: int) -> int:
        return self["hospital"].commissions.get(number).request_id

    def reports(self, number: int) -> dict[str, Report]:
        """What was revealed to the present request, by validator."""
        names = {self[name].address: name for name in VALIDATORS}
        found = self["hospital"].oracle.reports(self.request(number))
        return {names[address]: report for address, report in found}

    def publish_model(self, number: int, content: bytes, like: Path) -> Submission:
        """A submission whose artifact is *content*, described as if it were the model *like*."""
        developer, commission = self["developer"], self["developer"].commissions.get(number)
        file = self.folder / "content"
        file.write_bytes(content)
        artifact, key = developer.keys.seal(file)
        described = {
            name: getattr(CARD, name) for name in ("name", "framework", "intended_use", "limits", "licence")
        }
        manifest = ModelManifest(**described, **read_signature(like), artifact=artifact)
        return Submission(
            manifest=developer.session.publish(manifest),
            grants=developer.keys.publish_grants(
                key, developer.keys.panel(0, commission.panel_id), number, "model"
            ),
        )

    def republish(self, submission: Submission, **changes: Any) -> Submission:
        """The same submission with an artifact that lies about itself."""
        session = self["developer"].session
        manifest = session.fetch(submission.manifest, ModelManifest)
        artifact = manifest.artifact.model_copy(update=changes)
        return submission.model_copy(
            update={"manifest": session.publish(manifest.model_copy(update={"artifact": artifact}))}
        )

    def submit(self, number: int, submission: Submission) -> None:
        self["developer"].session.send("CommissionMarket", "submit", number, submission.to_abi())

    def dataset(self, number: int) -> DatasetManifest:
        return self["hospital"].commissions.dataset(number)

    def net(self, number: int) -> dict[str, int]:
        """What each account has gained by the deal, base units, by name; nobody who has gained nothing."""
        names = {self[name].address: name for name in ("hospital", "developer", "rival", *VALIDATORS)}
        books = self["hospital"].commissions.payments(number).balances()
        assert sum(row.net for row in books) == 0
        return {names.get(row.account, row.account): row.net for row in books if row.net}

    def stakes(self) -> dict[str, int]:
        """What every validator has at stake, and in a seat or not."""
        return {name: self[name].staking.stake_of().amount for name in VALIDATORS}

    def keystore(self, name: str) -> Path:
        path = self.folder / f"{name}.json"
        if not path.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(PASSPHRASE_VARIABLE, str(self.passphrase_file))
                Wallet.create(path, private_key=keccak(text=name), work_factor=4)
        return path

    def environment(self, name: str) -> dict[str, str]:
        """The variables with which the `assay` command is *name*."""
        return {
            "ASSAY_RPC": self.chain.rpc,
            "ASSAY_IPFS": self.ipfs_url,
            "ASSAY_DEPLOYMENT": str(self.deployment_file),
            "ASSAY_PASSPHRASE_FILE": str(self.passphrase_file),
            "ASSAY_KEYSTORE": str(self.keystore(name)),
        }


def scored(score: int) -> Report:
    return Report(status=ReportStatus.SCORED, score=score, criteria=0, manifest=b"\x01" * 32)


ATTESTED = Report(status=ReportStatus.SCORED, score=0, criteria=0, manifest=b"\x01" * 32)


class Panel:
    """The daemons of a commission's panel, in this process: real oracles with real sandboxes."""

    def __init__(self, stage: Stage, number: int, folder: Path, limits: Limits) -> None:
        self._stage, self._number, self._stack = stage, number, ExitStack()
        self._daemons = [self._daemon(name, folder / name, limits) for name in stage.members(number)]

    def _daemon(self, name: str, folder: Path, limits: Limits) -> Daemon:
        folder.mkdir(mode=0o700, parents=True)
        config = folder / "oracle.toml"
        values = {
            "rpc": [self._stage.chain.rpc],
            "ipfs": [self._stage.ipfs_url],
            "deployment": str(self._stage.deployment_file),
            "keystore": str(self._stage.keystore(name)),
            "passphrase_file": str(self._stage.passphrase_file),
            "folder": str(folder / "data"),
            "confirmations": 0,
            "poll_seconds": 0.05,
        }
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
        settings = Settings.load(config)
        market = self._stack.enter_context(open_market(settings))
        journal = self._stack.enter_context(open_journal(settings, market))
        return Daemon(settings, market, LocalValidationNode(limits), journal, Monitor())

    def answer(self, seconds: float = 60) -> dict[str, ReportStatus]:
        """Have all members answer the present request, and the market take the answer; who said what."""
        stage, end = self._stage, time.monotonic() + seconds
        while len(stage.reports(self._number)) < len(self._daemons):
            assert time.monotonic() < end, "the panel has not answered"
            for daemon in self._daemons:
                daemon.cycle()
        said = {name: report.status for name, report in stage.reports(self._number).items()}
        stage["rival"].commissions.advance(self._number)
        return said

    def close(self) -> None:
        self._stack.close()


class Line:
    """A network line to a server, cut from the n-th request on (counted from 1) for as many as told.

    A request that is cut off has not reached the server, unless the line is *mute*: then the server has taken
    it and nobody hears so.
    """

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._target = host, int(port)
        self.mend()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def mend(self) -> None:
        """Pass everything on, and count anew."""
        self.requests, self.cut = 0, range(0)
        self.mute = False

    def break_at(self, request: int, count: int = 10**9, *, mute: bool = False) -> None:
        self.requests, self.cut, self.mute = 0, range(request, request + count), mute

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            unheard = threading.Event()  # the server's next answer is lost
            answers = threading.Thread(target=self._answer, args=(server, client, unheard), daemon=True)
            answers.start()
            try:
                while piece := client.recv(65_536):
                    if piece.startswith(b"POST ") and self._is_cut():
                        if not self.mute:
                            break
                        unheard.set()
                    server.sendall(piece)
            except OSError:
                pass
            _hang_up(client, server)
            answers.join()

    def _answer(self, server: socket.socket, client: socket.socket, unheard: threading.Event) -> None:
        try:
            while piece := server.recv(65_536):
                if unheard.is_set():
                    break
                client.sendall(piece)
        except OSError:
            pass
        _hang_up(client, server)

    def _is_cut(self) -> bool:
        with self._lock:
            self.requests += 1
            return self.requests in self.cut


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line() -> Iterator[Callable[[str], Line]]:
    lines: list[Line] = []

    def make(url: str) -> Line:
        lines.append(Line(url))
        return lines[-1]

    yield make
    for one in lines:
        one.close()


@pytest.fixture(scope="session")
def patients(tmp_path_factory) -> Path:
    data = load_breast_cancer(as_frame=True)
    path = tmp_path_factory.mktemp("data") / "validation.csv"
    data.frame.rename(columns=lambda name: name.replace(" ", "_")).tail(169).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    data = load_breast_cancer()
    rows = data.data[:400].astype(np.float32)
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, data.target[:400])
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    path.write_bytes(to_onnx(fitted, rows[:1], options={"zipmap": False}).SerializeToString())
    return path


@pytest.fixture(scope="session")
def card() -> ModelCard:
    return CARD


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
        "risk_class": 1,
        "reserve": "1000",
        "evaluation_fee": "5",
        "effort_fee": "10",
        "kill_fee": "30",
        "bidding_seconds": 600,
        "revealing_seconds": 600,
        "building_seconds": DAY,
    }
    return Order.model_validate_json(json.dumps(described))


@pytest.fixture(scope="session")
def deployed(new_chain):
    """A chain of this folder's own: its stage stays set for the whole session."""
    return new_chain()


@pytest.fixture(scope="session")
def prepared(deployed, store, ipfs_node, patients, model, order, tmp_path_factory) -> Iterator[Stage]:
    stage = Stage(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("stage"))
    stage.prepare(order, patients, model)
    yield stage
    stage.close()


@pytest.fixture
def stage(prepared: Stage) -> Iterator[Stage]:
    """Everybody and the prepared deals; what a test does is undone."""
    snapshot = prepared.chain.anvil.call("evm_snapshot")
    yield prepared
    prepared.chain.anvil.call("evm_revert", snapshot)


@pytest.fixture
def panel(stage: Stage, tmp_path: Path) -> Iterator[Callable[[int], Panel]]:
    """The panel of a commission, at work until the test ends."""
    panels: list[Panel] = []

    def make(number: int) -> Panel:
        limits = Limits(cpu_seconds=2, wall_seconds=10)
        panels.append(Panel(stage, number, tmp_path / f"panel {len(panels)}", limits))
        return panels[-1]

    yield make
    for one in panels:
        one.close()
