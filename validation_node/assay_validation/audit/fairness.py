"""Whether the model serves one group worse than another (fairlearn)."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit import plots, thresholds
from assay_validation.audit.arrangements import Arrangements, Chance, Judge, gap
from assay_validation.audit.bulk import Rate, Statistic, statistic
from assay_validation.audit.intervals import percentiles, reflected, widened
from assay_validation.audit.section import Interval, Measure, Plot, Section, Unit, percent, unit_of
from assay_validation.audit.subject import Subject

FEW_ROWS = 30
"""Groups with fewer rows are shown, and not judged."""
MAX_GROUPS = 20

ABSOLUTE, SIGNED = "mean absolute error", "mean signed error"
SELECTION, TRUE_POSITIVES, FALSE_POSITIVES = "selection rate", "true positive rate", "false positive rate"

Array = NDArray[Any]


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
        f"Groups of {FEW_ROWS} rows and more are compared with fairlearn's MetricFrame. Intervals hold "
        f"95 % of {subject.effort.group_resamples} bootstrap resamples; those of rates are Wilson's. A gap "
        "counts only if it is larger than those between shuffled groups; one in twenty fair models has one."
    )
    if subject.is_classification:
        section.prose += f" The favourable answer is taken to be {subject.classes[subject.favourable]}."
    frame = _Frame(subject, judged)
    for name in frame.statistics:
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
    """What is compared: its value in each group (fairlearn), intervals, and what chance would show."""

    def __init__(self, subject: Subject, judged: list[int]) -> None:
        from fairlearn.metrics import MetricFrame  # takes a second to import

        self._subject = subject
        self._groups = np.asarray(subject.groups)
        self._arrangements = Arrangements(self._groups, judged)
        self.judged = judged
        self.statistics = _statistics(subject, self.score)
        rows = self._arrangements.rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # groups without a positive; the result is NaN and left out
            frame = MetricFrame(
                metrics={name: _alone(one) for name, one in self.statistics.items()},
                y_true=subject.truth[rows],
                y_pred=rows,  # the functions look the answers up: probabilities do not fit in a column
                sensitive_features=self._groups[rows],
            )
            self._values = frame.by_group
        self._drawn = self._resample()

    def _resample(self) -> dict[str, Array]:
        drawn: dict[str, list[Array]] = {name: [] for name in self.statistics}
        rng = self._subject.rng("fairness")
        for arranged in self._arrangements.resampled(rng, self._subject.effort.group_resamples):
            for name, one in self.statistics.items():
                drawn[name].append(self._arrangements.of_groups(one, arranged))
        return {name: np.concatenate(values) for name, values in drawn.items()}

    @property
    def score(self) -> str:
        """The name of the primary metric among the statistics."""
        return self._subject.spec.metric.value.replace("_", " ")

    def unit(self, name: str) -> Any:
        """Of a statistic."""
        if name == self.score:
            return unit_of(self._subject.spec.metric)
        return "number" if "error" in name else "share"

    def axis(self, name: str) -> str:
        """The unit beside a statistic's axis."""
        if self.unit(name) == "share":
            return "in %"
        if name == self.score and not self._subject.spec.metric.is_error:
            return "of 1"
        return "in nats" if self._subject.is_classification else "in units of the label"

    @property
    def anybody(self) -> Array:
        """Rows are all of one kind."""
        return np.zeros(len(self._groups), dtype=np.int64)

    def of_group(self, name: str, group: int) -> Interval:
        """A statistic of one group."""
        one, rows = self.statistics[name], np.flatnonzero(self._groups == group)
        if isinstance(one, Rate):
            return one.interval(rows)
        value = float(self._values[name][group])
        found = percentiles(value, self._drawn[name][:, self.judged.index(group)])
        bounded = self._subject.is_classification and self.unit(name) == "share"
        return widened(found, self._subject.truth[rows]) if bounded else found

    def gap(self, name: str) -> Interval:
        """Between the groups with the greatest and the least value."""
        values = np.asarray(self._values[name], dtype=np.float64)[None]
        return reflected(float(gap(values)[0]), gap(self._drawn[name]))

    def chances(self, looks: dict[str, Judge], among: Array, in_all: int) -> dict[str, Chance]:
        """What *looks* at statistics show when groups are shuffled *among* rows of the same kind [rows]."""
        return self._arrangements.chances(
            {name: (self.statistics[name], judge) for name, judge in looks.items()},
            self._subject.rng(f"shuffled {' '.join(looks)}"),
            self._subject.effort.shuffles,
            among,
            in_all,
        )


def _alone(one: Statistic) -> Any:
    """As fairlearn asks: of one group's truth and row numbers."""
    return lambda truth, rows: float(one(np.asarray(rows)[None])[0])


def _statistics(subject: Subject, score: str) -> dict[str, Statistic]:
    primary = statistic(subject.spec, subject.truth, subject.answers)
    if not subject.is_classification:
        errors = np.asarray(subject.answers.values) - subject.truth
        return {
            score: primary,
            ABSOLUTE: lambda rows: np.asarray(np.abs(errors[rows]).mean(axis=1)),
            SIGNED: lambda rows: np.asarray(errors[rows].mean(axis=1)),
        }
    favoured = np.asarray(subject.answers.labels) == subject.favourable
    deserving = np.asarray(subject.truth) == subject.favourable
    everybody = np.ones(len(favoured), dtype=bool)
    return {
        score: primary,
        SELECTION: Rate(favoured, everybody),
        "true rate": Rate(deserving, everybody),
        TRUE_POSITIVES: Rate(favoured, deserving),
        FALSE_POSITIVES: Rate(favoured, ~deserving),
    }


def _judge_classes(section: Section, frame: _Frame, subject: Subject) -> None:
    parity, truth = frame.gap(SELECTION), frame.gap("true rate")
    rates = {name: frame.gap(name) for name in (TRUE_POSITIVES, FALSE_POSITIVES)}
    rates = {name: one for name, one in rates.items() if np.isfinite(one.value)}
    judged = [SELECTION, *rates, *([frame.score] if frame.unit(frame.score) == "share" else [])]
    # where the truth differs between groups, so may the answers: groups are shuffled among equally deserving
    chances = frame.chances(dict.fromkeys((SELECTION, *rates), gap), subject.truth, len(judged))
    _judge_score(section, frame, len(judged))
    section.measures += [
        Measure.of("demographic parity difference", parity),
        Measure.of("the same difference in the truth", truth),
        *_by_chance("demographic parity difference", chances[SELECTION]),
    ]
    section.find(
        thresholds.SELECTION_SHORTFALL.severity(min(parity.low - truth.value, chances[SELECTION].excess)),
        f"Groups get the favourable answer unequally: demographic parity difference {percent(parity.value)}",
        f"95 % interval {percent(parity.low)} to {percent(parity.high)}; in the truth the groups differ by "
        f"{percent(truth.value)}. Chance explains up to {percent(chances[SELECTION].level)}.",
    )
    if not rates:
        section.limitations.append("Fairness: too few groups have rows of both kinds to compare error rates.")
        return
    name = max(rates, key=lambda one: (min(rates[one].low, chances[one].excess), rates[one].value))
    odds, chance = rates[name], chances[name]
    section.measures += [
        Measure.of("equalised odds difference", odds),
        *_by_chance("equalised odds difference", chance),
    ]
    section.find(
        thresholds.EQUALISED_ODDS.severity(min(odds.low, chance.excess)),
        f"Equally deserving people are treated unequally: equalised odds difference {percent(odds.value)}",
        f"Of the {name}, 95 % interval {percent(odds.low)} to {percent(odds.high)}. Chance explains up to "
        f"{percent(chance.level)}.",
    )


def _judge_score(section: Section, frame: _Frame, in_all: int) -> None:
    found, unit = frame.gap(frame.score), frame.unit(frame.score)
    if not np.isfinite(found.value):
        section.limitations.append(
            f"Fairness: the {frame.score} is undefined in too many groups to compare it."
        )
        return
    section.measures.append(Measure.of(f"{frame.score}, gap between groups", found, unit))
    if unit != "share":
        return
    chance = frame.chances({frame.score: gap}, frame.anybody, in_all)[frame.score]
    section.measures += _by_chance(f"{frame.score}, gap between groups", chance)
    section.find(
        thresholds.SCORE_GAP.severity(min(found.low, chance.excess)),
        f"The {frame.score} differs by {percent(found.value)} between groups",
        f"95 % interval {percent(found.low)} to {percent(found.high)}. Chance explains up to "
        f"{percent(chance.level)}.",
    )


def _judge_errors(section: Section, frame: _Frame, subject: Subject) -> None:
    in_all = 2 + (frame.unit(frame.score) == "share")
    chances = frame.chances({ABSOLUTE: _growth, SIGNED: gap}, frame.anybody, in_all)
    if frame.unit(frame.score) == "share":
        _judge_score(section, frame, in_all)
    ones = [frame.of_group(ABSOLUTE, group) for group in frame.judged]
    best, worst = min(ones, key=lambda one: one.value), max(ones, key=lambda one: one.value)
    section.measures.append(Measure.of(f"{ABSOLUTE}, gap between groups", frame.gap(ABSOLUTE), "number"))
    if best.high > 0:
        section.find(
            thresholds.GROUP_ERROR.severity(min(worst.low / best.high - 1, chances[ABSOLUTE].excess)),
            f"Errors are {worst.value / max(best.value, 1e-12):.2f} times as large in one group as in "
            "another",
            f"Chance explains up to {1 + chances[ABSOLUTE].level:.2f} times.",
        )
    bias, chance, scale = frame.gap(SIGNED), chances[SIGNED], float(subject.truth.std())
    section.measures += [
        Measure.of(f"{SIGNED}, gap between groups", bias, "number"),
        *_by_chance(f"{SIGNED}, gap between groups", chance, "number"),
    ]
    if scale > 0:
        section.find(
            thresholds.GROUP_BIAS.severity(min(bias.low, chance.excess) / scale),
            f"The mean error differs by {bias.value:.4g} between groups: one is put too high beside another",
            f"95 % interval {bias.low:.4g} to {bias.high:.4g}; the truth has a standard deviation of "
            f"{scale:.4g}. Chance explains up to {chance.level:.4g}.",
        )


def _growth(errors: Array) -> Array:
    """How much greater the greatest of the groups' errors is than the least, as a share of that."""
    least = np.maximum(errors.min(axis=1), 1e-12)
    return np.asarray(errors.max(axis=1) / least - 1)


def _by_chance(name: str, chance: Chance, unit: Unit = "share") -> list[Measure]:
    """What chance shows; nothing where shuffled groups have no gap, being too small for the metric."""
    if not np.isfinite(chance.level):
        return []
    return [Measure(f"{name}, up to which a fair model shows it by chance", chance.level, unit)]


def _by_group(frame: _Frame, subject: Subject, judged: list[int], sizes: Array) -> Plot:
    shown = [n for n in frame.statistics if n != "true rate"]
    names = [f"{plots.short(subject.group_names[g], 20)} ({sizes[g]:,})" for g in judged]
    across = 2 if len(shown) > 3 else len(shown)
    down = -(-len(shown) // across)
    with plots.canvas(down * (0.9 + 0.3 * len(judged)) + 0.3) as drawn:
        panels = np.atleast_2d(drawn.figure.subplots(down, across, sharey=True))
        for axes, name in zip(panels.flat, shown, strict=False):
            ones = [frame.of_group(name, g) for g in judged]
            places = np.arange(len(judged))[::-1]
            scale = 100 if frame.unit(name) == "share" else 1
            low, middle, high = scale * np.array([(one.low, one.value, one.high) for one in ones]).T
            whiskers = np.maximum([middle - low, high - middle], 0)
            axes.errorbar(
                middle, places, xerr=whiskers, fmt="o", color=plots.MAIN, ecolor=plots.GREY, capsize=3
            )
            axes.set_yticks(places, names)
            axes.set_ylim(-0.6, len(judged) - 0.4)
            axes.set_title(name)
            axes.set_xlabel(frame.axis(name))
            if scale == 100 and subject.is_classification:
                axes.set_xlim(-3, 103)
    return drawn.plot(
        f"{', '.join(shown)} of {len(judged)} groups with intervals.",
        "By group (rows in brackets); whiskers are 95 % intervals. Whiskers that overlap may be chance.",
    )
