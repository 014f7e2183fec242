"""A risk for each row. ``truth`` [rows, 2]: time, and whether the event was seen then (float64)."""

from typing import Any

import numpy as np

from assay.manifests.evaluation import Metric
from assay_validation.tasks.ranking import changes_of_values, equal_values, read_values
from assay_validation.tasks.rules import Case, Rules, need

_BLOCK = 500


def _concordance(case: Case) -> Any:
    """Among pairs of rows where one is known to have had its event first, the share in which that one has the
    greater value; equal values count half (Harrell et al. 1996)."""
    times, seen = case.truth[:, 0], case.truth[:, 1] > 0
    values = np.asarray(case.predictions.values)
    pairs = twice_right = 0
    for start in range(0, len(times), _BLOCK):
        rows = np.flatnonzero(seen[start : start + _BLOCK]) + start
        time, value = times[rows, None], values[rows, None]
        later = (times > time) | ((times == time) & ~seen)
        pairs += int(later.sum())
        twice_right += 2 * int((later & (values < value)).sum()) + int((later & (values == value)).sum())
    need(pairs, "two rows of which one is known to be first")
    return twice_right / (2 * pairs)


RULES = Rules(
    metrics={Metric.CONCORDANCE: _concordance},
    read=read_values,
    simplest=equal_values,
    changes=changes_of_values,
    told=(),
)
