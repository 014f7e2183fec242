"""The story of the paper's section VII: a hospital orders a model, is delivered a tested one, and pays."""

import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from assay.errors import ContractError, LocalMarketError
from assay.manifests import Assessment
from assay.manifests.audit_report import Scope
from assay.market import Market
from assay.markets.order import Order
from assay.structs import State
from assay_local.demo import cast, patients
from assay_local.demo.developers import DEVELOPERS, Developer
from assay_local.demo.stage import DAY, Stage
from assay_local.market import LocalMarket, Progress
from assay_validation.audit.conduct import conduct
from assay_validation.audit.order import Order as Examination
from assay_validation.audit.report import Heading, assessment, render

THRESHOLD = 970_000
_SCOPES: dict[str, tuple[Scope, ...]] = {
    cast.INDEPENDENT: ("performance", "fairness", "explainability"),
    cast.REGULATOR: ("fairness", "explainability", "compliance"),
}


@dataclass(frozen=True)
class Ending:
    """What the story leaves to be told; everything else is read from the chain.

    Attributes:
        refusal: what the contract said to the auditor with a conflict of interest.
        agreed: how many of the hospital's `asked` patients the delivered model diagnosed correctly.
    """

    commission_id: int
    refusal: str
    asked: int
    agreed: int


class Story(Stage):
    """Plays it once."""

    def __init__(self, local: LocalMarket, folder: Path, progress: Progress) -> None:
        super().__init__(local, folder, progress, cast.HOSPITAL)
        self._winner: Developer = DEVELOPERS[0]

    def play(self) -> Ending:
        """Play from the order to the first diagnosis."""
        self._progress("the hospital seals its patients' data and opens a commission")
        self._order_model(self.order())
        self._winner = self._auction({developer.name: developer.cost for developer in DEVELOPERS})
        self._panel_attests()
        first, both = self._hospitals.north, self._hospitals.north + self._hospitals.south
        self._submit(self._winner, "first model, one hospital's data", first, cast.DATA_OWNERS[:1])
        self._silence_falls()
        self._submit(self._winner, "second model, both hospitals' data", both, cast.DATA_OWNERS)
        self._silence_ends()
        refusal = self._audit()
        self._deliver_and_settle()
        return self._diagnose(refusal)

    def _silence_falls(self) -> None:
        self._progress(f"{cast.SILENT}'s machine stands still")
        self._local.validators[cast.SILENT].signal(signal.SIGSTOP)

    def _silence_ends(self) -> None:
        self._expect(State.AUDITING)
        self._progress(f"{cast.SILENT}'s operator wakes it")
        self._local.validators[cast.SILENT].signal(signal.SIGCONT)

    def _audit(self) -> str:
        self._progress("auditors are drawn")
        audit_id = self._commission().audit_id
        self._await(lambda: not self._vacant(audit_id), "draw auditors")
        self._local.actor(self._winner.name).audits.grant_model(audit_id)
        self._customer.audits.grant_data(audit_id)
        self._progress("an auditor of the developer's own group tries to be heard")
        refusal = self._refused(self._local.actor(cast.CONFLICTED), audit_id)
        for name, scopes in _SCOPES.items():
            self._progress(f"{name} examines the model: {', '.join(scopes)}")
            self._examine(self._local.actor(name), audit_id, self._folder / name, scopes)
        self._progress("every verdict is sealed; the auditors open theirs")
        for name in _SCOPES:
            self._local.actor(name).audits.open(audit_id)
        self._leave(State.AUDITING)
        return refusal

    def _vacant(self, audit_id: int) -> bool:
        return any(seat.vacant for seat in self._customer.audits.get(audit_id).seats)

    def _deliver_and_settle(self) -> None:
        self._deliver(self._winner)
        self._progress("the challenge window passes; everybody is paid")
        self._reach(self._commission().deadline)
        developer = self._local.actor(self._winner.name)
        developer.commissions.settle(self._id)
        developer.escrow.withdraw()

    def _diagnose(self, refusal: str) -> Ending:
        self._progress("the hospital opens its model and diagnoses")
        path = self._folder / "delivered.onnx"
        self._customer.models.fetch(self._id, path)
        model = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        new = self._hospitals.new
        (probabilities,) = model.run(["probabilities"], {"features": new.features})
        agreed = int((np.argmax(probabilities, axis=1) == new.labels).sum())
        return Ending(self._id, refusal, len(new.labels), agreed)

    def _refused(self, auditor: Market, audit_id: int) -> str:
        try:
            auditor.audits.post(audit_id, True, Assessment(scopes=("performance",), limitations="None."))
        except ContractError as refusal:
            return str(refusal)
        raise LocalMarketError("The contract heard an auditor with a conflict of interest.")

    def _examine(self, auditor: Market, audit_id: int, folder: Path, scopes: tuple[Scope, ...]) -> None:
        """A quick examination in the sandbox; the figures decide."""
        material = auditor.audits.fetch(audit_id, folder)
        if material.data is None:
            raise LocalMarketError("An auditor was not granted the data.")
        outcome = conduct(
            Examination(
                model=material.model,
                data=material.data,
                spec=material.commission.evaluation,
                manifest=material.manifest,
                dataset=material.dataset,
                threshold=material.commission.threshold,
                scopes=scopes,
                quick=True,
            )
        )
        page = render(outcome, Heading(material.manifest.name, audit_id))
        auditor.audits.post(audit_id, outcome.approved, assessment(outcome, page))

    def order(self) -> Order:
        """What the hospital asks for."""
        return Order(
            title="Breast-lesion triage from biopsies",
            description="Tell malignant from benign lesions for the patients of a newly founded hospital.",
            domain=cast.DOMAIN,
            evaluation=patients.evaluation_spec(self._hospitals.columns),
            dataset=self._description("Patients of the new hospital", self._hospitals.new),
            reference=patients.reference(),
            threshold=THRESHOLD,
            tolerance=20_000,
            effort_score=940_000,
            submission_cap=3,
            deliverable="One ONNX model with a model card.",
            training_data="To be acquired from established hospitals.",
            risk_class=3,
            reserve="10000",  # gives seven seats; below 9510 there would be five
            evaluation_fee="20",
            audit_fee="300",
            effort_fee="500",
            kill_fee="1000",
            bidding_seconds=DAY,
            revealing_seconds=DAY,
            building_seconds=30 * DAY,
        )
