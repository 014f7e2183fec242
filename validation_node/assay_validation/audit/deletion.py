"""Do attributions mean anything? Erase what they call important and see whether the answer goes away."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit.attribution import Attribution
from assay_validation.audit.intervals import percentiles
from assay_validation.audit.section import Interval
from assay_validation.audit.subject import Subject

_STEPS, _NUMBERS = 20, 2_000_000
"""Steps of a curve, and how many numbers one question may have."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Deletion:
    """How much of the answer is left (1: all, 0: nothing) at each share of columns erased.

    Attributes:
        advantage: mean distance between the curves, with the interval over rows.
    """

    erased: list[float]
    guided: list[float]
    random: list[float]
    advantage: Interval


def delete(subject: Subject, found: Attribution) -> Deletion:
    """Erase columns from the highest attribution down, and in random orders; cf. Petsiuk et al. 2018 (RISE).

    Raises:
        JobError: the model fails on a row that it is asked.
    """
    columns = subject.rows.shape[1]
    counts = np.unique(np.linspace(0, columns, min(_STEPS, columns) + 1).round().astype(np.int64))
    rng = subject.rng("deletion")
    # a regression's answer has no direction: what moves it most, either way, comes first
    ranks = found.values if subject.answers.values is None else np.abs(found.values)
    guided, random = [], []
    for place in range(len(found.rows)):
        orders = [np.argsort(-ranks[place], kind="stable")]
        orders += [rng.permutation(columns) for _ in range(subject.effort.random_orders)]
        first, *others = _curves(subject, found, place, orders, counts)
        guided.append(first)
        random.append(np.mean(others, axis=0))
    return compared(subject, counts / columns, guided, random)


def compared(subject: Subject, erased: Array, guided: list[Array], random: list[Array]) -> Deletion:
    """The summary of every row's curves, *guided* by attribution and *random*, at each share *erased*."""
    rng = subject.rng("deletion advantage")
    gains = (np.array(random) - np.array(guided)).mean(axis=1)
    drawn = gains[rng.integers(0, len(gains), (subject.effort.resamples, len(gains)))].mean(axis=1)
    return Deletion(
        erased=[float(share) for share in erased],
        guided=[float(v) for v in np.mean(guided, axis=0)],
        random=[float(v) for v in np.mean(random, axis=0)],
        advantage=percentiles(float(gains.mean()), drawn),
    )


def remaining(subject: Subject, outputs: Array) -> Array:
    """[orders, counts]: how much of an answer is left; its *outputs* begin with nothing erased."""
    if subject.answers.values is None:
        return np.asarray(outputs)
    scale = float(subject.outputs(subject.answers).std()) or 1.0
    return np.asarray(1 - np.minimum(1.0, np.abs(outputs - outputs[:, :1]) / scale))


def _curves(subject: Subject, found: Attribution, place: int, orders: list[Array], counts: Array) -> Array:
    """[orders, counts]: how much of one row's answer is left as columns are erased in each of *orders*."""
    if len(orders) > 1 and len(orders) * len(counts) * len(orders[0]) > _NUMBERS:
        return np.concatenate([_curves(subject, found, place, [one], counts) for one in orders])
    asked = np.tile(subject.rows[found.rows[place]], (len(orders), len(counts), 1))
    usual = subject.usual
    for order, curve in zip(orders, asked, strict=True):
        for step, count in enumerate(counts):
            curve[step, order[:count]] = usual[order[:count]]
    answers = subject.model.predict(asked.reshape(-1, asked.shape[2]))
    outputs = subject.outputs(answers)[:, found.targets[place]].reshape(len(orders), len(counts))
    return remaining(subject, outputs)
