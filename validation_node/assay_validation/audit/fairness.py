"""Whether the model serves one group worse than another (fairlearn)."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit import plots, thresholds
from assay_validation.audit.performance import UNBOUNDED, value
from assay_validation.audit.section import Interval, Measure, Plot, Section, percent
from assay_validation.audit.subject import Subject

FEW_ROWS = 30
"""Groups with fewer rows are shown, and not judged."""
MAX_GROUPS = 20

Array = NDArray[Any]
Frames = dict[str, Any]


def examine(subject: Subject) -> Section:
    """The primary score, selection and error rates by group, each with an interval."""
    section = Section("fairness", "Fairness", "")
    if subject.groups is None:
        section.prose = "The audit data names no groups."
        section.limitations.append("Fairness: the data has no group column, so nothing was compared.")
        return section
    sizes = np.bincount(subject.groups, minlength=len(subject.group_names))
    judged = [int(i) for i in np.flatnonzero(sizes >= FEW_ROWS)]
    for index in np.flatnonzero(sizes < FEW_ROWS)[:MAX_GROUPS]:
        section.limitations.append(
            f"Fairness: the group {subject.group_names[index]} has {sizes[index]} rows, too few to be judged."
        )
    if len(judged) < 2:
        section.prose = f"Fewer than two groups have {FEW_ROWS} rows."
        section.limitations.append("Fairness: there were not two groups to compare.")
        return section
    if len(judged) > MAX_GROUPS:
        section.limitations.append(
            f"Fairness: only the {MAX_GROUPS} largest of {len(judged)} groups were judged."
        )
        judged = sorted(sorted(judged, key=lambda i: -sizes[i])[:MAX_GROUPS])
    section.prose = (
        f"Groups of {FEW_ROWS} rows and more are compared with fairlearn's MetricFrame; intervals "
        "hold 95 % of "
        f"{subject.effort.group_resamples} bootstrap resamples."
    )
    if subject.is_classification:
        section.prose += f" The favourable answer is taken to be {subject.classes[subject.favourable]}."
    frame = _Frame(subject, judged)
    for name in frame.names:
        for group in judged:
            one = frame.of_group(name, group)
            if np.isfinite(one.value):
                section.measures.append(
                    Measure.of(f"{name}, group {subject.group_names[group]}", one, frame.unit(name))
                )
    (_judge_classes if subject.is_classification else _judge_errors)(section, frame, subject)
    section.plots.append(_by_group(frame, subject, judged, sizes))
    return section


class _Frame:
    """fairlearn's MetricFrame of all that is compared, with the differences between groups."""

    def __init__(self, subject: Subject, judged: list[int]) -> None:
        from fairlearn.metrics import MetricFrame  # takes a second to import

        rows = np.flatnonzero(np.isin(np.asarray(subject.groups), judged))
        self._score = subject.spec.metric.value.replace("_", " ")
        functions = _functions(subject, self._score)
        self.names = tuple(functions)
        self._unbounded = subject.spec.metric in UNBOUNDED
        seed = int(subject.rng("fairness").integers(2**31))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # groups without a positive; the result is NaN and left out
            self._frame = MetricFrame(
                metrics=functions,
                y_true=subject.truth[rows],
                y_pred=rows,  # the functions look the answers up: probabilities do not fit in a column
                sensitive_features=np.asarray(subject.groups)[rows],
                n_boot=subject.effort.group_resamples,
                ci_quantiles=[0.025, 0.5, 0.975],
                random_state=seed,
            )
            self._groups = self._frame.by_group
            self._low, _, self._high = self._frame.by_group_ci
            gaps = self._frame.difference()
            low, _, high = self._frame.difference_ci()
        self.gaps = {
            name: Interval(float(gaps[name]), min(float(low[name]), float(gaps[name])),
                           max(float(high[name]), float(gaps[name])))
            for name in self.names
        }  # fmt: skip

    @property
    def score(self) -> str:
        """The name of the primary metric among `names`."""
        return self._score

    def unit(self, name: str) -> Any:
        """Of a metric."""
        return "number" if (self._unbounded and name == self._score) or "error" in name else "share"

    def of_group(self, name: str, group: int) -> Interval:
        """A metric of one group."""
        found = float(self._groups[name][group])
        low, high = float(self._low[name][group]), float(self._high[name][group])
        return Interval(found, min(low, found), max(high, found))


def _functions(subject: Subject, score: str) -> Frames:
    """Each takes the truth and the row numbers of one group."""

    def primary(truth: Array, rows: Array) -> float:
        return value(subject.spec.metric, truth, subject.answers.take(np.asarray(rows)), subject)

    if not subject.is_classification:
        errors = np.asarray(subject.answers.values) - subject.truth

        def mean_error(truth: Array, rows: Array) -> float:
            return float(np.abs(errors[np.asarray(rows)]).mean())

        def bias(truth: Array, rows: Array) -> float:
            return float(errors[np.asarray(rows)].mean())

        return {score: primary, "mean absolute error": mean_error, "mean signed error": bias}

    favoured = np.asarray(subject.answers.labels) == subject.favourable

    def selected(truth: Array, rows: Array) -> float:
        return float(favoured[np.asarray(rows)].mean())

    def deserving(truth: Array, rows: Array) -> float:
        return float((np.asarray(truth) == subject.favourable).mean())

    def rate(among: bool) -> Any:
        def of_rows(truth: Array, rows: Array) -> float:
            chosen = favoured[np.asarray(rows)][(np.asarray(truth) == subject.favourable) == among]
            return float(chosen.mean()) if len(chosen) else np.nan

        return of_rows

    return {
        score: primary,
        "selection rate": selected,
        "true rate": deserving,
        "true positive rate": rate(True),
        "false positive rate": rate(False),
    }


def _judge_classes(section: Section, frame: _Frame, subject: Subject) -> None:
    gap = frame.gaps[frame.score]
    parity, truth = frame.gaps["selection rate"], frame.gaps["true rate"]
    odds = max(
        (frame.gaps["true positive rate"], frame.gaps["false positive rate"]),
        key=lambda one: (one.low, one.value),
    )
    section.measures += [
        Measure.of(f"{frame.score}, gap between groups", gap, frame.unit(frame.score)),
        Measure.of("demographic parity difference", parity),
        Measure.of("the same difference in the truth", truth),
        Measure.of("equalised odds difference", odds),
    ]
    _gap_finding(section, frame, gap)
    # where the truth differs between groups, so may the answers; what goes beyond it is the model's
    beyond = parity.low - truth.value
    section.find(
        thresholds.SELECTION_SHORTFALL.severity(beyond),
        f"Groups get the favourable answer unequally: demographic parity difference {percent(parity.value)}",
        f"95 % interval {percent(parity.low)} to {percent(parity.high)}; in the truth the groups differ by "
        f"{percent(truth.value)}.",
    )
    section.find(
        thresholds.EQUALISED_ODDS.severity(odds.low),
        f"Equally deserving people are treated unequally: equalised odds difference {percent(odds.value)}",
        f"95 % interval {percent(odds.low)} to {percent(odds.high)}.",
    )


def _gap_finding(section: Section, frame: _Frame, gap: Interval) -> None:
    if frame.unit(frame.score) != "share" or not np.isfinite(gap.low):
        return
    section.find(
        thresholds.SCORE_GAP.severity(gap.low),
        f"The {frame.score} differs by {percent(gap.value)} between groups",
        f"95 % interval {percent(gap.low)} to {percent(gap.high)}.",
    )


def _judge_errors(section: Section, frame: _Frame, subject: Subject) -> None:
    name = "mean absolute error"
    ones = [frame.of_group(name, int(g)) for g in frame._groups.index]
    best, worst = min(ones, key=lambda one: one.value), max(ones, key=lambda one: one.value)
    section.measures.append(Measure.of(f"{name}, gap between groups", frame.gaps[name], "number"))
    if best.high > 0:
        section.find(
            thresholds.GROUP_ERROR.severity(worst.low / best.high - 1),
            f"Errors are {worst.value / max(best.value, 1e-12):.2f} times as large in one group as in "
            "another",
        )


def _by_group(frame: _Frame, subject: Subject, judged: list[int], sizes: Array) -> Plot:
    shown = [n for n in frame.names if n != "true rate"]
    names = [f"{plots.short(subject.group_names[g], 20)} ({sizes[g]:,})" for g in judged]
    across = 2 if len(shown) > 3 else len(shown)
    down = -(-len(shown) // across)
    with plots.canvas(down * (0.9 + 0.3 * len(judged)) + 0.3) as drawn:
        panels = np.atleast_2d(drawn.figure.subplots(down, across, sharey=True))
        for axes, name in zip(panels.flat, shown, strict=False):
            ones = [frame.of_group(name, g) for g in judged]
            places = np.arange(len(judged))[::-1]
            middle = np.array([one.value for one in ones])
            whiskers = [middle - [one.low for one in ones], [one.high for one in ones] - middle]
            axes.errorbar(
                middle, places, xerr=whiskers, fmt="o", color=plots.MAIN, ecolor=plots.GREY, capsize=3
            )
            axes.set_yticks(places, names)
            axes.set_ylim(-0.6, len(judged) - 0.4)
            axes.set_title(name)
            if frame.unit(name) == "share":
                axes.set_xlim(-0.03, 1.03)
    return drawn.plot(
        f"{', '.join(shown)} of {len(judged)} groups with intervals.",
        "By group (rows in brackets); whiskers are 95 % intervals. Whiskers that overlap may be chance.",
    )
