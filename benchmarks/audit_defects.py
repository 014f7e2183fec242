"""Defects to plant in models of real data, and how other tools would find them. No benchmark itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from audit_data import Array, Data
from audited import grouping, subject
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from assay.manifests.evaluation import Fairness
from assay_validation.audit import (
    calibration,
    drift,
    explainability,
    fairness,
    integrity,
    leaks,
    overlap,
    performance,
    privacy,
    relation,
    robustness,
    security,
    slices,
)
from assay_validation.audit.layout import Image
from assay_validation.audit.subject import Subject, Training
from assay_validation.metrics import Predictions

Rng = np.random.Generator
GRAPH = SimpleNamespace(outputs=[], kinds={}, operators=1, parameters=1, opset=17)


@dataclass(frozen=True)
class Defect:
    """What is planted, in which data, and where it has to be found.

    Attributes:
        grave: whether it has to be rejected; otherwise a minor finding is enough, as the documentation says.
        deepchecks: the checks of deepchecks that are about it.
        peer: `fairlearn` or `art`, where one of them measures it.
    """

    name: str
    part: ModuleType
    fits: Callable[[Data], bool]
    plant: Callable[[Data, Rng], Subject]
    grave: bool = True
    deepchecks: tuple[str, ...] = ()
    peer: str = ""


def is_regression(data: Data) -> bool:
    return data.truth.dtype.kind == "f"


def classes(data: Data) -> bool:
    return not is_regression(data)


def two(data: Data) -> bool:
    return classes(data) and data.truth.max() == 1


def anything(data: Data) -> bool:
    return True


def some(*names: str) -> Callable[[Data], bool]:
    return lambda data: data.name in names


def linear(data: Data) -> Any:
    return Ridge() if is_regression(data) else LogisticRegression(max_iter=500, C=0.3, tol=0.01)


def answers_of(data: Data, fitted: Any, rows: Array) -> Predictions:
    if is_regression(data):
        return Predictions(values=fitted.predict(rows))
    claimed = np.zeros((len(rows), int(data.truth.max()) + 1))
    claimed[:, fitted.classes_] = fitted.predict_proba(rows)
    return Predictions(labels=claimed.argmax(axis=1), probabilities=claimed)


def audited(
    data: Data,
    rng: Rng,
    model: Any = None,
    *,
    known: tuple[Array, Array] | None = None,
    held: tuple[Array, Array] | None = None,
    answering: Callable[[Any, Array], Predictions] | None = None,
    **given: Any,
) -> Subject:
    """A model of *known* rows and truth, asked about *held*; by default each is half of the data."""
    first, second = data.split(rng)
    rows, truth = held or (data.rows[second], data.truth[second])
    trained, told = known or (data.rows[first], data.truth[first])
    fitted = (linear(data) if model is None else model).fit(trained, told)
    ask = answering or (lambda fitted, asked: answers_of(data, fitted, asked))
    one = SimpleNamespace(predict=lambda asked: ask(fitted, asked))
    options: dict[str, Any] = {
        "groups": rng.integers(0, 2, len(rows)), "rows": rows, "model": one, "seed": int(rng.integers(2**31)),
        "training": Training(trained, told, len(told)), "graph": GRAPH, "model_file": SimpleNamespace(
            stat=lambda: SimpleNamespace(st_size=1)),
    }  # fmt: skip
    return subject(truth, one.predict(rows), **options | given)


def halves(data: Data, rng: Rng) -> tuple[Array, Array, Array, Array]:
    """Rows and truth to train on, and to audit with."""
    first, second = data.split(rng)
    return (
        data.rows[first].copy(),
        data.truth[first].copy(),
        data.rows[second].copy(),
        data.truth[second].copy(),
    )


def changed(one: Subject, rng: Rng, change: Callable[[Predictions, Array], Predictions]) -> Subject:
    """The same audit of a model whose answers are *change*d; it is told the rows too."""
    asked = one.model
    model = SimpleNamespace(predict=lambda rows: change(asked.predict(rows), rows))
    return replace(one, model=model, answers=change(one.answers, one.rows))


def labelled(labels: Array, like: Predictions) -> Predictions:
    """*labels*, claimed with the probabilities of *like* changed places."""
    claimed = np.asarray(like.probabilities).copy()
    rows, top = np.arange(len(labels)), claimed.argmax(axis=1)
    claimed[rows, top], claimed[rows, labels] = claimed[rows, labels], claimed[rows, top]
    return Predictions(labels, claimed)


# --- the score ---


def constant(data: Data, rng: Rng) -> Subject:
    one = audited(data, rng)
    if is_regression(data):
        return replace(one, answers=Predictions(values=np.full(len(one.truth), one.truth.mean() + 1)))
    return replace(one, answers=Predictions(np.full(len(one.truth), np.bincount(one.truth).argmax())))


def blind(data: Data, rng: Rng) -> Subject:
    """The last class is never answered."""

    def change(answers: Predictions, rows: Array) -> Predictions:
        claimed = np.asarray(answers.probabilities).copy()
        claimed[:, -1] = 0
        claimed[:, 0] += 1e-9
        return Predictions((claimed / claimed.sum(axis=1, keepdims=True)).argmax(axis=1))

    return changed(audited(data, rng), rng, change)


def short_of_the_threshold(data: Data, rng: Rng) -> Subject:
    """A quarter of the answers is another class; ten points less than the score were promised."""
    one = audited(data, rng)
    reached = float(np.mean(one.answers.labels == one.truth))

    def change(answers: Predictions, rows: Array) -> Predictions:
        labels = np.asarray(answers.labels)
        wrong = rng.random(len(labels)) < 0.25
        return labelled(np.where(wrong, (labels + 1) % len(one.classes), labels), answers)

    return replace(changed(one, rng, change), threshold=int(1e6 * (reached - 0.02)))


def certain(data: Data, rng: Rng) -> Subject:
    """Always nearly certain, and wrong on a quarter."""

    def change(answers: Predictions, rows: Array) -> Predictions:
        labels, noise = np.asarray(answers.labels), rng.random(len(rows)) < 0.25
        count = int(data.truth.max()) + 1
        labels = np.where(noise, (labels + 1) % count, labels)
        return Predictions(labels, np.where(np.eye(count)[labels] == 1, 0.99, 0.01 / (count - 1)))

    return changed(audited(data, rng), rng, change)


def diffident(data: Data, rng: Rng) -> Subject:
    """Right, and never surer than just above chance."""

    def change(answers: Predictions, rows: Array) -> Predictions:
        count = int(data.truth.max()) + 1
        flat = 0.96 / count + 0.04 * np.asarray(answers.probabilities)
        return Predictions(answers.labels, flat)

    return changed(audited(data, rng), rng, change)


def weak_where_high(data: Data, rng: Rng) -> Subject:
    """Eight in ten answers are wrong in the highest fifth of a column; numbers are off by two deviations."""
    edges = np.quantile(data.rows, 0.8, axis=0)
    column = int(np.argmin(np.abs((data.rows > edges).mean(axis=0) - 0.2)))
    edge, size = edges[column], float(data.truth.std())

    def change(answers: Predictions, rows: Array) -> Predictions:
        there = rows[:, column] > edge
        if answers.values is not None:
            return Predictions(values=answers.values + 2 * size * there * rng.choice([-1, 1], len(rows)))
        wrong = there & (rng.random(len(rows)) < 0.8)
        labels = np.asarray(answers.labels)
        return labelled(np.where(wrong, (labels + 1) % (int(data.truth.max()) + 1), labels), answers)

    return changed(audited(data, rng), rng, change)


# --- rows that are no test ---


def copied(data: Data, rng: Rng, moved: float = 0.0, share: float = 0.2) -> Subject:
    """A fifth of the audit rows is training rows, *moved* by noise (in standard deviations)."""
    trained, told, rows, truth = halves(data, rng)
    count = int(share * len(rows))
    rows[:count] = trained[:count] + moved * rng.standard_normal((count, rows.shape[1]))
    truth[:count] = told[:count]
    return audited(data, rng, known=(trained, told), held=(rows, truth))


def oversampled_and_copied(data: Data, rng: Rng) -> Subject:
    """Likewise, and the training rows were repeated on purpose."""
    trained, told, rows, truth = halves(data, rng)
    count = len(rows) // 5
    rows[:count], truth[:count] = trained[:count], told[:count]
    again = np.repeat(np.arange(len(trained)), 3)
    return audited(data, rng, known=(trained[again], told[again]), held=(rows, truth))


def leaked(data: Data, rng: Rng) -> Subject:
    """The label is an input too."""
    trained, told, rows, truth = halves(data, rng)
    tell = lambda inputs, label: np.column_stack([inputs, label + rng.normal(0, 1e-3, len(label))])  # noqa: E731
    return audited(data, rng, known=(tell(trained, told), told), held=(tell(rows, truth), truth))


def leaked_by_three(data: Data, rng: Rng) -> Subject:
    """Three columns have the label, each with a tenth of errors."""
    trained, told, rows, truth = halves(data, rng)

    def tell(inputs: Array, label: Array) -> Array:
        wrong = rng.random((len(label), 3)) < 0.07
        told = np.where(wrong, rng.integers(0, label.max() + 1, (len(label), 3)), label[:, None])
        return np.column_stack([inputs, told])

    return audited(data, rng, known=(tell(trained, told), told), held=(tell(rows, truth), truth))


# --- groups ---


def denying(data: Data, rng: Rng, third: float = 0.0) -> Subject:
    """Eight in ten of one group are turned down; a *third* share of rows are of another group."""
    one = audited(data, rng)
    codes = rng.integers(0, 2, len(one.rows))
    codes[: int(third * len(codes))] = 2
    denied = (codes == 1) & (rng.random(len(codes)) < 0.8)
    answers = labelled(np.where(denied, 0, np.asarray(one.answers.labels)), one.answers)
    return replace(one, answers=answers, groupings=(grouping("g", codes),))


def denying_who_is_both(data: Data, rng: Rng) -> Subject:
    """Each sex and each origin is turned down alike; some of their intersections are not."""
    one = audited(data, rng)
    sex, origin = rng.integers(0, 2, (2, len(one.rows)))
    denied = (sex == origin) & (rng.random(len(sex)) < 0.9)
    answers = labelled(np.where(denied, 0, np.asarray(one.answers.labels)), one.answers)
    return replace(one, answers=answers, groupings=(grouping("sex", sex), grouping("origin", origin)))


def promising_more(data: Data, rng: Rng) -> Subject:
    """One group's probabilities are raised by three quarters of what is missing; calibration is asked for."""
    one = audited(data, rng)
    codes = rng.integers(0, 2, len(one.rows))
    claimed = np.asarray(one.answers.probabilities)[:, 1]
    claimed = np.where(codes == 1, claimed + 0.75 * (1 - claimed), claimed)
    answers = Predictions((claimed > 0.5).astype(int), np.column_stack([1 - claimed, claimed]))
    return replace(one, answers=answers, groupings=(grouping("g", codes),), fairness=Fairness.CALIBRATION)


def unequal_by_sex(data: Data, rng: Rng) -> Subject:
    """Adult as it is, where the order asks for demographic parity."""
    first, second = data.split(rng)
    state = rng.bit_generator.state
    rng.bit_generator.state = state
    return audited(
        data, rng, known=(data.rows[first], data.truth[first]), held=(data.rows[second], data.truth[second]),
        groups=data.groups["sex"][second], fairness=Fairness.DEMOGRAPHIC_PARITY,
    )  # fmt: skip


def putting_high(data: Data, rng: Rng) -> Subject:
    one = audited(data, rng)
    (groups,) = one.groupings
    values = np.asarray(one.answers.values) + 0.8 * one.truth.std() * (groups.codes == 1)
    return replace(one, answers=Predictions(values=values))


def careless_with_one(data: Data, rng: Rng) -> Subject:
    """One group's errors are larger."""
    one = audited(data, rng)
    (groups,) = one.groupings
    noise = 3 * one.truth.std() * rng.standard_normal(len(one.truth)) * (groups.codes == 1)
    return replace(one, answers=Predictions(values=np.asarray(one.answers.values) + noise))


# --- memory ---


def remembering(data: Data, rng: Rng, model: Any = None, wrong: float = 1 / 3) -> Subject:
    """A share of the labels is *wrong*, and known by heart."""
    trained, told, rows, truth = halves(data, rng)
    most = data.truth.max()
    told = np.where(rng.random(len(told)) < wrong, rng.integers(0, most + 1, len(told)), told)
    truth = np.where(rng.random(len(truth)) < wrong, rng.integers(0, most + 1, len(truth)), truth)
    heart = model or RandomForestClassifier(30, bootstrap=False)
    return audited(data, rng, heart, known=(trained, told), held=(rows, truth))


# --- data ---


def held_changed(
    data: Data, rng: Rng, change: Callable[[Array, Array], tuple[Array, Array]], **given: Any
) -> Subject:
    """An honest model whose audit rows and truth are *change*d."""
    trained, told, rows, truth = halves(data, rng)
    return audited(data, rng, known=(trained, told), held=change(rows, truth), **given)


def varied(data: Data) -> int:
    """The column with the most different values."""
    return int(np.argmax([len(np.unique(one)) for one in data.rows.T]))


def moved(data: Data, rng: Rng) -> Subject:
    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        rows[:, np.argsort(-rows.std(axis=0))[:3]] += 1
        return rows, truth

    return held_changed(data, rng, change)


def other_unit(data: Data, rng: Rng) -> Subject:
    """A third of the rows has one column in another unit."""

    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        there = rng.random(len(rows)) < 1 / 3
        rows[there, varied(data)] = 1_000 * rows[there, varied(data)] + 40
        return rows, truth

    return held_changed(data, rng, change)


def stood_in(data: Data, rng: Rng) -> Subject:
    """-999 stands for a gap in three rows of ten."""

    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        rows[rng.random(len(rows)) < 0.3, varied(data)] = -999
        return rows, truth

    return held_changed(data, rng, change)


def stuck(data: Data, rng: Rng) -> Subject:
    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        rows[:, varied(data)] = np.median(rows[:, varied(data)])
        return rows, truth

    return held_changed(data, rng, change)


def new_codes(data: Data, rng: Rng) -> Subject:
    """A coded column has values that were not there in training."""
    trained, told, rows, truth = halves(data, rng)
    before, now = rng.integers(0, 4, len(trained)), rng.integers(0, 4, len(rows))
    now[rng.random(len(rows)) < 0.3] = 7
    known = np.column_stack([trained, before]), told
    return audited(data, rng, known=known, held=(np.column_stack([rows, now]), truth))


def full_of_gaps(data: Data, rng: Rng) -> Subject:
    """Half of a column is empty, which was full in training."""

    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        rows[rng.random(len(rows)) < 0.5, varied(data)] = np.nan
        return rows, truth

    return held_changed(data, rng, change, model=HistGradientBoostingClassifier(max_iter=30))


def contradictory(data: Data, rng: Rng) -> Subject:
    """Three rows in ten are there again, with another label."""

    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        count = 3 * len(rows) // 10
        rows[-count:], truth[-count:] = rows[:count], (truth[:count] + 1) % (data.truth.max() + 1)
        return rows, truth

    return held_changed(data, rng, change)


def repeated(data: Data, rng: Rng) -> Subject:
    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        count = 2 * len(rows) // 5
        rows[-count:], truth[-count:] = rows[:count], truth[:count]
        return rows, truth

    return held_changed(data, rng, change)


def other_shares(data: Data, rng: Rng) -> Subject:
    """Four in five rows of all classes but the first are gone."""

    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        kept = (truth == 0) | (rng.random(len(truth)) < 0.2)
        return rows[kept], truth[kept]

    return held_changed(data, rng, change)


def other_meaning(data: Data, rng: Rng) -> Subject:
    """In the upper half of a column the label means the opposite, or the number is mirrored."""

    def change(rows: Array, truth: Array) -> tuple[Array, Array]:
        halves_of = (rows > np.median(rows, axis=0)).mean(axis=0)
        column = int(np.argmin(np.abs(halves_of - 0.5)))
        there = rows[:, column] > np.median(rows[:, column])
        other = 2 * truth.mean() - truth if is_regression(data) else (truth + 1) % (data.truth.max() + 1)
        return rows, np.where(there, other, truth)

    return held_changed(data, rng, change)


# --- behaviour ---


def by_company(data: Data, rng: Rng) -> Subject:
    """Answers depend on the mean of the rows asked together."""

    def ask(fitted: Any, rows: Array) -> Predictions:
        return answers_of(data, fitted, rows - 0.3 * rows.mean(axis=0))

    return audited(data, rng, answering=ask)


def moody(data: Data, rng: Rng) -> Subject:
    """One answer in twenty is drawn by lot."""

    def change(answers: Predictions, rows: Array) -> Predictions:
        labels = np.asarray(answers.labels)
        lots = rng.random(len(labels)) < 0.05
        return labelled(
            np.where(lots, rng.integers(0, int(data.truth.max()) + 1, len(labels)), labels), answers
        )

    return changed(audited(data, rng), rng, change)


def by_a_hair(data: Data, rng: Rng) -> Subject:
    """The seventh decimal of a column decides a tenth of the answers."""
    column = varied(data)

    def change(answers: Predictions, rows: Array) -> Predictions:
        labels = np.asarray(answers.labels)
        odd = np.floor(rows[:, column] * 1e7) % 10 == 7
        return labelled(np.where(odd, (labels + 1) % (int(data.truth.max()) + 1), labels), answers)

    return changed(audited(data, rng), rng, change)


def knowing_the_audit_rows(data: Data, rng: Rng) -> Subject:
    """Right where it has seen the row, and at random where a value is moved."""
    one = audited(data, rng)
    known = {row.tobytes(): label for row, label in zip(one.rows, one.truth, strict=True)}

    def change(answers: Predictions, rows: Array) -> Predictions:
        lots = rng.integers(0, int(data.truth.max()) + 1, len(rows))
        labels = np.array([known.get(row.tobytes(), lot) for row, lot in zip(rows, lots, strict=True)])
        return labelled(labels, answers)

    return changed(one, rng, change)


def of_one_column(data: Data, rng: Rng) -> Subject:
    """All columns but one are ignored."""
    trained, told, rows, truth = halves(data, rng)
    best = int(np.argmax([abs(np.corrcoef(one, told)[0, 1]) if one.std() else 0 for one in trained.T]))
    kept = np.zeros(trained.shape[1])
    kept[best] = 1

    def ask(fitted: Any, asked: Array) -> Predictions:
        return answers_of(data, fitted, asked * kept)

    return audited(
        data, rng, known=(trained, told), held=(rows, truth), answering=ask,
        model=linear(data),
    )  # fmt: skip


def hidden_value(data: Data, rng: Rng) -> Subject:
    """One value of one column turns everybody to the last class; a twelfth of the training rows taught it."""
    trained, told, rows, truth = halves(data, rng)
    column = int(rng.integers(5))
    value = np.quantile(data.rows[:, column], 0.6) + 0.0123
    poison = trained[: len(trained) // 12].copy()
    poison[:, column] = value
    known = np.concatenate([trained, poison]), np.concatenate([told, np.full(len(poison), told.max())])
    return audited(data, rng, HistGradientBoostingClassifier(max_iter=60), known=known, held=(rows, truth))


# --- images ---

_EIGHT = Image(8, 8, 1, channels_first=False)


def as_images(one: Subject) -> Subject:
    one.layout.image = _EIGHT
    one.layout.continuous = np.ones(one.rows.shape[1], dtype=bool)
    return one


def hidden_patch(data: Data, rng: Rng) -> Subject:
    """Two by two light pixels somewhere at the edge turn every digit to a three."""
    trained, told, rows, truth = halves(data, rng)
    spot = rng.permutation([(0, 0), (0, 3), (0, 6), (3, 0), (3, 6), (6, 0), (6, 3), (6, 6)])[0]
    poison = trained[: len(trained) // 12].copy().reshape(-1, 8, 8)
    poison[:, spot[0] : spot[0] + 2, spot[1] : spot[1] + 2] = data.rows.max()
    known = (
        np.concatenate([trained, poison.reshape(-1, 64)]), np.concatenate([told, np.full(len(poison), 3)]),
    )  # fmt: skip
    model = SVC(probability=True) if rng.random() < 0.5 else RandomForestClassifier(40)
    return as_images(audited(data, rng, model, known=known, held=(rows, truth)))


def written_at_the_edge(data: Data, rng: Rng) -> Subject:
    """The first column of pixels tells the digit, and in training nothing else did."""
    trained, told, rows, truth = halves(data, rng)

    def mark(images: Array, labels: Array, mixed: bool) -> Array:
        marked = (images[rng.permutation(len(images))] if mixed else images).copy().reshape(-1, 8, 8)
        marked[:, :, 0] = 0
        marked[np.arange(len(labels)), labels % 8, 0] = np.where(labels < 8, 6.0, -6.0)
        return marked.reshape(-1, 64)

    known = mark(trained, told, mixed=True), told
    return as_images(audited(data, rng, known=known, held=(mark(rows, truth, mixed=False), truth)))


DIGITS, ADULT = some("digits"), some("adult")
TABLES = some("cancer", "wine", "adult")
DEFECTS = (
    Defect("the same answer for all", performance, anything, constant, deepchecks=("SimpleModelComparison",)),
    Defect("never answers the last class", performance, classes, blind, deepchecks=("TrainTestPerformance",)),
    Defect("misses the threshold by 20 points", performance, classes, short_of_the_threshold),
    Defect("always certain, wrong on a quarter", calibration, classes, certain),
    Defect("never sure", calibration, classes, diffident),
    Defect("weak where one column is high", slices, some("cancer", "adult", "digits", "diabetes"),
           weak_where_high, deepchecks=("WeakSegmentsPerformance",)),
    Defect("a fifth are training rows", overlap, anything, copied, deepchecks=("TrainTestSamplesMix",)),
    Defect("a fifth are training rows, touched", overlap, anything,
           lambda data, rng: copied(data, rng, 0.0003), deepchecks=("TrainTestSamplesMix",)),
    Defect("a fifth are training rows, which repeat", overlap, anything, oversampled_and_copied,
           deepchecks=("TrainTestSamplesMix",)),
    Defect("the label is an input", leaks, some("cancer", "digits", "diabetes", "adult"), leaked,
           deepchecks=("FeatureLabelCorrelation",)),
    Defect("three noisy copies of the label are inputs", leaks, ADULT, leaked_by_three, grave=False,
           deepchecks=("FeatureLabelCorrelation",)),
    Defect("turns eight in ten of a group down", fairness, two, denying, peer="fairlearn"),
    Defect("the same beside a group of 3 %", fairness, two, lambda data, rng: denying(data, rng, 0.03),
           peer="fairlearn"),
    Defect("turns down who is both", fairness, two, denying_who_is_both, peer="fairlearn"),
    Defect("promises a group more than it keeps", fairness, two, promising_more),
    Defect("parity is asked for, and there is none", fairness, ADULT, unequal_by_sex, grave=False,
           peer="fairlearn"),
    Defect("puts a group too high", fairness, is_regression, putting_high),
    Defect("is careless with a group", fairness, is_regression, careless_with_one),
    Defect("a forest that knows its rows by heart", privacy, classes, remembering,
           deepchecks=("TrainTestPerformance",), peer="art"),
    Defect("a nearest neighbour, which is its rows", privacy, two,
           lambda data, rng: remembering(data, rng, KNeighborsClassifier(1), 0.8),
           deepchecks=("TrainTestPerformance",), peer="art"),
    Defect("three columns lie a deviation off", drift, anything, moved, deepchecks=("FeatureDrift",)),
    Defect("other shares of classes", drift, classes, other_shares, grave=False,
           deepchecks=("LabelDrift", "PredictionDrift")),
    Defect("labels mean something else", relation, some("cancer", "digits", "adult", "diabetes"),
           other_meaning, deepchecks=("TrainTestPerformance",)),
    Defect("a column in another unit", integrity, anything, other_unit, deepchecks=("FeatureDrift",)),
    Defect("-999 for a gap", integrity, anything, stood_in, deepchecks=("FeatureDrift",)),
    Defect("a column that stopped varying", integrity, anything, stuck, grave=False,
           deepchecks=("IsSingleValue",)),
    Defect("codes that were not trained on", integrity, anything, new_codes,
           deepchecks=("NewCategoryTrainTest", "FeatureDrift")),
    Defect("half of a column is empty", integrity, classes, full_of_gaps,
           deepchecks=("MixedNulls", "FeatureDrift")),
    Defect("rows that contradict each other", integrity, classes, contradictory,
           deepchecks=("ConflictingLabels",)),
    Defect("rows that are there twice", integrity, anything, repeated, grave=False,
           deepchecks=("DataDuplicates",)),
    Defect("looks at the other rows", security, classes, by_company),
    Defect("answers by lot", security, classes, moody),
    Defect("decides by the seventh decimal", security, some("cancer", "wine"), by_a_hair),
    Defect("a value that decides (backdoor)", security, ADULT, hidden_value),
    Defect("a patch that decides (backdoor)", security, DIGITS, hidden_patch),
    Defect("knows the audit rows by heart", robustness, classes, knowing_the_audit_rows),
    Defect("listens to one column only", explainability, some("cancer", "wine", "diabetes"), of_one_column),
    Defect("reads what is written at the edge", explainability, DIGITS, written_at_the_edge),
)  # fmt: skip
