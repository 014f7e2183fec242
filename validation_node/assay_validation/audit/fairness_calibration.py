"""Whether probabilities mean the same in every group as elsewhere.

A group's mean cannot show that, because claims that are too high and claims that are too low cancel out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.manifests.evaluation import Fairness
from assay_validation.audit import thresholds
from assay_validation.audit.calibration import Claims
from assay_validation.audit.groups import Grouping
from assay_validation.audit.intervals import bootstrap
from assay_validation.audit.section import Interval, Measure, Section, percent
from assay_validation.audit.subject import Subject
from assay_validation.audit.thresholds import SEVERITIES

FEW_ROWS = 50
"""In a smaller group the calibration error is mostly chance."""
_TIMES, _SIGNIFICANT = 4_000, 0.01


@dataclass(frozen=True)
class _Look:
    """One group compared with everybody else.

    Attributes:
        chance: the probability that a perfectly calibrated model would show such an error.
        over: how much more overconfidence there is than elsewhere, as a share of all rows.
        under: the same for underconfidence.
    """

    name: str
    rows: int
    error: Interval
    elsewhere: float
    chance: float
    over: float
    under: float


def examine(subject: Subject, section: Section, groupings: Sequence[Grouping]) -> None:
    """The calibration error of each group that is large enough, and a finding for the worst of each column.

    A group's error is significant if, over all groups, calibrated models show one like it in at most one
    audit in a hundred.
    """
    if subject.answers.probabilities is None:
        return
    claims = Claims.of(subject.answers.probabilities, subject.truth)
    large = [
        (one, int(group)) for one in groupings for group in np.flatnonzero(one.sizes >= FEW_ROWS)
        if one.sizes[group] < len(subject.truth)
    ]  # fmt: skip
    looks = [(one.title, _look(subject, claims, one, group)) for one, group in large]
    section.measures += [
        Measure.of(f"calibration error (ECE), group {one.name}", one.error) for _, one in looks
    ]
    for title in dict.fromkeys(title for title, _ in looks):
        _judge(subject, section, [one for of, one in looks if of == title], _SIGNIFICANT / len(looks))


def _look(subject: Subject, claims: Claims, grouping: Grouping, group: int) -> _Look:
    inside = grouping.codes == group
    here, there = (Claims(claims.confidence[some], claims.right[some]) for some in (inside, ~inside))
    ours, theirs = (np.arange(len(some.right))[None] for some in (here, there))
    purpose = f"calibration of {grouping.title} {grouping.names[group]}"
    (error,) = bootstrap((here.error,), len(here.right), subject.rng(purpose), subject.effort.group_resamples)
    drawn = here.by_chance(subject.rng(f"{purpose} by chance"), _TIMES)
    return _Look(
        name=grouping.names[group],
        rows=len(here.right),
        error=error,
        elsewhere=float(there.error(theirs)[0]),
        chance=float((1 + (drawn >= error.value).sum()) / (1 + _TIMES)),
        over=float(here.over(ours)[0] - there.over(theirs)[0]),
        under=float(here.under(ours)[0] - there.under(theirs)[0]),
    )


def _judge(subject: Subject, section: Section, looks: Sequence[_Look], allowed: float) -> None:
    graded = [
        (severity, said, one)
        for one in looks
        for said, gap, threshold in (
            ("overconfident", one.over, thresholds.CALIBRATION),
            ("underconfident", one.under, thresholds.UNDERCONFIDENCE),
        )
        if one.chance <= allowed and (severity := threshold.severity(gap)) is not None
    ]
    if not graded:
        return
    severity, said, worst = min(graded, key=lambda found: SEVERITIES.index(found[0]))
    unasked = subject.fairness not in (None, Fairness.CALIBRATION)
    section.find(
        "note" if unasked else severity,
        f"The probabilities are {said} in the group {worst.name}: calibration error "
        f"{percent(worst.error.value)}, elsewhere {percent(worst.elsewhere)}",
        f"95 % interval {percent(worst.error.low)} to {percent(worst.error.high)} on {worst.rows:,} rows; "
        f"probability by chance {worst.chance:.2g}, allowed {allowed:.2g}. For these people a probability "
        "does not mean what it means for others.",
    )
