"""The third chapter: the hospital licenses its model, another is made from it, and a share comes back."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime

from assay.errors import LocalMarketError
from assay.judges.conformity import TestSetPlan
from assay.manifests import Licence, Lineage, ModelManifest
from assay.manifests.licence import Purpose
from assay.market import Market
from assay.markets.model_card import ModelCard
from assay.markets.offer_plan import OfferPlan
from assay.markets.order import Order
from assay.structs import AssessmentState, RoundState, SaleState
from assay_local.demo import cast, patients
from assay_local.demo.developers import DEVELOPERS, train
from assay_local.demo.patients import Patients
from assay_local.demo.stage import Stage
from assay_local.market import LocalMarket, Progress

_MAKER = DEVELOPERS[1]
_PRICES = {cast.HOSPITAL: "900", _MAKER.name: "250"}  # whole tokens per seat
_ROYALTY = 100_000  # ppm
_THRESHOLD = 930_000
_PATIENCE = 3_600  # seconds after which the seller's daemon collects any amount, however small


@dataclass(frozen=True)
class Sold:
    """Licences of one model, sold under the same terms. Amounts are base units.

    Attributes:
        size: size of the ONNX file, bytes.
        rightly: how many of the hospital's patients the opened model diagnosed correctly.
    """

    model: str
    size: int
    seller: str
    buyers: tuple[str, ...]
    paid: int
    fee: int
    royalties: int
    rightly: int

    @property
    def kept(self) -> int:
        """What the seller keeps."""
        return self.paid - self.fee - self.royalties


@dataclass(frozen=True)
class Resold:
    """What the chapter leaves to be told: the hospital's model, and the one that was made from it."""

    parent: Sold
    child: Sold


class Resale(Stage):
    """Plays it once, after the hospital has got its model."""

    def __init__(self, local: LocalMarket, folder: Path, progress: Progress) -> None:
        super().__init__(local, folder, progress, cast.HOSPITAL)
        self._sales: dict[int, list[int]] = {}

    def play(self, order: Order, model_id: int) -> Resold:
        """Play from the hospital's offer of its model to the royalty of a model that was made from it."""
        for name in _PRICES:
            self._progress(f"{name} starts its seller's daemon")
            self._local.spawn_seller(name)
        parent = self._customer.models.latest_version(model_id)
        first = self._offer(cast.HOSPITAL, parent, ("use", "derive"))
        self._buy(cast.CLINIC, first)
        teacher = self._buy(_MAKER.name, first)
        child = self._derive(parent, teacher)
        self._assess(order, child)
        second = self._offer(_MAKER.name, child, ("use",))
        self._buy(cast.NEWCOMER, second)
        self._collect()
        return Resold(self._sold(first), self._sold(second))

    def _offer(self, name: str, good: bytes, purposes: tuple[Purpose, ...]) -> int:
        self._progress(f"{name} offers licences for {', '.join(purposes)}")
        offers, token = self._local.actor(name).offers, self._customer.escrow.token()
        royalty = _ROYALTY if "derive" in purposes else 0
        plan = OfferPlan(token.parse(_PRICES[name]), purposes=purposes, royalty_ppm=royalty)
        return offers.make(offers.draft(good, plan), risk_class=1).offer_id

    def _buy(self, name: str, offer_id: int) -> Path:
        """Pay, wait until the seller's daemon has delivered the key, and open the model."""
        self._progress(f"{name} buys a licence; the seller's daemon delivers the key")
        licences = self._local.actor(name).licences
        bought = licences.buy(licences.quote(offer_id), jurisdiction="US").sale_id
        self._sales.setdefault(offer_id, []).append(bought)
        self._await(lambda: licences.get(bought).is_licence, "see a key delivered")
        path = self._folder / f"{name}.onnx"
        licences.open(licences.get(bought), path)
        return path

    def _derive(self, parent: bytes, teacher: Path) -> bytes:
        """Train a small model to answer as the licensed one does; returns the digest of its manifest."""
        self._progress(f"{_MAKER.name} distils what it has licensed into a small model")
        rows = self._hospitals.north + self._hospitals.south
        path = self._folder / "small.onnx"
        train(_MAKER, Patients(rows.features, _answers(teacher, rows)), path)
        owners = tuple(self._training_data(name).hex() for name in cast.DATA_OWNERS)
        card = ModelCard(
            name=f"{_MAKER.name} triage, small",
            framework=f"scikit-learn {_MAKER.method}",
            intended_use="Second reading of fine-needle biopsies on small devices.",
            limits="Distilled; not for other tissues, other staining or screening images.",
            licence=Licence(spdx="Apache-2.0"),
            lineage=Lineage(parents=(parent.hex(),), datasets=owners),
        )
        return self._local.actor(_MAKER.name).models.publish(path, card)

    def _assess(self, order: Order, child: bytes) -> None:
        """Have a panel test the model on the regulator's patients, whom no developer has seen."""
        self._progress(f"{cast.REGULATOR} registers a test set; a panel tests the small model on it")
        regulator, maker = self._local.actor(cast.REGULATOR), self._local.actor(_MAKER.name)
        data = self._folder / "test set.csv"
        patients.write_csv(self._hospitals.new, self._hospitals.columns, data)
        shared = {name: getattr(order, name) for name in TestSetPlan.model_fields if hasattr(order, name)}
        plan = TestSetPlan(**shared | {"threshold": _THRESHOLD, "panel_size": 5})
        number = maker.conformity.apply(regulator.conformity.register(plan, data).set_id, child).assessment_id
        panel_id = maker.conformity.get(number).panel_id
        self._await(lambda: maker.rounds.get(panel_id).state == RoundState.GRANTING, "seat the panel")
        regulator.conformity.grant_data(number)  # the model's key is granted by the seller's daemon
        self._await(lambda: maker.rounds.get(panel_id).state == RoundState.VOTING, "get the keys")
        request_id = maker.rounds.get(panel_id).request_id
        self._await(partial(self._all_have_spoken, panel_id, request_id), "report")
        timeouts = maker.rounds.get(panel_id).timeouts
        self._reach(maker.oracle.request(request_id).reveal_ends + timeouts.appeal)
        get = maker.conformity.get
        self._await(lambda: get(number).state != AssessmentState.JUDGING, "end the assessment")
        if get(number).state != AssessmentState.PASSED:
            raise LocalMarketError("The small model did not pass where the story has it pass.")

    def _all_have_spoken(self, panel_id: int, request_id: int) -> bool:
        members = self._customer.oracle.panel(panel_id).members
        return self._customer.oracle.request(request_id).revealed.bit_count() == len(members)

    def _collect(self) -> None:
        """Let the time pass in which a wrong key could be refuted, and the daemons collect."""
        self._progress("the challenges pass; the sellers' daemons collect, for ancestors too")
        numbers = [number for some in self._sales.values() for number in some]
        get = self._customer.licences.get
        self._reach(max(get(number).sale.deadline for number in numbers) + _PATIENCE)
        self._await(lambda: all(get(one).state == SaleState.COLLECTED for one in numbers), "collect")

    def _sold(self, offer_id: int) -> Sold:
        """What was sold under an offer, according to the chain."""
        market, names = self._customer, cast.names(self._local)
        records = [market.licences.get(number) for number in self._sales[offer_id]]
        terms = market.licences.terms_of(records[0])
        collected = list(_collections(market, terms.hash))
        manifest = market.session.fetch(terms.offer.good, ModelManifest)
        new = self._hospitals.new
        opened = self._folder / f"{names[records[0].sale.holder]}.onnx"
        return Sold(
            model=manifest.name,
            size=manifest.artifact.plaintext_size,
            seller=names[terms.seller],
            buyers=tuple(names[one.sale.holder] for one in records),
            paid=sum(one.sale.price for one in records),
            fee=sum(fee for fee, _ in collected),
            royalties=sum(royalties for _, royalties in collected),
            rightly=int((_answers(opened, new) == new.labels).sum()),
        )


def _collections(market: Market, terms: bytes) -> Iterator[tuple[int, int]]:
    """Fee and royalties of each payment of sales under the same terms, base units."""
    for event in market.session.events.find("Licences", "Collected", terms=terms):
        yield event.arguments["fee"], event.arguments["royalties"]


def _answers(model: Path, rows: Patients) -> patients.Labels:
    """A model's answer for each patient."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["probabilities"], {"features": rows.features})
    answers: patients.Labels = np.argmax(probabilities, axis=1).astype(np.int64)
    return answers
