"""One class for each row. ``truth`` [rows]: indices of classes (int64)."""

from typing import Any

import numpy as np

from assay.manifests.evaluation import DEFAULT_K, EvaluationSpec, Metric
from assay_validation.metrics import Array, Predictions
from assay_validation.predictions import check_predictions
from assay_validation.tasks.rules import Case, Rules, need


def _read(arrays: dict[str, Array], spec: EvaluationSpec, _truth: Array, order: Array | None) -> Predictions:
    return check_predictions(arrays, spec.data.classes, order)


def _simplest(spec: EvaluationSpec, truth: Array) -> Predictions:
    """The commonest class, with the classes' frequencies as probabilities."""
    rows = len(truth)
    frequencies = np.bincount(truth, minlength=len(spec.data.classes)) / rows
    return Predictions(np.full(rows, frequencies.argmax()), np.tile(frequencies, (rows, 1)))


def _changes(truth: Array, one: Predictions, other: Predictions) -> Array:
    changes = np.zeros(len(truth))
    if one.probabilities is not None and other.probabilities is not None:
        changes += np.abs(one.probabilities - other.probabilities).max(axis=1)
    return changes + (one.labels != other.labels)


def _places(case: Case) -> Array:
    return np.arange(len(case.spec.data.classes))


def _positive(case: Case) -> int:
    """The index of the class that is looked for."""
    name = case.spec.options.positive
    return 1 if name is None else case.spec.data.classes.index(name)


def _accuracy(case: Case) -> Any:
    return np.mean(case.truth == case.predictions.labels)


def _confusion(case: Case) -> Array:
    """Counts of rows by true and predicted class; scikit-learn takes ten times as long."""
    classes = len(case.spec.data.classes)
    cells = case.truth * classes + np.asarray(case.predictions.labels)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def _balanced_accuracy(case: Case) -> Any:
    """The mean over the classes that occur."""
    found = _confusion(case)
    there = found.sum(axis=1) > 0
    return (found.diagonal()[there] / found.sum(axis=1)[there]).mean()


def _macro_f1(case: Case) -> Any:
    """The mean over the classes that occur or are predicted."""
    found = _confusion(case)
    either = found.sum(axis=0) + found.sum(axis=1)
    return (2 * found.diagonal()[either > 0] / either[either > 0]).mean()


def _weighted_f1(case: Case) -> Any:
    from sklearn import metrics as sk  # here, as in all of these, because it takes a second to import

    return sk.f1_score(case.truth, case.predictions.labels, average="weighted", zero_division=0)


def _auroc(case: Case) -> Any:
    """AUROC by ranks, in a third of the time that scikit-learn's curves take; undefined if a class is missing
    or the only one."""
    from scipy.stats import rankdata

    probabilities = np.asarray(case.predictions.probabilities)
    columns = _places(case) if len(case.spec.data.classes) > 2 else np.array([1])
    positive = case.truth == columns[:, None]
    many, others = positive.sum(axis=1), (~positive).sum(axis=1)
    need(bool((many * others).all()), "row of each class and of another")
    by_class = np.ascontiguousarray(probabilities[:, columns].T)
    ranks = np.where(positive, rankdata(by_class, axis=1), 0).sum(axis=1)
    return ((ranks - many * (many + 1) / 2) / (many * others)).mean()


def _log_loss(case: Case) -> Any:
    """The same as scikit-learn's, with the same logarithm, in a tenth of the time."""
    from scipy.special import xlogy

    probabilities = np.asarray(case.predictions.probabilities)
    of_truth = probabilities[np.arange(len(case.truth)), case.truth]
    least = np.finfo(probabilities.dtype).eps
    return -xlogy(1.0, np.clip(of_truth, least, 1 - least)).mean()


def _brier(case: Case) -> Any:
    from sklearn import metrics as sk

    probabilities = np.asarray(case.predictions.probabilities)
    if len(case.spec.data.classes) == 2:
        return sk.brier_score_loss(case.truth, probabilities[:, 1], labels=_places(case))
    return sk.brier_score_loss(case.truth, probabilities, labels=_places(case))


def _top_k_accuracy(case: Case) -> Any:
    from sklearn import metrics as sk

    if len(case.spec.data.classes) == 2:
        return sk.accuracy_score(case.truth, np.asarray(case.predictions.probabilities).argmax(axis=1))
    k = case.spec.options.k or DEFAULT_K
    probabilities = case.predictions.probabilities
    return sk.top_k_accuracy_score(case.truth, probabilities, k=k, labels=_places(case))


def _average_precision(case: Case) -> Any:
    from sklearn import metrics as sk

    place = _positive(case)
    need((case.truth == place).any(), "row of the class")
    return sk.average_precision_score(
        case.truth == place, np.asarray(case.predictions.probabilities)[:, place]
    )


def _f1(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.f1_score(*_of_class(case), zero_division=0)


def _precision(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.precision_score(*_of_class(case), zero_division=0)


def _recall(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.recall_score(*_of_class(case))


def _of_class(case: Case) -> tuple[Array, Array]:
    place = _positive(case)
    need((case.truth == place).any(), "row of the class")
    return case.truth == place, np.asarray(case.predictions.labels) == place


def _specificity(case: Case) -> Any:
    from sklearn import metrics as sk

    place = _positive(case)
    need((case.truth != place).any(), "row of another class")
    return sk.recall_score(case.truth != place, np.asarray(case.predictions.labels) != place)


def _cohen_kappa(case: Case) -> Any:
    return _kappa(case, None)


def _quadratic_kappa(case: Case) -> Any:
    return _kappa(case, "quadratic")


def _kappa(case: Case, weights: str | None) -> Any:
    from sklearn import metrics as sk

    need(len(np.unique(case.truth)) > 1, "second class")
    return sk.cohen_kappa_score(case.truth, case.predictions.labels, labels=_places(case), weights=weights)


def _matthews(case: Case) -> Any:
    from sklearn import metrics as sk

    need(len(np.unique(case.truth)) > 1, "second class")
    return sk.matthews_corrcoef(case.truth, case.predictions.labels)


RULES = Rules(
    metrics={
        Metric.ACCURACY: _accuracy,
        Metric.BALANCED_ACCURACY: _balanced_accuracy,
        Metric.MACRO_F1: _macro_f1,
        Metric.WEIGHTED_F1: _weighted_f1,
        Metric.AUROC: _auroc,
        Metric.LOG_LOSS: _log_loss,
        Metric.BRIER: _brier,
        Metric.TOP_K_ACCURACY: _top_k_accuracy,
        Metric.AVERAGE_PRECISION: _average_precision,
        Metric.F1: _f1,
        Metric.PRECISION: _precision,
        Metric.RECALL: _recall,
        Metric.SPECIFICITY: _specificity,
        Metric.COHEN_KAPPA: _cohen_kappa,
        Metric.QUADRATIC_KAPPA: _quadratic_kappa,
        Metric.MATTHEWS: _matthews,
    },
    read=_read,
    simplest=_simplest,
    changes=_changes,
    told=(Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.MACRO_F1, Metric.AUROC, Metric.LOG_LOSS),
)
