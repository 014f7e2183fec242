"""Defects of data: rows that are no test, labels that leak, values that are unsound. No benchmark itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
from audit_cases import Rng, audited, halves, is_regression, varied
from audit_data import Array, Data
from sklearn.ensemble import HistGradientBoostingClassifier

from assay_validation.audit.subject import Subject

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


# --- data ---


def held_changed(
    data: Data, rng: Rng, change: Callable[[Array, Array], tuple[Array, Array]], **given: Any
) -> Subject:
    """An honest model whose audit rows and truth are *change*d."""
    trained, told, rows, truth = halves(data, rng)
    return audited(data, rng, known=(trained, told), held=change(rows, truth), **given)


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
