"""Whether the model reveals who was in its training data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from assay_validation.audit import plots, thresholds
from assay_validation.audit.intervals import percentiles, times
from assay_validation.audit.references import Reference, references
from assay_validation.audit.section import Interval, Measure, Plot, Section, percent
from assay_validation.audit.subject import Subject

UNTRIED = (
    "Model inversion, extraction and shadow models: nobody tried to reconstruct training rows, to copy the "
    "model by questions, or to find members by models trained for that (Carlini et al. 2022)."
)
_FEW_ROWS, _MAX_ROWS = 50, 5_000
_MOST_RESAMPLES = 1_000

Array = NDArray[Any]


def examine(subject: Subject) -> Section:
    """Membership inference by the loss: models answer rows that they were trained on better than others."""
    section = Section(
        "privacy",
        "Privacy",
        "Membership inference by a threshold on the loss (Yeom et al. 2018): the attacker has a row with "
        "its truth, asks the model, and takes rows with a small loss for trained-on ones. The AUROC is 50 % "
        "for guessing; the advantage is the best true minus false positive rate. So that a difference "
        "between the two data sets is not taken for memory, losses are also compared with those of two "
        "plain models that were not trained on the row (difficulty calibration, Watson et al. 2022).",
    )
    section.limitations.append(UNTRIED)
    training = subject.training
    if not subject.has_plain_truth:
        section.limitations.append("Membership inference: only tried on models of a class or a number.")
        return section
    if training is None:
        section.limitations.append("Membership inference: not tried, since no training data was given.")
        return section
    if min(len(training.rows), len(subject.rows)) < _FEW_ROWS:
        section.limitations.append(
            f"Membership inference: fewer than {_FEW_ROWS} rows on one side, too few to judge."
        )
        return section
    rng = subject.rng("privacy")
    members = np.sort(rng.permutation(len(training.rows))[:_MAX_ROWS])
    inside = subject.losses(subject.model.predict(training.rows[members]), training.truth[members])
    outside = subject.losses(subject.answers, subject.truth)
    auroc, advantage, few = _with_intervals(inside, outside, rng)
    section.measures += [
        Measure.of("membership AUROC", auroc),
        Measure.of("membership advantage", advantage),
        Measure.of("members found at 1 % false alarms", few),
        Measure("trained-on rows tried", len(inside), "count"),
    ]
    found = (
        f"95 % interval {percent(auroc.low)} to {percent(auroc.high)}, advantage {percent(advantage.value)}."
    )
    least = auroc
    for one in references(subject, training, members):
        beyond = _beyond(inside, outside, one, rng)
        section.measures += [
            Measure(
                f"the same of a {one.name} that was not trained on the row", _auroc(one.inside, one.outside)
            ),
            Measure.of(f"membership AUROC beyond that of the {one.name}", beyond),
        ]
        least = min(least, beyond, key=lambda end: end.low)
    section.find(
        thresholds.MEMBERSHIP.severity(least.low),
        f"Trained-on rows can be told from others: AUROC {percent(auroc.value)}",
        f"{found} Models that were not trained on the rows do not explain it: beyond them it is at least "
        f"{percent(least.low)}. The model has memorised: who was in the training data can be guessed from "
        "its answers.",
    )
    told = thresholds.MEMBERSHIP.severity(auroc.low)
    if told and not thresholds.MEMBERSHIP.severity(least.low):
        section.find(
            "note",
            "The audit data is harder than the training data: losses tell them apart with AUROC "
            f"{percent(auroc.value)}",
            f"{found} Models that were not trained on these rows find the audit data as much harder, so "
            "this is a difference between the two data sets (see drift) and no sign that the model has "
            "memorised.",
        )
    section.plots.append(_plot(inside, outside, auroc))
    return section


@dataclass(frozen=True)
class _Sorted:
    """Losses of both sides in order, so that any resample of them can be attacked without sorting again.

    Attributes:
        order: row numbers by rising loss; members are numbered first, then non-members.
        ends: [rows], whether it is the last of those with equal losses.
        members: how many members there are.
    """

    order: Array
    ends: Array
    members: int

    @classmethod
    def of(cls, inside: Array, outside: Array) -> "_Sorted":
        losses = np.concatenate([inside, outside])
        order = np.argsort(losses, kind="stable")
        return cls(order, np.append(np.diff(losses[order]) > 0, True), len(inside))

    def rates(self, inside: Array | None = None, outside: Array | None = None) -> tuple[Array, Array]:
        """True and false positive rates at every threshold, for row numbers of each side, by default all."""
        sides = (inside, self.members), (outside, len(self.order) - self.members)
        times = np.concatenate([
            np.ones(count, dtype=np.int64) if rows is None else np.bincount(rows, minlength=count)
            for rows, count in sides
        ])[self.order]  # fmt: skip
        is_member = self.order < self.members
        counted = (np.cumsum(times * side)[self.ends] for side in (is_member, ~is_member))
        true, false = (np.append(0, found / found[-1]) for found in counted)
        return true, false


def _with_intervals(inside: Array, outside: Array, rng: np.random.Generator) -> tuple[Interval, ...]:
    ordered = _Sorted.of(inside, outside)
    drawn = np.array([
        _attack(*ordered.rates(*rows)) for rows in _resampled(rng, len(inside), len(outside))
    ])  # fmt: skip
    return tuple(percentiles(v, drawn[:, i]) for i, v in enumerate(_attack(*ordered.rates())))


def _resampled(rng: np.random.Generator, *sizes: int) -> Iterator[tuple[Array, ...]]:
    """Resampled row numbers of each side, once for each resample."""
    for _ in range(times(sum(sizes), _MOST_RESAMPLES)):
        yield tuple(rng.integers(0, size, size) for size in sizes)


def _beyond(inside: Array, outside: Array, one: Reference, rng: np.random.Generator) -> Interval:
    """The AUROC, less what reference *one*, which cannot remember, has above guessing on the same rows."""
    own, theirs = _Sorted.of(inside[: len(one.inside)], outside), _Sorted.of(one.inside, one.outside)

    def surplus(*rows: Array) -> float:
        by_drift = _attack(*theirs.rates(*rows))[0] - 0.5
        return _attack(*own.rates(*rows))[0] - max(0.0, by_drift)

    drawn = [surplus(*rows) for rows in _resampled(rng, len(one.inside), len(outside))]
    return percentiles(surplus(), np.array(drawn))


def _auroc(inside: Array, outside: Array) -> float:
    return _attack(*_Sorted.of(inside, outside).rates())[0]


def _attack(true: Array, false: Array) -> tuple[float, float, float]:
    """AUROC, advantage, and true positive rate at 1 % false positives; members lose less."""
    return (
        float(np.trapezoid(true, false)),
        float((true - false).max()),
        float(true[false <= 0.01].max()),
    )


def _plot(inside: Array, outside: Array, auroc: Interval) -> Plot:
    is_member = np.concatenate([np.ones(len(inside)), np.zeros(len(outside))])
    false, true, _ = roc_curve(is_member, -np.concatenate([inside, outside]))
    losses = np.concatenate([inside, outside])
    low, top = max(float(np.quantile(losses, 0.02)), 1e-6), max(float(losses.max()), 2e-6)
    with plots.canvas(3.2) as drawn:
        left, right = drawn.figure.subplots(1, 2)
        bins = np.geomspace(low, top, 25)
        for some, colour, name in ((inside, plots.WARM, "trained on"), (outside, plots.MAIN, "not")):
            share = np.full(len(some), 100 / len(some))
            left.hist(some.clip(low, top), bins, weights=share, histtype="step", color=colour, label=name)
        left.set(xlabel="loss", ylabel="rows, %", xscale="log")
        left.xaxis.set_major_locator(LogLocator(numticks=5))
        left.xaxis.set_major_formatter(lambda loss, place: f"{loss:g}")
        left.legend()
        right.plot(false, true, color=plots.WARM)
        right.plot([0, 1], [0, 1], color=plots.PALE, linewidth=1)
        right.set(xlabel="false alarms", ylabel="members found")
    return drawn.plot(
        f"Losses of trained-on and other rows, and the attack's ROC with AUROC {percent(auroc.value)}.",
        "Losses of rows the model was trained on and of others, and what telling them apart achieves.",
    )
