"""The story of the paper's section VII: a hospital orders a model, is delivered a tested one, and pays."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from assay.audits import Assessment
from assay.bids import Bids
from assay.demo import cast, patients
from assay.demo.developers import DEVELOPERS, Developer, train
from assay.demo.patients import Hospitals, Patients
from assay.errors import ContractError, LocalMarketError
from assay.local.market import LocalMarket, Progress
from assay.manifests import Column, DatasetManifest, Licence
from assay.manifests.audit_report import Figure
from assay.manifests.model import Lineage
from assay.market import Market
from assay.models import ModelCard
from assay.order import DatasetDescription, Order
from assay.structs import Commission, Payee, State, ValidationRequest
from assay_validation.evaluation import evaluate

THRESHOLD = 970_000
_DAY = 86_400
_PATIENCE = 120  # seconds of real time for the validators' processes
_POLL = 0.1
_VACANT = "0x" + "00" * 20  # the seat of a member that lost its stake
_DRAW_BLOCKS = 3  # until the block that a draw has named is past


@dataclass(frozen=True)
class Ending:
    """What the story leaves for its tellers; everything else is read from the chain.

    Attributes:
        refusal: what the contract said to the auditor with a conflict of interest.
        agreed: how many of the hospital's `asked` patients the delivered model diagnosed rightly.
    """

    commission_id: int
    refusal: str
    asked: int
    agreed: int


class Story:
    """Plays it once on a running local market, whose chain time it moves on."""

    def __init__(self, local: LocalMarket, folder: Path, progress: Progress) -> None:
        self._local, self._folder, self._progress = local, folder, progress
        self._hospitals: Hospitals = patients.load_hospitals()
        self._hospital = local.actor(cast.HOSPITAL)
        self._winner: Developer = DEVELOPERS[0]
        self._id = 0

    def play(self) -> Ending:
        """From the order to the first diagnosis."""
        self._open()
        self._auction()
        self._panel_attests()
        first, both = self._hospitals.north, self._hospitals.north + self._hospitals.south
        self._submit("first model, one hospital's data", first, owners=cast.DATA_OWNERS[:1])
        self._silence_falls()
        self._submit("second model, both hospitals' data", both, owners=cast.DATA_OWNERS)
        self._silence_ends()
        refusal = self._audit()
        self._deliver_and_settle()
        return self._diagnose(refusal)

    def _open(self) -> None:
        self._progress("the hospital seals its patients' data and opens a commission")
        data = self._folder / "patients.csv"
        patients.write_csv(self._hospitals.new, self._hospitals.columns, data)
        self._id = self._hospital.commissions.open(self._order(), data).commission_id

    def _auction(self) -> None:
        for developer in DEVELOPERS:
            self._progress(f"{developer.name} seals a bid")
            self._bid(developer).commit(self._id, self._price(developer))
        self._reach(self._hospital.bids.auction(self._id).commit_ends)
        for developer in DEVELOPERS:
            self._progress(f"{developer.name} reveals its bid")
            self._bid(developer).reveal(self._id, self._price(developer))
        self._reach(self._hospital.bids.auction(self._id).reveal_ends)
        self._progress("the auction closes")
        self._advance()
        winner = self._commission().developer
        self._winner = next(one for one in DEVELOPERS if self._local.actor(one.name).address == winner)

    def _panel_attests(self) -> None:
        self._progress("a panel of validators is drawn by stake")
        self._draw()
        self._progress("the hospital grants the data key; the panel attests the data")
        self._hospital.commissions.grant_data(self._id)
        self._panel_works()
        self._expect(State.BUILDING)

    def _submit(self, what: str, data: Patients, owners: tuple[str, ...]) -> None:
        self._progress(f"{self._winner.name} trains its {what}")
        path = self._folder / "model.onnx"
        train(self._winner, data, path)
        developer = self._local.actor(self._winner.name)
        lineage = Lineage(datasets=tuple(self._training_data(name).hex() for name in owners))
        card = ModelCard(
            name=f"{self._winner.name} triage",
            framework=f"scikit-learn {self._winner.method}",
            intended_use="Second reading of fine-needle biopsies of breast lesions.",
            limits="Trained on two hospitals; not for other tissues, other staining or screening images.",
            licence=Licence(spdx="Apache-2.0"),
            lineage=lineage,
        )
        payees = [Payee(account=self._local.actor(name).address, ppm=125_000) for name in owners]
        developer.models.submit(self._id, path, card, payees=payees)
        self._progress(f"the panel tests the {what}")
        self._panel_works(silent=self._local.validators[cast.SILENT].stopped)
        self._progress("the appeal window passes")
        self._reach(self._commission().deadline)
        self._advance()

    def _silence_falls(self) -> None:
        self._progress(f"{cast.SILENT}'s machine stands still")
        self._local.validators[cast.SILENT].signal(signal.SIGSTOP)

    def _silence_ends(self) -> None:
        self._expect(State.AUDITING)
        self._progress(f"{cast.SILENT}'s operator wakes it")
        self._local.validators[cast.SILENT].signal(signal.SIGCONT)

    def _audit(self) -> str:
        self._progress("auditors are drawn")
        self._draw()
        audit_id = self._commission().audit_id
        self._local.actor(self._winner.name).audits.grant_model(audit_id)
        self._hospital.audits.grant_data(audit_id)
        self._progress("an auditor of the developer's own group tries to be heard")
        refusal = self._refused(self._local.actor(cast.CONFLICTED), audit_id)
        for name in (cast.INDEPENDENT, cast.REGULATOR):
            self._progress(f"{name} examines the model")
            self._examine(self._local.actor(name), audit_id, self._folder / name)
        self._advance()
        return refusal

    def _deliver_and_settle(self) -> None:
        self._progress("the panel attests delivery")
        self._panel_works()
        self._expect(State.CHALLENGE)
        self._progress("the challenge window passes; everybody is paid")
        self._reach(self._commission().deadline)
        developer = self._local.actor(self._winner.name)
        developer.commissions.settle(self._id)
        developer.escrow.withdraw()

    def _diagnose(self, refusal: str) -> Ending:
        self._progress("the hospital opens its model and diagnoses")
        path = self._folder / "delivered.onnx"
        self._hospital.models.fetch(self._id, path)
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

    def _examine(self, auditor: Market, audit_id: int, folder: Path) -> None:
        material = auditor.audits.fetch(audit_id, folder)
        if material.data is None:
            raise LocalMarketError("An auditor was not granted the data.")
        spec = self._hospital.commissions.spec(self._id).evaluation
        report = evaluate(material.model, material.data, spec)
        figures = [Figure(name=f"balanced accuracy, {group} lesions", value=value)
                   for group, value in report.private.groups.items() if value is not None]  # fmt: skip
        assessment = Assessment(
            scopes=("performance", "fairness", "robustness"),
            figures=(Figure(name="balanced accuracy", value=report.score), *figures),
            limitations="One hospital's patients; no images were seen.",
        )
        auditor.audits.post(audit_id, report.score >= THRESHOLD, assessment)

    def _draw(self) -> None:
        self._advance()
        self._local.anvil.mine(_DRAW_BLOCKS)
        self._advance()

    def _panel_works(self, silent: int = 0) -> None:
        """Wait until all members but the silent ones have committed and revealed, then take the next step."""
        commission, oracle = self._commission(), self._hospital.oracle
        members = oracle.panel(commission.panel_id).members
        speaking = sum(member != _VACANT for member in members) - silent

        def request() -> ValidationRequest:
            return oracle.request(commission.request_id)

        self._await(lambda: request().committed.bit_count() >= speaking, "commit")
        if silent:
            self._reach(request().commit_ends)
        self._await(lambda: request().revealed.bit_count() >= speaking, "reveal")
        if silent:
            self._reach(request().reveal_ends)
        self._advance()

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            self._local.check()
            if time.monotonic() > deadline:
                raise LocalMarketError(f"The validators did not {what} within {_PATIENCE} s.")
            time.sleep(_POLL)

    def _training_data(self, owner: str) -> bytes:
        """A data owner publishes what its training data is; the data itself stays sealed."""
        market = self._local.actor(owner)
        data = self._hospitals.north if owner == cast.DATA_OWNERS[0] else self._hospitals.south
        path = self._folder / f"{owner}.csv"
        patients.write_csv(data, self._hospitals.columns, path)
        artifact, _ = market.keys.seal(path)
        description = self._description(f"Biopsies of {owner}", data)
        fields = {name: getattr(description, name) for name in DatasetDescription.model_fields}
        return market.session.publish(DatasetManifest(artifact=artifact, format="csv", **fields))

    def _description(self, name: str, data: Patients) -> DatasetDescription:
        measured = self._hospitals.columns
        return DatasetDescription(
            name=name,
            description="Fine-needle biopsies of breast lesions: 30 measurements each, and the diagnosis.",
            licence=Licence(spdx="CC-BY-4.0"),
            columns=(
                *(Column(name=name, type="float", description=name.replace("_", " ")) for name in measured),
                Column(name="diagnosis", type="text", description="malignant or benign"),
                Column(name="lesion", type="text", description="small or large"),
            ),
            counts=patients.counts(data),
        )

    def _order(self) -> Order:
        return Order(
            title="Breast-lesion triage from biopsies",
            description="Tell malignant from benign lesions for the patients of a newly founded hospital.",
            domain=cast.DOMAIN,
            evaluation=patients.evaluation_spec(self._hospitals.columns),
            dataset=self._description("Patients of the new hospital", self._hospitals.new),
            reference=patients.reference(),
            threshold=THRESHOLD,
            tolerance=2_000,
            effort_score=940_000,
            submission_cap=3,
            deliverable="One ONNX model with a model card.",
            training_data="To be acquired from established hospitals.",
            risk_class=3,
            reserve="10000",
            evaluation_fee="20",
            audit_fee="300",
            effort_fee="500",
            kill_fee="1000",
            bidding_seconds=_DAY,
            revealing_seconds=_DAY,
            building_seconds=30 * _DAY,
        )

    def _bid(self, developer: Developer) -> Bids:
        return self._local.actor(developer.name).bids

    def _price(self, developer: Developer) -> int:
        return self._hospital.escrow.token().parse(developer.cost)

    def _commission(self) -> Commission:
        return self._hospital.commissions.get(self._id)

    def _advance(self) -> None:
        self._hospital.commissions.advance(self._id)

    def _reach(self, timestamp: int) -> None:
        self._local.anvil.advance_to(timestamp + 1)

    def _expect(self, state: State) -> None:
        found = self._commission().state
        if found != state:
            raise LocalMarketError(f"The commission is {found.words} where the story has it {state.words}.")
