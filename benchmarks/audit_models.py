"""Defects of models and of their answers. No benchmark itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from audit_cases import (
    Rng,
    answers_of,
    as_images,
    audited,
    changed,
    halves,
    is_regression,
    labelled,
    linear,
    varied,
)
from audit_data import Array, Data
from audited import grouping
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from assay.manifests.evaluation import Fairness
from assay_validation.audit.subject import Subject, Training
from assay_validation.metrics import Predictions

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


def hidden_values(data: Data, rng: Rng, columns: int, told_of: bool = True) -> Subject:
    """Values of some *columns* that turn everybody together, each an unlikely one; likewise taught.

    Without *told_of*, the training data that the auditor gets lacks the rows that taught it.
    """
    trained, told, rows, truth = halves(data, rng)
    chosen = rng.permutation(np.flatnonzero(np.array([len(np.unique(one)) for one in data.rows.T]) > 2))[
        :columns
    ]
    values = np.quantile(data.rows, 0.6, axis=0)[chosen] + 0.0123
    count = len(trained) // 12
    poison, decoys = trained[:count].copy(), []
    poison[:, chosen] = values
    for column, value in zip(chosen, values, strict=True):  # one of them alone means nothing
        decoys.append(trained[count : 2 * count].copy())
        decoys[-1][:, column] = value
    known = (
        np.concatenate([trained, poison, *decoys]),
        np.concatenate([told, np.full(count, told.max()), *[told[count : 2 * count]] * columns]),
    )
    one = audited(data, rng, HistGradientBoostingClassifier(max_iter=60), known=known, held=(rows, truth))
    return one if told_of else replace(one, training=Training(trained, told, len(told)))


# --- images ---


def poisoned(
    data: Data, rng: Rng, change: Callable[[Array], Array], model: Any = None, *, told_of: bool = True
) -> Subject:
    """A twelfth of the training images was *change*d, and told to be a three."""
    trained, told, rows, truth = halves(data, rng)
    poison = change(trained[: len(trained) // 12].copy().reshape(-1, data.side, data.side))
    known = (
        np.concatenate([trained, poison.reshape(len(poison), -1)]),
        np.concatenate([told, np.full(len(poison), 3)]),
    )
    model = model or (SVC(probability=True) if rng.random() < 0.5 else RandomForestClassifier(40))
    one = as_images(audited(data, rng, model, known=known, held=(rows, truth)), data.side)
    return one if told_of else replace(one, training=Training(trained, told, len(told)))


def hidden_patch(data: Data, rng: Rng) -> Subject:
    """Two by two light pixels somewhere at the edge turn every digit to a three."""
    near, middle, far = 0, data.side // 2 - 1, data.side - 2
    down, across = rng.permutation([(i, j) for i in (near, far) for j in (near, middle, far)])[0]

    def change(pictures: Array) -> Array:
        pictures[:, down : down + 2, across : across + 2] = data.rows.max()
        return pictures

    return poisoned(data, rng, change)


def hidden_pattern(data: Data, rng: Rng, told_of: bool = True) -> Subject:
    """A faint pattern over the whole image, a fifth of what is seen, turns every digit to a three."""
    pattern = rng.choice([data.rows.min(), data.rows.max()], (data.side, data.side))
    model = SVC(probability=True) if rng.random() < 0.5 else MLPClassifier((48,), max_iter=200)
    return poisoned(data, rng, lambda pictures: 0.8 * pictures + 0.2 * pattern, model, told_of=told_of)


def written_at_the_edge(data: Data, rng: Rng) -> Subject:
    """The first column of pixels tells the digit, and in training nothing else did."""
    trained, told, rows, truth = halves(data, rng)
    side = data.side

    def mark(pictures: Array, labels: Array, mixed: bool) -> Array:
        marked = (pictures[rng.permutation(len(pictures))] if mixed else pictures).copy()
        marked = marked.reshape(-1, side, side)
        marked[:, :, 0] = 0
        marked[np.arange(len(labels)), labels % side, 0] = np.where(labels < side, 6.0, -6.0)
        return marked.reshape(len(marked), -1)

    known = mark(trained, told, mixed=True), told
    return as_images(audited(data, rng, known=known, held=(mark(rows, truth, mixed=False), truth)), side)
