"""Whether the model betrays who was in its training data."""

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

_FEW_ROWS, _MAX_ROWS = 50, 5_000
_MOST_RESAMPLES = 1_000

Array = NDArray[Any]


def examine(subject: Subject) -> Section:
    """Membership inference by the loss: rows that were trained on are answered better than others."""
    section = Section(
        "privacy",
        "Privacy",
        "Membership inference by a threshold on the loss (Yeom et al. 2018): the attacker has a row with "
        "its truth, asks the model, and takes rows with a small loss for trained-on ones. The AUROC is 50 % "
        "for guessing; the advantage is the best true minus false positive rate. So that a difference "
        "between the two data sets is not taken for memory, losses are also compared with those of two "
        "plain models that were not trained on the row (difficulty calibration, Watson et al. 2022).",
    )
    training = subject.training
    if not subject.has_plain_truth:
        section.limitations.append(
            "Privacy: membership inference is only tried on models of a class or a number."
        )
        return section
    if training is None:
        section.limitations.append("Privacy: without training data, membership inference was not tried.")
        return section
    if min(len(training.rows), len(subject.rows)) < _FEW_ROWS:
        section.limitations.append(f"Privacy: fewer than {_FEW_ROWS} rows on one side, too few to judge.")
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
    section.limitations.append(
        "Privacy: stronger attacks with shadow models (Carlini et al. 2022), the reconstruction of training "
        "rows (model inversion) and the copying of the model by questions (extraction) were not tried."
    )
    section.plots.append(_plot(inside, outside, auroc))
    return section


def _with_intervals(inside: Array, outside: Array, rng: np.random.Generator) -> tuple[Interval, ...]:
    drawn = np.array([
        _attack(rng.choice(inside, len(inside)), rng.choice(outside, len(outside)))
        for _ in range(times(len(inside) + len(outside), _MOST_RESAMPLES))
    ])  # fmt: skip
    return tuple(percentiles(v, drawn[:, i]) for i, v in enumerate(_attack(inside, outside)))


def _beyond(inside: Array, outside: Array, one: Reference, rng: np.random.Generator) -> Interval:
    """The AUROC, less what the *one* that cannot remember shows on the same rows above guessing."""
    inside = inside[: len(one.inside)]

    def surplus(some: Array, others: Array) -> float:
        by_drift = _auroc(one.inside[some], one.outside[others]) - 0.5
        return _auroc(inside[some], outside[others]) - max(0.0, by_drift)

    sizes = len(inside), len(outside)
    drawn = [
        surplus(*(rng.integers(0, size, size) for size in sizes))
        for _ in range(times(sum(sizes), _MOST_RESAMPLES))
    ]
    return percentiles(surplus(*map(np.arange, sizes)), np.array(drawn))


def _auroc(inside: Array, outside: Array) -> float:
    return _attack(inside, outside)[0]


def _attack(inside: Array, outside: Array) -> tuple[float, float, float]:
    """AUROC, advantage, and true positive rate at 1 % false positives; members lose less."""
    losses = np.concatenate([inside, outside])
    order = np.argsort(losses, kind="stable")
    is_member, ends = order < len(inside), np.append(np.diff(losses[order]) > 0, True)
    true = np.append(0, np.cumsum(is_member)[ends]) / len(inside)
    false = np.append(0, np.cumsum(~is_member)[ends]) / len(outside)
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
