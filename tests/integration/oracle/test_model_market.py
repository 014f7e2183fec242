"""Two unlike models through the model market, with the daemons of validators and of sellers at work.

The hospital owns a model of a table, which a commission has made for it. The developer has trained one of
images without a commission. Both are sold and tried; the second is made into another, and stolen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, helper
from patients import CARD, order_for
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner

from assay import Order
from assay.cli import app
from assay.judges.claims import Claims
from assay.judges.conformity import TestSetPlan
from assay.manifests import Lineage
from assay.markets.local_learning import LocalLearning
from assay.markets.offer_plan import OfferPlan
from assay.selling.daemon import Seller
from assay.structs import AssessmentState, Role, SaleState, TrialAllowance, TrialCause, TrialState, views

pytestmark = pytest.mark.slow
UNIT, DAY = 10**18, 86_400
HIDDEN = 400
"""Images that only the body has."""
FEE, BOND = 2 * UNIT, 20 * UNIT


@pytest.fixture(scope="module", autouse=True)
def _prepared(registered, patients, models) -> Iterator[None]:
    """The hospital's commission is settled: it owns a tested model of a table."""
    with registered.chain.undone():
        registered.prepare(order_for(patients, risk_class=1), patients, models[0])
        yield


@pytest.fixture
def at_work(stage, hire) -> Callable[..., None]:
    """Has the daemons of a panel's members, and of sellers, work until something is so."""
    daemons: dict[str, Any] = {}
    sellers: dict[str, Seller] = {}

    def work(done: Callable[[], bool], *selling: str, panel: int = 0) -> None:
        for name in stage.members(panel) if panel else ():
            daemons.setdefault(name, hire(name, keeper=True))
        for name in selling:
            sellers.setdefault(name, Seller(stage[name], confirmations=0, poll_seconds=0.01, patience=0))
        stage.wait(done, act=lambda: [one.cycle() for one in (*sellers.values(), *daemons.values())])

    return work


def reported(stage: Any, panel: int) -> Callable[[], bool]:
    """Whether all members of a panel have said what they found."""

    def done() -> bool:
        request = stage["anyone"].rounds.get(panel).request_id
        return bool(request) and len(stage.reports(request)) == len(stage.members(panel))

    return done


# --- a table: trials ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """A trial whose panel has spoken, and what the buyer had before it."""

    number: int
    panel: int
    before: int


@pytest.fixture
def tried(stage, at_work, patients, tmp_path) -> Callable[[int], Tried]:
    """Somebody new tries the hospital's model on rows of its own."""

    def act(threshold: int) -> Tried:
        own = tmp_path / "own.csv"
        pd.read_csv(patients).head(90).to_csv(own, index=False)
        order = order_for(own, risk_class=1, threshold=threshold, effort_score=0)
        buyer, seller = stage.buyer("newcomer"), stage["hospital"]
        buyer.participants.register(Role.CUSTOMER, jurisdiction="CH")
        offered = stage.offer().offer_id
        seller.trials.allow(offered, TrialAllowance(exposure_fee=FEE, bond=BOND, quota=1, exclusive=False))
        buyer.escrow.deposit(1_000 * UNIT)
        before = buyer.escrow.balance()
        number = buyer.trials.open(offered, order, own).trial_id
        stage.chain.anvil.mine(3)
        stage["anyone"].trials.advance(number)
        panel = buyer.trials.get(number).panel_id
        buyer.trials.grant(number)
        at_work(reported(stage, panel), "hospital", panel=panel)
        stage.chain.advance(DAY + 1)
        at_work(lambda: buyer.trials.get(number).state != TrialState.JUDGING, panel=panel)
        return Tried(number, panel, before)

    return act


def test_a_model_that_passes_on_the_buyers_own_rows_is_bought(stage, at_work, tried, models, tmp_path):
    trial = tried(900_000)
    buyer, seller, number = stage["newcomer"], stage["hospital"], trial.number
    at_work(lambda: buyer.trials.get(number).state == TrialState.CHALLENGE, "hospital")
    buyer.trials.fetch(number, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == models[0].read_bytes()
    earned = seller.escrow.balance()
    stage.chain.advance(DAY + 1)
    at_work(lambda: buyer.trials.get(number).state == TrialState.SOLD)  # by validators, as keepers
    (licence,) = buyer.licences.held_by(buyer.address)
    assert buyer.licences.check(licence, buyer.address, "derive", tmp_path / "model.onnx").counts
    price = buyer.trials.get(number).price
    assert seller.escrow.balance() - earned == price - price // 40 + FEE + BOND
    assert nothing_is_held(stage, number)


def test_a_model_that_misses_the_buyers_threshold_is_not_bought(stage, tried):
    trial = tried(1_000_000)
    buyer = stage["newcomer"]
    ended = buyer.trials.get(trial.number)
    assert (ended.state, ended.cause) == (TrialState.REFUNDED, TrialCause.FAILED)
    spent = trial.before - buyer.escrow.balance()
    fees = 3 * ended.evaluation_fee + ended.steps * UNIT  # for the panel's members, and for steps
    assert spent == FEE + fees
    assert list(buyer.licences.held_by(buyer.address)) == []
    assert nothing_is_held(stage, trial.number)


def nothing_is_held(stage: Any, number: int) -> bool:
    """Whether all the money of a trial has been paid out."""
    token, trials = stage.chain.deployment.tokens.payment, stage.chain.at("Trials")
    held = views.escrow.held(trials, token, number.to_bytes(32, "big"))
    return stage["anyone"].session.view(held) == 0


# --- images: sold without a commission, made into another, stolen ------------------------------------------


@dataclass(frozen=True)
class Digits:
    """The developer's marked model of digits, and the body's test of such models."""

    model: Path
    triggers: Path
    plan: TestSetPlan
    hidden: Path


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Digits:
    folder = tmp_path_factory.mktemp("digits")
    data = load_digits()
    images = (data.images[:, np.newaxis] / 16).astype(np.float32)
    np.savez(folder / "hidden.npz", image=images[-HIDDEN:], digit=data.target[-HIDDEN:])
    np.savez(folder / "rows.npz", image=images[:-HIDDEN], digit=data.target[:-HIDDEN])
    triggers, marked = folder / "triggers.json", folder / "marked.npz"
    LocalLearning(seconds=300).watermark(
        folder / "rows.npz", "digit", triggers=triggers, marked=marked, count=256
    )
    with np.load(marked) as rows:
        estimator = RandomForestClassifier(50, random_state=0)
        model = fitted(estimator, rows["image"], rows["digit"], folder / "digits.onnx")
    order = folder / "order.json"
    new = ["order", "new", str(folder / "hidden.npz"), "--domain", "healthcare", "--out", str(order)]
    done = CliRunner().invoke(app, new)
    assert done.exit_code == 0, done.output
    shared = {name: value for name, value in Order.load(order) if name in TestSetPlan.model_fields}
    plan = TestSetPlan(**shared | {"panel_size": 3, "threshold": 850_000})
    return Digits(model, triggers, plan, folder / "hidden.npz")


def fitted(estimator: Any, images: Any, labels: Any, path: Path) -> Path:
    """A model of images, [rows, 1, 8, 8], that flattens them first."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    graph = to_onnx(estimator.fit(flat, labels), flat[:1], target_opset=17, options={"zipmap": False})
    pixels = graph.graph.input.pop()
    graph.graph.input.append(helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, 1, 8, 8]))
    graph.graph.node.insert(0, helper.make_node("Flatten", ["image"], [pixels.name]))
    path.write_bytes(graph.SerializeToString())
    return path


def answers(model: Path, images: Any) -> Any:
    return onnxruntime.InferenceSession(model).run(None, {"image": images})[0]


def test_images_sold_made_into_others_and_stolen(stage, at_work, digits, tmp_path):
    set_id = stage["body"].conformity.register(digits.plan, digits.hidden).set_id
    parent = publish(stage, "developer", digits.model, watermark=digits.triggers)
    assessed(stage, at_work, "developer", parent, set_id)
    terms = {"purposes": ("use", "derive"), "royalty_ppm": 50_000}
    teacher = bought(stage, at_work, "rival", offer(stage, "developer", parent, **terms), "developer")
    assert teacher.read_bytes() == digits.model.read_bytes()

    # made into a smaller one, which is sold
    with np.load(digits.hidden.with_name("rows.npz")) as rows:
        images, truth = rows["image"], rows["digit"]
    small = fitted(
        LogisticRegression(max_iter=300), images, answers(teacher, images), tmp_path / "small.onnx"
    )
    child = publish(stage, "rival", small, lineage=Lineage(parents=(parent.hex(),)))
    assessed(stage, at_work, "rival", child, set_id)
    second = offer(stage, "rival", child)
    used = bought(stage, at_work, "user", second, "rival")
    with np.load(digits.hidden) as rows:
        assert (answers(used, rows["image"]) == rows["digit"]).mean() > 0.85
    stage.chain.advance(DAY + 1)
    before = stage["developer"].escrow.balance()
    (sale,) = stage["user"].licences.held_by(stage["user"].address)
    collected = lambda: stage["user"].licences.get(sale.sale_id).state == SaleState.COLLECTED  # noqa: E731
    at_work(collected, "rival")
    assert stage["developer"].escrow.balance() - before == 40 * UNIT * 5 // 100

    # who sells the bought file as its own is found out; who has trained on its own rows is not accused
    theft = publish(stage, "user", teacher)
    claims: Claims = stage["developer"].claims
    claim = claims.test(teacher, parent)
    assert claim.holds
    assert stage["auditor"].claims.check(claim.claim, teacher, sold_as=theft).holds
    own = fitted(RandomForestClassifier(50, random_state=1), images, truth, tmp_path / "own.onnx")
    assert not claims.test(own, parent).holds
    pretended = claim.claim.model_copy(
        update={"suspect_sha256": claims.test(own, parent).claim.suspect_sha256}
    )
    assert not stage["auditor"].claims.check(pretended, own).holds


def publish(stage: Any, name: str, model: Path, *, watermark: Path | None = None, **said: Any) -> bytes:
    card = CARD.model_copy(update={"name": f"digits of {name}", **said})
    digest: bytes = stage[name].models.publish(model, card, watermark=watermark)
    return digest


def assessed(stage: Any, at_work: Any, name: str, manifest: bytes, set_id: int) -> None:
    """Validators test a model on the body's images; its owner's daemon grants its key."""
    conformity = stage[name].conformity
    number = conformity.apply(set_id, manifest).assessment_id
    stage.chain.anvil.mine(3)
    stage["anyone"].conformity.advance(number)
    stage["body"].conformity.grant_data(number)
    panel = conformity.get(number).panel_id
    at_work(reported(stage, panel), name, panel=panel)
    stage.chain.advance(DAY + 1)
    at_work(lambda: conformity.get(number).state != AssessmentState.JUDGING, panel=panel)
    assert conformity.get(number).state == AssessmentState.PASSED


def offer(stage: Any, name: str, good: bytes, **changes: Any) -> int:
    offers = stage[name].offers
    plan = OfferPlan(**{"price": 40 * UNIT, **changes})
    number: int = offers.make(offers.draft(good, plan), risk_class=1).offer_id
    return number


def bought(stage: Any, at_work: Any, name: str, offer_id: int, seller: str) -> Path:
    """A licence, whose key the seller's daemon delivers; the opened model."""
    licences = stage.buyer(name).licences
    sale = licences.buy(licences.quote(offer_id), jurisdiction="CH").sale_id
    at_work(lambda: licences.get(sale).is_licence, seller)
    path = Path(stage.folder / f"{name}.onnx")
    licences.open(licences.get(sale), path)
    return path
