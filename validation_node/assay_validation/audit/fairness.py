"""Whether the model serves one group worse than another."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from assay.manifests.evaluation import Fairness, Metric
from assay_validation.audit import fairness_calibration
from assay_validation.audit.bulk import AT_ONCE, statistic
from assay_validation.audit.comparisons import FEW, ByGroup, compare, gaps, means, of_metric, proportions
from assay_validation.audit.fairness_judgement import (
    ABSOLUTE,
    BEYOND,
    CLAIMED,
    FALSE_POSITIVES,
    SELECTION,
    SIGNED,
    TRUE_POSITIVES,
    TRUTH,
    judge,
)
from assay_validation.audit.fairness_page import by_group, pair_table
from assay_validation.audit.groups import Grouping, crossed
from assay_validation.audit.intervals import percentiles, reflected
from assay_validation.audit.section import Measure, Section, unit_of
from assay_validation.audit.subject import Array, Subject

MAX_GROUPS, _SLOW_RESAMPLES, _SLOWEST_RESAMPLES = 20, 200, 30
"""The most groups of one grouping (smaller ones are merged), and how often slow metrics are resampled."""
_NOT_COMPARED = frozenset({TRUTH, BEYOND})

Statistics = dict[str, ByGroup]


def examine(subject: Subject) -> Section:
    """Rates, errors and calibration by group, compared pair by pair."""
    section = Section("fairness", "Fairness", "")
    if not subject.groupings:
        section.prose = "The audit data names no groups."
        section.limitations.append("Groups of people: the data has no group column, so nothing was compared.")
        return section
    if subject.fairness is Fairness.CALIBRATION and subject.answers.probabilities is None:
        section.limitations.append(
            "Calibration by group: the order asks for it, and nobody can measure it, since the "
            "model gives no probabilities. All other differences were judged instead."
        )
        subject = replace(subject, fairness=None)
    columns = [_statistics(subject, one) for one in subject.groupings]
    everything = [*columns, *(_statistics(subject, one) for one in crossed(subject.groupings))]
    pairs = compare([one for some in everything for name, one in some.items() if name not in _NOT_COMPARED])
    section.limitations += [*_too_few(columns), *_put_together(subject.groupings)]
    if not pairs:
        section.prose = f"No two groups have {FEW} rows for anything that is compared."
        section.limitations.append("Groups of people: there were not two to compare.")
        return section
    section.prose = _prose(subject, len(pairs))
    for some in columns:
        section.measures += [*_of_groups(some), *_gaps(subject, some, alone=len(columns) == 1)]
    judge(section, subject, pairs, {one.grouping.title: some for some in everything for one in some.values()})
    if subject.is_classification:
        fairness_calibration.examine(subject, section, [_grouping(some) for some in columns])
    section.tables.append(pair_table(pairs))
    section.plots.append(by_group(subject, columns[0]))
    section.limitations.append(_others(subject.groupings))
    return section


def _grouping(some: Statistics) -> Grouping:
    return next(iter(some.values())).grouping


def _prose(subject: Subject, pairs: int) -> str:
    said = (
        f"Groups are compared two at a time: {pairs:,} pairs over all rates. Each rate of a group rests on "
        f"rows of its own (a true positive rate on the positives); one that rests on fewer than {FEW} is not "
        "judged. Intervals of rates are Wilson's, those of differences follow from them (Newcombe 1998), and "
        "a difference counts only where Fisher's exact test (of means Welch's) calls it significant, with "
        "one false alarm in twenty audits at most (Bonferroni, weighted by rows). Gaps over all groups are "
        "fairlearn's."
    )
    if subject.is_classification:
        said += f" The favourable answer is taken to be {subject.classes[subject.favourable]}."
        asked = subject.fairness
        said += f" The order asks for {asked.words}." if asked else " The order names no kind of fairness."
    return said


def _statistics(subject: Subject, grouping: Grouping) -> Statistics:
    """The statistics to compare, by name; small groups are merged first."""
    grouping = _largest(grouping)
    metric, score = subject.spec.metric, _score(subject)
    if not subject.has_plain_truth:
        found = [_of_score(subject, grouping)]
        return {one.name: one for one in found}
    if not subject.is_classification:
        errors = np.asarray(subject.answers.values) - subject.truth
        found = [
            means(grouping, ABSOLUTE, np.abs(errors), "number"),
            means(grouping, SIGNED, errors, "number"),
        ]
        return {one.name: one for one in found}
    labels, everybody = np.asarray(subject.answers.labels), np.ones(len(subject.truth), dtype=bool)
    favoured, deserving = labels == subject.favourable, np.asarray(subject.truth) == subject.favourable
    found = [
        proportions(grouping, SELECTION, favoured, everybody),
        proportions(grouping, TRUE_POSITIVES, favoured, deserving),
        proportions(grouping, FALSE_POSITIVES, favoured, ~deserving),
        proportions(grouping, TRUTH, deserving, everybody),
        means(grouping, BEYOND, favoured.astype(np.float64) - deserving),
    ]
    if subject.answers.probabilities is not None:
        claimed = np.asarray(subject.answers.probabilities)[:, subject.favourable]
        found.append(means(grouping, CLAIMED, claimed - deserving))
    if metric is Metric.ACCURACY:
        found.append(proportions(grouping, score, labels == subject.truth, everybody))
    elif metric.is_share:
        found.append(_of_score(subject, grouping))
    return {one.name: one for one in found}


def _of_score(subject: Subject, grouping: Grouping) -> ByGroup:
    """The order's own metric."""
    metric = subject.spec.metric
    measure = statistic(subject.spec, subject.truth, subject.answers)
    rng, times = subject.rng(f"groups {grouping.title}"), subject.effort.group_resamples
    if metric not in AT_ONCE or subject.truth.ndim > 1:
        times = min(times, _SLOWEST_RESAMPLES if subject.spec.task == "detection" else _SLOW_RESAMPLES)
    return of_metric(grouping, _score(subject), measure, unit_of(metric), rng, times)


def _score(subject: Subject) -> str:
    return subject.spec.metric.value.replace("_", " ")


def _largest(grouping: Grouping) -> Grouping:
    """The largest groups, with all others merged into one."""
    if len(grouping.names) <= MAX_GROUPS:
        return grouping
    kept = np.sort(np.argsort(-grouping.sizes, kind="stable")[:MAX_GROUPS])
    codes = np.full(len(grouping.names), MAX_GROUPS)
    codes[kept] = np.arange(MAX_GROUPS)
    names = (*(grouping.names[one] for one in kept), "all others")
    return Grouping(grouping.title, names, codes[grouping.codes])


def _others(groupings: Sequence[Grouping]) -> str:
    """The limitation that names which people were not told apart."""
    named = ", ".join(one.title for one in groupings)
    if len(groupings) == 1:
        return (
            f"Other groups of people: they were told apart by {named} alone. Other columns, and people who "
            "belong to two groups, were not looked at."
        )
    return (
        f"Other groups of people: they were told apart by {named}, and by every two of these together. Other "
        "columns, and people who belong to three groups, were not looked at."
    )


def _put_together(groupings: Sequence[Grouping]) -> Iterator[str]:
    """A line for each column with more groups than are compared."""
    for one in groupings:
        if (groups := int((one.sizes > 0).sum())) > MAX_GROUPS:
            yield (
                f"Small groups of people: {one.title} tells {groups:,} groups apart. The {MAX_GROUPS} "
                "largest were compared, and all others as one group: what is done to one of these alone was "
                "not looked at."
            )


def _too_few(columns: Sequence[Statistics]) -> Iterator[str]:
    """What is shown but not judged, a line for each column."""
    for some in columns:
        rates, title = [], _grouping(some).title
        for one in some.values():
            if np.isnan(one.gap):
                yield f"Groups of people: the {one.name} is undefined in too many groups to compare it."
                continue
            few = [
                f"{name} ({count:,})"
                for name, count in zip(one.grouping.names, one.counts, strict=True)
                if count < FEW
            ]
            if few and one.name not in _NOT_COMPARED:
                rates.append(f"the {one.name} of {', '.join(few[:MAX_GROUPS])}")
        if rates:
            yield (
                f"Small groups of people: by {title}, fewer than {FEW} rows are too few to be judged: "
                f"{'; '.join(rates)}."
            )


def _of_groups(some: Statistics) -> Iterator[Measure]:
    for name, one in some.items():
        for group in np.flatnonzero(np.isfinite(one.values)):
            if name != BEYOND:
                yield Measure.of(f"{name}, group {one.grouping.names[group]}", one.of(int(group)), one.unit)


def _gaps(subject: Subject, some: Statistics, *, alone: bool) -> Iterator[Measure]:
    """Gaps over all groups that have a value: fairlearn's figures, under fairlearn's names."""
    title = _grouping(some).title
    suffix = "" if alone else f" by {title}"
    rng, times = subject.rng(f"gaps {title}"), subject.effort.group_resamples
    drawn = {name: one.again(rng, times) for name, one in some.items()}

    def gap(called: str, *names: str) -> Iterator[Measure]:
        value = np.max([some[name].gap for name in names])
        again = np.max([gaps(drawn[name]) for name in names], axis=0)
        if np.isfinite(value):
            yield Measure.of(f"{called}{suffix}", reflected(float(value), again), some[names[0]].unit)

    if not subject.has_plain_truth:
        yield from gap(f"{_score(subject)}, gap between groups", _score(subject))
        return
    if not subject.is_classification:
        yield from gap(f"{ABSOLUTE}, gap between groups", ABSOLUTE)
        yield from gap(f"{SIGNED}, gap between groups", SIGNED)
        return
    yield from gap("demographic parity difference", SELECTION)
    yield from gap("the same difference in the truth", TRUTH)
    yield from _impact(some[SELECTION], drawn[SELECTION], suffix)
    yield from gap("equal opportunity difference", TRUE_POSITIVES)
    yield from gap("equalised odds difference", TRUE_POSITIVES, FALSE_POSITIVES)
    if CLAIMED in some:
        yield from gap(f"{CLAIMED}, gap between groups", CLAIMED)
    if _score(subject) in some:
        yield from gap(f"{_score(subject)}, gap between groups", _score(subject))


def _impact(selection: ByGroup, drawn: Array, suffix: str) -> Iterator[Measure]:
    """The least selection rate as a share of the greatest (29 CFR 1607.4 D asks for four fifths)."""
    if np.nanmax(selection.values, initial=0) > 0:
        value = float(np.nanmin(selection.values) / np.nanmax(selection.values))
        again = np.nanmin(drawn, axis=1) / np.maximum(np.nanmax(drawn, axis=1), 1e-12)
        yield Measure.of(f"impact ratio{suffix}", percentiles(value, again))
