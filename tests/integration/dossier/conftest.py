"""A market in which one model was made from another; the second audited, criticised and disputed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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

from assay import Assessment, Market, ModelCard, Order, Payee, Role, State, eip712
from assay.disputes import Claim
from assay.dossier.document import Bundle
from assay.manifests import (
    Column,
    DatasetManifest,
    Figure,
    Finding,
    Licence,
    Lineage,
    ValidationReport,
)
from assay.manifests.evaluation import DatasetCounts, ReportStatus
from assay.seal import grant
from assay.structs import Ground, Phase, Report, Side

UNIT = 10**18
DAY = 86_400
HOUR = 3_600
VALIDATORS = [f"validator {i}" for i in range(5)]
CRITICS = ["silent critic", "critic"]
JURORS = [f"juror {i}" for i in range(21)]  # three times the jury of an appeal
ATTESTED = Report(status=ReportStatus.SCORED, score=0, criteria=0, manifest=b"\x01" * 32)


def columns() -> list[str]:
    return [name.replace(" ", "_") for name in load_breast_cancer().feature_names]


def order_for(data: Path, *, risk_class: int) -> Order:
    frame = pd.read_csv(data)
    described = {
        "title": "Breast cancer, second reading",
        "description": "Benign or malignant?",
        "domain": "healthcare",
        "evaluation": {
            "task": "classification",
            "metric": "accuracy",
            "data": {
                "format": "csv",
                "inputs": [{"name": "X", "columns": columns()}],
                "label": "target",
                "classes": ["0", "1"],
            },
            "output": {"labels": "label"},
        },
        "dataset": {
            "name": "validation",
            "description": "169 patients",
            "licence": {"spdx": "CC-BY-4.0"},
            "columns": [*({"name": name, "type": "float"} for name in columns()),
                        {"name": "target", "type": "integer"}],
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
        "risk_class": risk_class,
        "reserve": "1000.5",
        "evaluation_fee": "5",
        "audit_fee": "20",
        "effort_fee": "10",
        "kill_fee": "30",
        "bidding_seconds": 600,
        "revealing_seconds": 600,
        "building_seconds": DAY,
    }  # fmt: skip
    return Order.model_validate_json(json.dumps(described))


class Stage:
    """Everybody on one chain, and the two deals as they happen."""

    def __init__(self, chain: Any, store: Any, data: Path, model: Path) -> None:
        self.chain, self.store, self.data, self.model = chain, store, data, model
        self.markets: dict[str, Market] = {}
        self["hospital"].participants.register(
            Role.CUSTOMER, jurisdiction="CH", organisation="hospital.example"
        )
        for name in ("developer", "rival"):
            self[name].participants.register(Role.DEVELOPER, jurisdiction="DE", domains=["healthcare"])
        for name in VALIDATORS:
            self[name].participants.register(Role.VALIDATOR, jurisdiction="CH")
        self.accredit("auditor", *CRITICS, *JURORS)
        chain.advance(HOUR + 1)
        self["auditor"].audits.enrol()
        for name in JURORS:
            self[name].court.enrol()
        for name in VALIDATORS:
            self[name].staking.stake(2000 * UNIT)
        chain.advance(HOUR + 1)

    def accredit(self, *names: str) -> None:
        """Each as an auditor of an organisation of its own."""
        now = self.chain.anvil.now()
        for name in names:
            self[name].participants.register(Role.AUDITOR, jurisdiction="CH", domains=["healthcare"])
            credential = self["accreditor"].participants.issue_credential(
                self[name].address,
                Role.AUDITOR,
                organisation=f"{name}.example",
                valid_until=now + 10**7,
                deadline=now + DAY,
            )
            self[name].participants.accredit(credential)

    def __getitem__(self, name: str) -> Market:
        if name not in self.markets:
            self.markets[name] = self.chain.market(name, self.store)
        return self.markets[name]

    def close(self) -> None:
        for market in self.markets.values():
            market.close()

    def card(self, name: str, lineage: Lineage) -> ModelCard:
        return ModelCard(
            name=name,
            framework="scikit-learn 1.7",
            intended_use="Second reading of fine-needle aspirates.",
            limits="Trained on one hospital's patients.",
            licence=Licence(spdx="Apache-2.0"),
            lineage=lineage,
        )

    def training_set(self) -> str:
        """The digest of a published dataset manifest."""
        artifact, _ = self["developer"].keys.seal(self.data)
        manifest = DatasetManifest(
            artifact=artifact,
            name="Wisconsin aspirates",
            description="400 patients of one hospital",
            licence=Licence(spdx="CC-BY-4.0"),
            format="csv",
            columns=tuple(Column(name=name, type="float") for name in columns()),
            counts=DatasetCounts(rows=400),
        )
        return self["developer"].session.publish(manifest).hex()

    def to_building(self, *, risk_class: int) -> int:
        number = self["hospital"].commissions.open(order_for(self.data, risk_class=risk_class), self.data)
        deal = number.commission_id
        self["developer"].bids.commit(deal, 700 * UNIT)
        self["rival"].bids.commit(deal, 800 * UNIT)
        self.chain.advance(601)
        self["developer"].bids.reveal(deal, 700 * UNIT)
        self["rival"].bids.reveal(deal, 800 * UNIT)
        self.chain.advance(601)
        for _ in range(2):
            self["rival"].commissions.advance(deal)
        self.chain.anvil.mine(3)
        self["rival"].commissions.advance(deal)
        self["hospital"].commissions.grant_data(deal)
        self.answer(deal, {seat: ATTESTED for seat in self.members(deal)})
        return deal

    def members(self, deal: int) -> dict[int, Market]:
        """Who sits on the panel, by seat; a slashed member has left its seat vacant."""
        by_address = {self[name].address: self[name] for name in VALIDATORS}
        panel = self["hospital"].oracle.panel(self["hospital"].commissions.get(deal).panel_id)
        return {seat: by_address[one] for seat, one in enumerate(panel.members) if one in by_address}

    def answer(self, deal: int, reports: dict[int, Report]) -> None:
        """The panel's members commit, reveal, and the market takes the answer."""
        request = self["hospital"].commissions.get(deal).request_id
        members, salt = self.members(deal), keccak(text=f"salt {request}")
        for seat, report in reports.items():
            vote = members[seat].oracle.vote_hash(request, report, salt)
            members[seat].oracle.commit(request, seat, vote)
        for seat, report in reports.items():
            members[seat].oracle.reveal(request, seat, report, salt)
        self["rival"].commissions.advance(deal)

    def evaluate(self, deal: int, *scores: int) -> None:
        """Each member signs a report with its score; the time for appeals passes."""
        members = self.members(deal).items()
        self.answer(
            deal,
            {seat: self.report(one, deal, score) for (seat, one), score in zip(members, scores, strict=True)},
        )
        self.chain.advance(DAY + 1)
        self["rival"].commissions.advance(deal)

    def report(self, validator: Market, deal: int, score: int) -> Report:
        commission, oracle = validator.commissions.get(deal), validator.deployment.address("ValidationOracle")
        unsigned = ValidationReport(
            chain_id=validator.deployment.chain_id,
            oracle=oracle,
            request_id=commission.request_id,
            validator=validator.address,
            status=ReportStatus.SCORED,
            score=score,
            criteria=0,
            model=commission.manifest.hex(),
            dataset=commission.request.dataset.hex(),
            evaluator="assay-validation 0.1.0",
        )
        text = eip712.report(
            validator.deployment.chain_id,
            oracle,
            request_id=commission.request_id,
            validator=validator.address,
            status=ReportStatus.SCORED,
            score=score,
            criteria=0,
            manifest=unsigned.unsigned_digest(),
        )
        signature = validator.session.wallet.sign_typed_data(text).hex()
        digest = validator.session.publish(unsigned.model_copy(update={"signature": signature}))
        return Report(status=ReportStatus.SCORED, score=score, criteria=0, manifest=digest)

    def audit(self, deal: int) -> None:
        self["hospital"].commissions.advance(deal)
        self.chain.anvil.mine(3)
        self["hospital"].commissions.advance(deal)
        number = self["hospital"].commissions.get(deal).audit_id
        assessment = Assessment(
            scopes=("performance", "fairness", "explainability"),
            findings=(Finding(scope="fairness", severity="minor", summary="Older patients: fewer rows"),),
            figures=(Figure(name="accuracy", value=951_000),),
            limitations="Privacy was not looked at.",
        )
        self["auditor"].audits.post(number, True, assessment)
        self["hospital"].commissions.advance(deal)

    def ask_for_opinion(self, deal: int) -> int:
        """The partner asks a critic, who accepts; its number."""
        number, _ = self["partner"].opinions.ask(deal, self["silent critic"].address, 25 * UNIT, HOUR)
        self["silent critic"].opinions.accept(number)
        return number

    def give_opinion(self, number: int) -> None:
        """The time of the first critic is over; another takes its place and posts."""
        self["partner"].opinions.replace(number, self["critic"].address)
        self["critic"].opinions.accept(number)
        assessment = Assessment(
            scopes=("robustness",),
            findings=(Finding(scope="robustness", severity="major", summary="Noise turns one in ten"),),
            figures=(Figure(name="accuracy under noise", value=870_000),),
            limitations="Robustness alone was looked at.",
        )
        self["critic"].opinions.post(number, False, assessment)

    def dispute(self, deal: int) -> None:
        """The customer contests the payment, and an appeal ends as the first jury did."""
        hospital = self["hospital"]
        number = hospital.disputes.open(
            deal, Ground.DELIVERY, Claim(claim="The key does not open.", statement="We tried it twice.")
        ).dispute_id
        self["developer"].disputes.submit(number, Claim(claim="It does."))
        self.judge(number, (Side.DEVELOPER, Side.DEVELOPER, Side.CUSTOMER))
        hospital.disputes.appeal(number)
        self.judge(number, (Side.DEVELOPER,) * 4 + (Side.CUSTOMER, Side.NONE, None))
        for _ in range(2):  # the jurors are paid, the market is told
            self["rival"].disputes.advance(number)

    def judge(self, number: int, votes: tuple[Side | None, ...]) -> None:
        """A jury is seated, votes and reveals; who has no side commits and keeps silent."""
        rival, by_address = self["rival"], {self[name].address: self[name] for name in JURORS}
        case_id = rival.court.case_of(number)
        rival.disputes.advance(number)
        while rival.court.get(case_id).phase == Phase.SEATING:
            self.chain.anvil.mine(3)
            rival.disputes.advance(number)
            for seat in rival.court.seats(case_id):
                if not seat.vacant and not seat.accepted:
                    by_address[seat.juror].court.accept(case_id)
            self.chain.advance(HOUR + 1)
            rival.disputes.advance(number)
        jury = [by_address[seat.juror].court for seat in rival.court.seats(case_id)]
        for juror, side in zip(jury, votes, strict=True):
            juror.commit(case_id, side or Side.NONE)
        rival.disputes.advance(number)
        for juror, side in zip(jury, votes, strict=True):
            if side is not None:
                juror.reveal(case_id)
        self.chain.advance(6 * HOUR + 1)
        rival.disputes.advance(number)

    def deliver(self, deal: int, *, disputed: bool = False) -> int:
        """Attest the delivery and settle; the model's number."""
        hospital, developer = self["hospital"], self["developer"]
        key = developer.keys.own(developer.models.manifest(deal).artifact)
        recipient = {hospital.address: hospital.participants.get().encryption_key}
        grants = grant(key, recipient, developer.keys.context(deal, "delivery"))
        attested = Report(
            status=ReportStatus.SCORED, score=0, criteria=0, manifest=developer.session.publish(grants)
        )
        self.answer(deal, {seat: attested for seat in self.members(deal)})
        if disputed:
            self.dispute(deal)
        else:
            self.chain.advance(DAY + 1)
        self["rival"].commissions.settle(deal)
        settled = hospital.commissions.get(deal)
        assert settled.state == State.SETTLED
        return settled.model_id

    def make_base(self) -> int:
        """A model of risk class 1: tested, not audited."""
        deal = self.to_building(risk_class=1)
        self["developer"].models.submit(deal, self.model, self.card("Base", Lineage()))
        self.evaluate(deal, 910_000, 910_000, 910_000)
        return self.deliver(deal)

    def make_audited(self, parent: bytes) -> int:
        """A model of risk class 3 made from *parent*: too low at first, a liar on the panel, a dispute."""
        deal = self.to_building(risk_class=3)
        lineage = Lineage(parents=(parent.hex(),), datasets=(self.training_set(), "5e" * 32))
        payees = [Payee(account=self["partner"].address, ppm=100_000)]
        self["developer"].models.submit(deal, self.model, self.card("First try", lineage), payees=payees)
        self.evaluate(deal, 880_000, 990_000, 880_000)
        self["developer"].models.submit(deal, self.model, self.card("Second try", lineage), payees=payees)
        opinion = self.ask_for_opinion(deal)
        self.evaluate(deal, 950_000, 950_000)
        self.give_opinion(opinion)
        self.audit(deal)
        return self.deliver(deal, disputed=True)


@dataclass(frozen=True)
class Setting:
    """The stage, the two models' numbers, and the audited one's dossier."""

    stage: Stage
    base: int
    model: int
    bundle: Bundle

    @property
    def market(self) -> Market:
        return self.stage["hospital"]

    def environment(self, folder: Path) -> dict[str, str]:
        """With which the `assay` command reads this market."""
        deployment = folder / "deployment.json"
        deployment.write_text(self.stage.chain.deployment.model_dump_json(by_alias=True))
        return {"ASSAY_RPC": self.stage.chain.rpc, "ASSAY_DEPLOYMENT": str(deployment)}


@pytest.fixture(scope="session")
def setting(new_chain, store, tmp_path_factory) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("dossier")
    frame = load_breast_cancer(as_frame=True).frame
    data = folder / "validation.csv"
    frame.rename(columns=lambda name: name.replace(" ", "_")).tail(169).to_csv(data, index=False)
    rows = frame.drop(columns="target").to_numpy(np.float32)[:400]
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, frame["target"][:400])
    model = folder / "model.onnx"
    model.write_bytes(to_onnx(fitted, rows[:1]).SerializeToString())
    stage = Stage(new_chain(), store, data, model)
    base = stage.make_base()
    audited = stage.make_audited(stage["hospital"].models.latest_version(base))
    yield Setting(stage, base, audited, stage["hospital"].dossiers.issue(audited))
    stage.close()


@pytest.fixture
def undone(setting: Setting) -> Iterator[Setting]:
    """The setting; what a test does to the chain is undone."""
    snapshot = setting.stage.chain.anvil.call("evm_snapshot")
    yield setting
    setting.stage.chain.anvil.call("evm_revert", snapshot)
