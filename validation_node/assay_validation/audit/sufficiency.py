"""Whether groups with equal probabilities are equally deserving, whatever their error rates are.

Groups with unequal base rates have unequal error rates under every calibrated model that errs (Chouldechova
2017; Kleinberg, Mullainathan and Raghavan 2017). So unequal error rates alone do not prove a model biased.
But a model that gives everybody in a group the group's own rate is calibrated too (redlining, Corbett-Davies
and Goel 2018): base rates do not explain why a model tells people apart in only one group.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[Any]

TOLERANCE = 0.2
"""A shift of the log-odds that is tolerated: a probability of 50 % that should be 55 %."""
_SURE, _STEPS = 1.96, 25

TRADE_OFF = (
    "Where base rates differ, no model that errs can have both: probabilities that are calibrated in every "
    "group, and equal error rates (Chouldechova 2017; Kleinberg et al. 2017). Which of them counts is for "
    "the order to say."
)


def is_sufficient(probabilities: Array, truth: Array, second: Array) -> bool:
    """Whether knowing the group adds nothing to the probability of the favourable answer.

    All arguments are [rows] of two groups; *truth* and *second* (who is in the second group) are boolean. The
    log-odds of the truth are fitted on those of the model and on the group (Cox 1958): the group adds nothing
    if the 95 % interval of its coefficient reaches the tolerance.
    """
    claimed = np.clip(probabilities, 1e-6, 1 - 1e-6)
    columns = np.column_stack([np.ones(len(claimed)), np.log(claimed / (1 - claimed)), second])
    weights = np.zeros(3)
    for _ in range(_STEPS):
        fitted = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        curvature = (columns * (fitted * (1 - fitted))[:, None]).T @ columns + 1e-9 * np.eye(3)
        step = np.linalg.solve(curvature, columns.T @ (truth - fitted))
        weights = weights + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-8:
            break
    error = float(np.sqrt(np.linalg.inv(curvature)[2, 2]))
    return abs(float(weights[2])) - _SURE * error <= TOLERANCE


def ranking_gap(probabilities: Array, truth: Array, second: Array) -> float:
    """The least (at 95 %) by which one group's AUROC exceeds the other's; 0 where a group has none.

    Arguments are as for `is_sufficient`. Variances are those of DeLong, DeLong and Clarke-Pearson 1988.
    """
    known = [_auroc(probabilities[group], truth[group]) for group in (~second, second)]
    (one, of_one), (other, of_other) = known
    least = abs(one - other) - _SURE * float(np.sqrt(of_one + of_other))
    return max(0.0, least) if np.isfinite(least) else 0.0


def _auroc(probabilities: Array, truth: Array) -> tuple[float, float]:
    """The AUROC and its variance, NaN with fewer than two rows of either class."""
    positive, negative = probabilities[truth], probabilities[~truth]
    if min(len(positive), len(negative)) < 2:
        return np.nan, np.nan
    ranks = rankdata(probabilities)
    above = (ranks[truth] - rankdata(positive)) / len(negative)
    below = 1 - (ranks[~truth] - rankdata(negative)) / len(positive)
    variance = above.var(ddof=1) / len(positive) + below.var(ddof=1) / len(negative)
    return float(above.mean()), float(variance)
