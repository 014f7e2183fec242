"""One market with a deal in each state that is attacked, and validators who act when told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from jury import enlist
from outage import Line
from patients import CARD, order_for, train
from shop import Shop

from assay import Market, ModelCard, Order, Role, State
from assay.manifests import DatasetManifest, ModelManifest
from assay.manifests.evaluation import ReportStatus
from assay.store import KuboStore
from assay.structs import Submission, TrialAllowance
from assay_oracle.connect import open_market
from assay_oracle.daemon import Daemon, open_journal
from assay_oracle.monitor import Monitor
from assay_oracle.settings import Settings
from assay_validation.limits import Limits
from assay_validation.node import LocalValidationNode

UNIT = 10**18


class Deals(Shop):
    """A stage with a commission in each state that tests begin in."""

    def prepare(self, order: Order, data: Path, model: Path) -> None:
        """The deals, the one that takes longest first."""
        self.delivering = self.to_building(order, data)
        self.pass_test(self.delivering, model)
        self.building = self.to_building(order, data)
        self.granting = self.to_granting(order, data)
        assert self.state(self.delivering) == State.DELIVERING

    def offer_model(self) -> int:
        """The hospital is sold the model that waits for its delivery, and offers it; the offer's number."""
        self.sell(self.delivering)
        self.good = self["hospital"].commissions.get(self.delivering).manifest
        return self.offer().offer_id

    def offer_trial(self) -> int:
        """The hospital offers the model, and allows one trial."""
        number = self.offer_model()
        allowance = TrialAllowance(exposure_fee=2 * UNIT, bond=20 * UNIT, quota=1, exclusive=False)
        self["hospital"].trials.allow(number, allowance)
        self.buyer("newcomer").participants.register(Role.CUSTOMER, jurisdiction="CH")
        return number

    def two_models(self, model: Path) -> tuple[bytes, bytes]:
        """A model of the hospital's with its terms, and a later one that is the rival's; nine jurors."""
        hospital, rival = self["hospital"], self["rival"]
        self["developer"].models.deliver(self.delivering)
        self.pass_test(self.building, model)  # its time for appeals is the other's challenge
        self["anyone"].commissions.settle(self.delivering)
        self.sell(self.building)
        parent, child = (hospital.commissions.get(one).manifest for one in (self.delivering, self.building))
        enlist(self)
        hospital.offers.make(hospital.offers.draft(parent, self.plan()))
        hospital.lineage_claims.set_terms(parent, 50_000)
        self.chain.advance(1)
        hospital.offers.make(hospital.offers.draft(child, self.plan()))
        token = hospital.goods.get(child).good.token_id
        hospital.session.send("ModelRegistry", "transferFrom", hospital.address, rival.address, token)
        return parent, child

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
        known = ("hospital", "developer", "rival", "anyone", *self.validators)
        names = {self[name].address: name for name in known}
        books = self["hospital"].commissions.payments(number).balances()
        assert sum(row.net for row in books) == 0
        return {names.get(row.account, row.account): row.net for row in books if row.net}

    def step_fees(self, number: int) -> int:
        """What the deal has paid for steps that anyone may take, base units."""
        deal = self["hospital"].commissions.get(number)
        return deal.steps * deal.step_fee

    def stakes(self) -> dict[str, int]:
        """What every validator has at stake, and in a seat or not."""
        return {name: self[name].staking.stake_of().amount for name in self.validators}


class Panel:
    """The daemons of a commission's panel, in this process: real oracles with real sandboxes."""

    def __init__(self, stage: Deals, number: int, folder: Path, limits: Limits) -> None:
        self._stage, self._number, self._stack = stage, number, ExitStack()
        self._daemons = [self._daemon(name, folder / name, limits) for name in stage.panel(number)]

    def _daemon(self, name: str, folder: Path, limits: Limits) -> Daemon:
        settings = Settings.load(self._stage.validator_config(name, folder))
        market = self._stack.enter_context(open_market(settings))
        journal = self._stack.enter_context(open_journal(settings, market))
        return Daemon(settings, market, LocalValidationNode(limits), journal, Monitor())

    def answer(self, seconds: float = 60) -> dict[str, ReportStatus]:
        """Have all members answer the present request, and the market take the answer; who said what."""
        stage, end = self._stage, time.monotonic() + seconds
        request_id = stage.request(self._number)
        while len(stage.reports(request_id)) < len(self._daemons):
            assert time.monotonic() < end, "the panel has not answered"
            for daemon in self._daemons:
                daemon.cycle()
        if not stage.round(self._number).appealable:
            stage.advance(self._number)
        return {name: report.status for name, report in stage.reports(request_id).items()}

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def line() -> Iterator[Callable[[str], Line]]:
    lines: list[Line] = []

    def make(url: str) -> Line:
        lines.append(Line(url))
        return lines[-1]

    yield make
    for one in lines:
        one.close()


@pytest.fixture
def cut_off(stage, line):
    """Makes markets of an account whose lines to chain and storage can be cut."""
    opened = []

    def make(name):
        rpc, ipfs = line(stage.chain.rpc), line(stage.ipfs_url)
        store = KuboStore(ipfs.url)
        market = Market.connect(
            rpc.url,
            deployment=stage.chain.deployment,
            wallet=stage.chain.wallet(name),
            store=store,
            timeout=5,
            rounds=1,
            unchecked=True,
        )
        opened.extend([market, store])
        return market, {"rpc": rpc, "ipfs": ipfs}

    yield make
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("model") / "model.onnx")


@pytest.fixture(scope="session")
def card() -> ModelCard:
    return CARD


@pytest.fixture(scope="session")
def order(patients) -> Order:
    return order_for(patients, risk_class=1, audit_fee="0", effort_fee="10")


@pytest.fixture(scope="session")
def deployed(new_chain):
    """A chain of this folder's own: its stage stays set for the whole session."""
    return new_chain()


@pytest.fixture(scope="session")
def prepared(deployed, store, ipfs_node, patients, model, order, tmp_path_factory) -> Iterator[Deals]:
    stage = Deals(deployed, store, ipfs_node.url, tmp_path_factory.mktemp("stage"))
    stage.prepare(order, patients, model)
    yield stage
    stage.close()


@pytest.fixture
def stage(prepared: Deals) -> Iterator[Deals]:
    """Everybody and the prepared deals; what a test does is undone."""
    with prepared.chain.undone():
        yield prepared


@pytest.fixture
def panel(stage: Deals, tmp_path: Path) -> Iterator[Callable[[int], Panel]]:
    """The panel of a commission, at work until the test ends."""
    panels: list[Panel] = []

    def make(number: int) -> Panel:
        limits = Limits(cpu_seconds=2)
        panels.append(Panel(stage, number, tmp_path / f"panel {len(panels)}", limits))
        return panels[-1]

    yield make
    for one in panels:
        one.close()
