"""One number for each row, or several: a forecast has one for each step of its horizon.

``truth`` is [rows] or [rows, labels] (float64); with ``data.scale``, the scale is its last column.
"""

from typing import Any

import numpy as np

from assay.manifests.evaluation import PPM, EvaluationSpec, Metric
from assay.manifests.reason import Code
from assay_validation.errors import JobError
from assay_validation.metrics import Array, Predictions
from assay_validation.predictions import check_predictions, numeric
from assay_validation.tasks.rules import Case, Rules, largest, need

_TINY = float(np.finfo(np.float64).eps)


def _read(arrays: dict[str, Array], spec: EvaluationSpec, truth: Array, _order: Array | None) -> Predictions:
    labels = _labels(spec, truth)
    if labels.ndim == 1:
        return check_predictions(arrays, ())
    values = numeric(arrays["values"])
    if values.size != labels.size:
        message = f"the values have the shape {values.shape}, not {labels.shape}"
        raise JobError(message, Code.WRONG_SHAPE)
    return Predictions(values=values.reshape(labels.shape))


def _labels(spec: EvaluationSpec, truth: Array) -> Array:
    if spec.data.scale is None:
        return truth
    return truth[:, 0] if truth.shape[1] == 2 else truth[:, :-1]


def _simplest(spec: EvaluationSpec, truth: Array) -> Predictions:
    """The mean of each label."""
    labels = _labels(spec, truth)
    return Predictions(values=np.broadcast_to(labels.mean(axis=0), labels.shape))


def _changes(truth: Array, one: Predictions, other: Predictions) -> Array:
    """Changes in spreads of the labels."""
    ours, theirs = np.asarray(one.values), np.asarray(other.values)
    spread = np.std(truth if truth.ndim == ours.ndim == 1 else truth.reshape(len(truth), -1), axis=0)
    spread = spread if np.ndim(spread) == 0 else spread[: ours.shape[1] if ours.ndim > 1 else 1]
    return largest(np.abs(ours - theirs) / np.where(spread > 0, spread, 1.0))


def _both(case: Case) -> tuple[Array, Array]:
    return _labels(case.spec, case.truth), np.asarray(case.predictions.values)


def _rmse(case: Case) -> Any:
    from sklearn import metrics as sk  # here, as in all of these, because it takes a second to import

    return sk.root_mean_squared_error(*_both(case))


def _mae(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.mean_absolute_error(*_both(case))


def _r2(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.r2_score(*_both(case))


def _explained_variance(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.explained_variance_score(*_both(case))


def _median_error(case: Case) -> Any:
    from sklearn import metrics as sk

    return sk.median_absolute_error(*_both(case))


def _max_error(case: Case) -> Any:
    truth, values = _both(case)
    return np.abs(truth - values).max()


def _mape(case: Case) -> Any:
    from sklearn import metrics as sk

    truth, values = _both(case)
    need((truth != 0).all(), "relative error where a label is 0")
    return sk.mean_absolute_percentage_error(truth, values)


def _smape(case: Case) -> Any:
    truth, values = _both(case)
    size = np.abs(truth) + np.abs(values)
    return np.mean(np.divide(2 * np.abs(truth - values), size, out=np.zeros_like(size), where=size > 0))


def _rmsle(case: Case) -> Any:
    """Answers below 0 count as 0."""
    from sklearn import metrics as sk

    truth, values = _both(case)
    need((truth >= 0).all(), "logarithm of a label below 0")
    return sk.root_mean_squared_log_error(truth, np.maximum(values, 0))


def _poisson_deviance(case: Case) -> Any:
    """Answers of 0 or less count as the smallest number."""
    from sklearn import metrics as sk

    truth, values = _both(case)
    need((truth >= 0).all(), "Poisson deviance of a label below 0")
    return sk.mean_poisson_deviance(truth.ravel(), np.maximum(values, _TINY).ravel())


def _gamma_deviance(case: Case) -> Any:
    """Answers of 0 or less count as the smallest number."""
    from sklearn import metrics as sk

    truth, values = _both(case)
    need((truth > 0).all(), "gamma deviance of a label of 0 or less")
    return sk.mean_gamma_deviance(truth.ravel(), np.maximum(values, _TINY).ravel())


def _pinball(case: Case) -> Any:
    from sklearn import metrics as sk

    quantile = case.spec.options.quantile
    return sk.mean_pinball_loss(*_both(case), alpha=0.5 if quantile is None else quantile / PPM)


def _mase(case: Case) -> Any:
    truth, values = _both(case)
    scale = case.truth[:, -1].reshape(-1, *(1 for _ in truth.shape[1:]))
    need((scale > 0).all(), "error in scales of 0 or less")
    return np.mean(np.abs(truth - values) / scale)


RULES = Rules(
    metrics={
        Metric.RMSE: _rmse,
        Metric.MAE: _mae,
        Metric.R2: _r2,
        Metric.EXPLAINED_VARIANCE: _explained_variance,
        Metric.MEDIAN_ERROR: _median_error,
        Metric.MAX_ERROR: _max_error,
        Metric.MAPE: _mape,
        Metric.SMAPE: _smape,
        Metric.RMSLE: _rmsle,
        Metric.POISSON_DEVIANCE: _poisson_deviance,
        Metric.GAMMA_DEVIANCE: _gamma_deviance,
        Metric.PINBALL: _pinball,
        Metric.MASE: _mase,
    },
    read=_read,
    simplest=_simplest,
    changes=_changes,
    told=(Metric.RMSE, Metric.MAE, Metric.R2),
)
