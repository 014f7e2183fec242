"""A market in which one model was made from another; the second audited, criticised and disputed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from patients import CARD, order_for, train, write_patients
from stage import UNIT, Stage, scored

from assay import Assessment, Market, ModelCard, Payee, Role, State
from assay.judges.disputes import Claim
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
from assay.structs import CourtState, Ground, Report, Side
from assay.wallet import eip712

HOUR = 3_600
CRITICS = ["silent critic", "critic"]
JURORS = [f"juror {i}" for i in range(21)]  # three times the jury of an appeal


def card(name: str, lineage: Lineage) -> ModelCard:
    return CARD.model_copy(update={"name": name, "lineage": lineage})


class Story(Stage):
    """A stage with critics and jurors, and the two deals as they happen there."""

    def __init__(self, chain: Any, store: Any, ipfs_url: str, folder: Path) -> None:
        super().__init__(chain, store, ipfs_url, folder)
        self.data, self.model = write_patients(folder / "validation.csv"), train(folder / "model.onnx")
        for name in (*CRITICS, *JURORS):
            self.accredit(name, Role.AUDITOR)
        chain.advance(HOUR + 1)
        for name in JURORS:
            self[name].court.enrol()

    def training_set(self) -> str:
        """The digest of a published dataset manifest."""
        artifact, _ = self["developer"].keys.seal(self.data)
        manifest = DatasetManifest(
            artifact=artifact,
            name="Wisconsin aspirates",
            description="400 patients of one hospital",
            licence=Licence(spdx="CC-BY-4.0"),
            format="csv",
            columns=tuple(Column(name=name, type="float") for name in pd.read_csv(self.data)),
            counts=DatasetCounts(rows=400),
        )
        return self["developer"].session.publish(manifest).hex()

    def begin(self, *, risk_class: int) -> int:
        """A commission for which the developer builds."""
        order = order_for(self.data, risk_class=risk_class, reserve="1000.5", effort_fee="10")
        return self.to_building(order, self.data, developer=700 * UNIT, rival=800 * UNIT)

    def score(self, deal: int, *scores: int) -> None:
        """Each member signs a report with its score; the time for appeals passes."""
        members = [self[name] for name in self.panel(deal)]
        said = [self.signed(one, deal, score) for one, score in zip(members, scores, strict=True)]
        self.evaluate(deal, *said)

    def replace_liar(self, deal: int) -> None:
        """A member is drawn in place of the one that was slashed, and gets both keys."""
        self.seat(deal)
        self["hospital"].commissions.grant_data(deal)
        self["developer"].models.grant(deal)

    def signed(self, validator: Market, deal: int, score: int) -> Report:
        commission, oracle = validator.commissions.get(deal), validator.deployment.address("ValidationOracle")
        request_id, word = self.request(deal), self.word(deal)
        unsigned = ValidationReport(
            chain_id=validator.deployment.chain_id,
            oracle=oracle,
            request_id=request_id,
            validator=validator.address,
            status=ReportStatus.ANSWERED,
            scores=(score,),
            criteria=0,
            word=word.hex(),
            work=commission.request.spec.hex(),
            artifacts=(commission.request.dataset.hex(), commission.manifest.hex()),
            evaluator="assay-validation 0.1.0",
        )
        text = eip712.report(
            validator.deployment.chain_id,
            oracle,
            request_id=request_id,
            validator=validator.address,
            status=ReportStatus.ANSWERED,
            scores=(score,),
            criteria=0,
            word=word,
            manifest=unsigned.unsigned_digest(),
        )
        signature = validator.session.wallet.sign_typed_data(text).hex()
        digest = validator.session.publish(unsigned.model_copy(update={"signature": signature}))
        return scored(score, manifest=digest)

    def audit(self, deal: int) -> None:
        self.seat_auditors(deal)
        number = self["hospital"].commissions.get(deal).audit_id
        assessment = Assessment(
            scopes=("performance", "fairness", "explainability"),
            findings=(Finding(scope="fairness", severity="minor", summary="Older patients: fewer rows"),),
            figures=(Figure(name="accuracy", value=951_000, low=930_000, high=970_000),),
            limitations="Privacy was not looked at.",
        )
        self["auditor"].audits.post(number, True, assessment)
        self.advance(deal)

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
        while rival.court.get(case_id).state == CourtState.SEATING:
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

    def hand_over(self, deal: int, *, disputed: bool = False) -> int:
        """The model is delivered, disputed or not, and paid for; its number."""
        if disputed:
            self["developer"].models.deliver(deal)
            self.dispute(deal)
            self["anyone"].commissions.settle(deal)
        else:
            self.sell(deal)
        assert self.state(deal) == State.SETTLED
        return self["hospital"].commissions.get(deal).model_id

    def make_base(self) -> int:
        """A model of risk class 1: tested, not audited."""
        deal = self.begin(risk_class=1)
        self["developer"].models.submit(deal, self.model, card("Base", Lineage()))
        self.score(deal, 910_000, 910_000, 910_000)
        return self.hand_over(deal)

    def make_audited(self, parent: bytes) -> int:
        """A model of risk class 3 made from *parent*: too low at first, a liar on the panel, a dispute."""
        deal = self.begin(risk_class=3)
        lineage = Lineage(parents=(parent.hex(),), datasets=(self.training_set(), "5e" * 32))
        payees = [Payee(account=self["partner"].address, ppm=100_000)]
        self["developer"].models.submit(deal, self.model, card("First try", lineage), payees=payees)
        self.score(deal, 880_000, 990_000, 880_000)
        self["developer"].models.submit(deal, self.model, card("Second try", lineage), payees=payees)
        opinion = self.ask_for_opinion(deal)
        self.replace_liar(deal)
        self.score(deal, 950_000, 950_000, 950_000)
        self.give_opinion(opinion)
        self.audit(deal)
        return self.hand_over(deal, disputed=True)
