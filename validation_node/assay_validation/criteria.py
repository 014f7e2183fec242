"""Conditions besides the score: what each of them measures, and which are met."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assay.manifests.evaluation import PPM, Criterion, CriterionKind, EvaluationSpec
from assay_validation import metrics, tasks
from assay_validation.batches import SEARCHED
from assay_validation.dataset import Dataset
from assay_validation.graph_facts import GraphFacts
from assay_validation.metrics import Predictions, UndefinedError
from assay_validation.passes import CLEAN, NUDGED

Groups = Mapping[str, int | None]
"""The score (ppm) of each group; None where it is undefined."""


@dataclass(frozen=True)
class Answers:
    """A model's predictions by pass, and what the gate found."""

    passes: Mapping[str, Predictions]
    facts: GraphFacts
    size: int


PASSES = {
    CriterionKind.NOISE_ROBUSTNESS: ("noisy",),
    CriterionKind.SHIFT_ROBUSTNESS: ("shifted",),
    CriterionKind.BLUR_ROBUSTNESS: ("blurred",),
    CriterionKind.ADVERSARIAL_ROBUSTNESS: SEARCHED,
}
"""The passes that a criterion needs besides the clean and nudged ones."""


def passes_of(spec: EvaluationSpec) -> tuple[str, ...]:
    """The passes over the data that a test by *spec* makes."""
    more = (name for one in spec.criteria for name in PASSES.get(one.kind, ()))
    return tuple(dict.fromkeys((CLEAN, NUDGED, *more)))


def measure(
    spec: EvaluationSpec, dataset: Dataset, answers: Answers, score: int, groups: Groups
) -> dict[str, float | None]:
    """What each criterion of *spec* compares with its bound, in the bound's unit; None if it is undefined.

    *score* is the model's (ppm).
    """
    return {
        f"{place} {one.kind.value}": _measured(one, spec, dataset, answers, score, groups)
        for place, one in enumerate(spec.criteria)
    }


def held(spec: EvaluationSpec, measurements: Mapping[str, float | None]) -> int:
    """The mask of the criteria whose measurement is at most the bound."""
    mask = 0
    for place, (one, measured) in enumerate(zip(spec.criteria, measurements.values(), strict=True)):
        if measured is not None and measured <= one.bound:
            mask |= 1 << place
    return mask


def _measured(
    criterion: Criterion,
    spec: EvaluationSpec,
    dataset: Dataset,
    answers: Answers,
    score: int,
    groups: Groups,
) -> float | None:
    clean = answers.passes["clean"]
    match criterion.kind:
        case CriterionKind.GROUP_GAP:
            return metrics.gap(groups.values())
        case CriterionKind.WORST_GROUP_LOSS:
            return _worst(spec, groups)
        case CriterionKind.CALIBRATION_ERROR:
            return metrics.calibration_error(dataset.truth, clean) * PPM
        case CriterionKind.CLASS_CALIBRATION_ERROR:
            return _worst_calibration(spec, dataset.truth, np.asarray(clean.probabilities)) * PPM
        case CriterionKind.NOISE_ROBUSTNESS:
            return _lost(spec, dataset, score, answers.passes["noisy"])
        case CriterionKind.SHIFT_ROBUSTNESS:
            return _lost(spec, dataset, score, answers.passes["shifted"])
        case CriterionKind.BLUR_ROBUSTNESS:
            return _lost(spec, dataset, score, answers.passes["blurred"])
        case CriterionKind.ADVERSARIAL_ROBUSTNESS:
            return _lost(spec, dataset, score, _most_changed(spec, dataset, answers))
        case CriterionKind.MODEL_SIZE:
            return answers.size
        case CriterionKind.OPERATION_COUNT:
            return answers.facts.operators
        case CriterionKind.COMPUTATION:
            return answers.facts.operations


def _worst(spec: EvaluationSpec, groups: Groups) -> int | None:
    """How far the worst group is below the best possible score; for an error metric, the error itself."""
    scores = [score for score in groups.values() if score is not None]
    if not scores or len(scores) < len(groups):
        return None
    return (0 if spec.metric.is_error else PPM) - min(scores)


def _lost(spec: EvaluationSpec, dataset: Dataset, score: int, predictions: Predictions) -> int | None:
    """How much of the score is lost in another pass."""
    try:
        return max(0, score - tasks.score(spec, dataset.truth, predictions))
    except UndefinedError:
        return None


def _most_changed(spec: EvaluationSpec, dataset: Dataset, answers: Answers) -> Predictions:
    """Each row's answer from the pass of the search that changes it most."""
    clean, worst = answers.passes["clean"], answers.passes["clean"]
    most = np.zeros(len(dataset.truth))
    for name in SEARCHED:
        changes = tasks.TASKS[spec.task].changes(dataset.truth, clean, answers.passes[name])
        rows = np.flatnonzero(changes > most)
        worst, most = worst.with_rows(rows, answers.passes[name]), np.maximum(most, changes)
    return worst


def _worst_calibration(spec: EvaluationSpec, truth: metrics.Array, probabilities: metrics.Array) -> float:
    """The calibration error of the worst-calibrated class, each class against all others."""
    given = truth if spec.task == "multilabel" else np.eye(probabilities.shape[1])[truth]
    return max(metrics.binned_error(given[:, i], probabilities[:, i]) for i in range(probabilities.shape[1]))
