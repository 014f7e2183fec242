"""What the chapters have in common: one deal, the processes that serve it, and time that jumps.

The validators' daemons take the steps that anyone may take, so the story waits until they have done so.
"""

import time
from collections.abc import Callable
from pathlib import Path

from assay.errors import LocalMarketError
from assay.manifests import Column, DatasetManifest, Licence
from assay.manifests.model import Lineage
from assay.market import Market
from assay.markets.model_card import ModelCard
from assay.markets.order import DatasetDescription, Order
from assay.structs import Commission, Payee, Round, RoundState, State, ValidationRequest
from assay_local.demo import cast, patients
from assay_local.demo.developers import DEVELOPERS, Developer, train
from assay_local.demo.patients import Hospitals, Patients
from assay_local.market import LocalMarket, Progress

DAY = 86_400
_PATIENCE = 120  # seconds of real time for the validators' processes
_POLL = 0.1
_VACANT = "0x" + "00" * 20  # the seat of a member that lost its stake


class Stage:
    """One commission of *customer* on a running local market, whose chain time it moves on."""

    def __init__(self, local: LocalMarket, folder: Path, progress: Progress, customer: str) -> None:
        self._local, self._folder, self._progress = local, folder, progress
        self._customer: Market = local.actor(customer)
        self._hospitals: Hospitals = patients.load_hospitals()
        self._id = 0

    def _order_model(self, order: Order) -> None:
        """Seal the patients and open the commission."""
        data = self._folder / "patients.csv"
        patients.write_csv(self._hospitals.new, self._hospitals.columns, data)
        self._id = self._customer.commissions.open(order, data).commission_id

    def _auction(self, costs: dict[str, str]) -> Developer:
        """Hold an auction with sealed bids of these costs (whole tokens) by developers' names; returns the
        winner."""
        prices = {name: self._customer.escrow.token().parse(cost) for name, cost in costs.items()}
        for name, price in prices.items():
            self._progress(f"{name} seals a bid")
            self._local.actor(name).bids.commit(self._id, price)
        self._reach(self._customer.bids.auction(self._id).commit_ends)
        for name, price in prices.items():
            self._progress(f"{name} reveals its bid")
            self._local.actor(name).bids.reveal(self._id, price)
        self._reach(self._customer.bids.auction(self._id).reveal_ends)
        self._progress("the validators close the auction, and draw a panel by stake")
        self._leave(State.REVEALING)
        winner = self._commission().developer
        return next(one for one in DEVELOPERS if self._local.actor(one.name).address == winner)

    def _panel_attests(self) -> None:
        self._await(lambda: self._round().state == RoundState.GRANTING, "seat the panel")
        self._progress("the customer grants the data key; the panel attests the data")
        self._customer.commissions.grant_data(self._id)
        self._leave(State.ATTESTING)
        self._expect(State.BUILDING)

    def _submit(self, developer: Developer, what: str, data: Patients, owners: tuple[str, ...]) -> None:
        """The developer trains on *data*, names its *owners* and gives each an eighth; the panel tests the
        model."""
        self._progress(f"{developer.name} trains its {what}")
        path = self._folder / "model.onnx"
        train(developer, data, path)
        market = self._local.actor(developer.name)
        lineage = Lineage(datasets=tuple(self._training_data(name).hex() for name in owners))
        card = ModelCard(
            name=f"{developer.name} triage",
            framework=f"scikit-learn {developer.method}",
            intended_use="Second reading of fine-needle biopsies of breast lesions.",
            limits="Trained on two hospitals; not for other tissues, other staining or screening images.",
            licence=Licence(spdx="Apache-2.0"),
            lineage=lineage,
        )
        payees = [Payee(account=self._local.actor(name).address, ppm=125_000) for name in owners]
        market.models.submit(self._id, path, card, payees=payees)
        self._progress(f"the panel tests the {what}")
        self._panel_works(silent=self._local.validators[cast.SILENT].stopped)
        self._progress("the appeal window passes")
        self._reach(self._appeal_ends())
        self._leave(State.EVALUATING)

    def _appeal_ends(self) -> int:
        panel = self._round()
        return self._customer.oracle.request(panel.request_id).reveal_ends + panel.timeouts.appeal

    def _round(self) -> Round:
        return self._customer.rounds.get(self._commission().panel_id)

    def _deliver(self, developer: Developer) -> None:
        """The developer hands its key over; a wrong one could be refuted by proof."""
        self._progress(f"{developer.name} delivers the model's key, as the panel has agreed that it is")
        self._local.actor(developer.name).models.deliver(self._id)
        self._expect(State.CHALLENGE)

    def _panel_works(self, silent: int = 0) -> None:
        """Wait until all members except the silent ones have committed and revealed."""
        oracle = self._customer.oracle
        members = oracle.panel(self._commission().panel_id).members
        speaking = sum(member != _VACANT for member in members) - silent
        request_id = self._round().request_id

        def request() -> ValidationRequest:
            return oracle.request(request_id)

        self._await(lambda: request().committed.bit_count() >= speaking, "commit")
        if silent:
            self._reach(request().commit_ends)
        self._await(lambda: request().revealed.bit_count() >= speaking, "reveal")
        if silent:
            self._reach(request().reveal_ends)

    def _leave(self, state: State) -> None:
        """Wait until the validators have ended a state of the deal."""
        self._await(lambda: self._commission().state != state, f"end the state {state.words}")

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            self._local.check()
            if time.monotonic() > deadline:
                raise LocalMarketError(f"The validators did not {what} within {_PATIENCE} s.")
            time.sleep(_POLL)

    def _commission(self) -> Commission:
        return self._customer.commissions.get(self._id)

    def _reach(self, timestamp: int) -> None:
        self._local.anvil.advance_to(timestamp + 1)

    def _expect(self, state: State) -> None:
        found = self._commission().state
        if found != state:
            raise LocalMarketError(f"The commission is {found.words} where the story has it {state.words}.")

    def _training_data(self, owner: str) -> bytes:
        """A data owner publishes a description of its training data; the data itself stays sealed."""
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
