"""Do attributions mean something? Erase what they call important and see whether the answer goes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit.attribution import Attribution
from assay_validation.audit.intervals import percentiles
from assay_validation.audit.section import Interval
from assay_validation.audit.subject import Subject

_STEPS = 20

Array = NDArray[Any]


@dataclass(frozen=True)
class Deletion:
    """What is left of the answer (1 all, 0 nothing) at each share of columns erased.

    Attributes:
        advantage: mean distance between the curves, with the interval over rows.
    """

    erased: list[float]
    guided: list[float]
    random: list[float]
    advantage: Interval


def delete(subject: Subject, found: Attribution) -> Deletion:
    """Erase by falling attribution, and in random orders; cf. Petsiuk et al. 2018 (RISE).

    Raises:
        JobError: the model fails on a row that is asked.
    """
    columns = subject.rows.shape[1]
    counts = np.unique(np.linspace(0, columns, min(_STEPS, columns) + 1).round().astype(np.int64))
    rng = subject.rng("deletion")
    # a regression's answer has no direction: what moves it most, either way, comes first
    ranks = found.values if subject.answers.values is None else np.abs(found.values)
    guided, random = [], []
    for place in range(len(found.rows)):
        guided.append(_curve(subject, found, place, np.argsort(-ranks[place], kind="stable"), counts))
        orders = [rng.permutation(columns) for _ in range(subject.effort.random_orders)]
        random.append(np.mean([_curve(subject, found, place, order, counts) for order in orders], axis=0))
    gains = (np.array(random) - np.array(guided)).mean(axis=1)
    drawn = np.array([rng.choice(gains, len(gains)).mean() for _ in range(subject.effort.resamples)])
    return Deletion(
        erased=[float(count / columns) for count in counts],
        guided=[float(v) for v in np.mean(guided, axis=0)],
        random=[float(v) for v in np.mean(random, axis=0)],
        advantage=percentiles(float(gains.mean()), drawn),
    )


def _curve(subject: Subject, found: Attribution, place: int, order: Array, counts: Array) -> Array:
    asked = np.tile(subject.rows[found.rows[place]], (len(counts), 1))
    mean = subject.filled.mean(axis=0)
    for step, count in enumerate(counts):
        asked[step, order[:count]] = mean[order[:count]]
    outputs = subject.outputs(subject.model.predict(asked))[:, found.targets[place]]
    if subject.answers.values is None:
        return np.asarray(outputs)
    scale = float(subject.outputs(subject.answers).std()) or 1.0
    return np.asarray(1 - np.minimum(1.0, np.abs(outputs - outputs[0]) / scale))
