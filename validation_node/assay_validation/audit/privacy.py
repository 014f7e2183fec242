"""Whether the model betrays who was in its training data."""

from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from assay_validation.audit import plots, thresholds
from assay_validation.audit.intervals import percentiles
from assay_validation.audit.section import Interval, Measure, Plot, Section, percent
from assay_validation.audit.subject import Subject

_FEW_ROWS, _MAX_ROWS = 50, 20_000

Array = NDArray[Any]


def examine(subject: Subject) -> Section:
    """Membership inference by the loss: rows that were trained on are answered better than others."""
    section = Section(
        "privacy",
        "Privacy",
        "Membership inference by a threshold on the loss (Yeom et al. 2018): the attacker has a row with its "
        "truth, asks the model, and takes rows with a small loss for trained-on ones. The AUROC is 50 % for "
        "guessing; the advantage is the best true minus false positive rate.",
    )
    training = subject.training
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
    drawn = np.array([
        _attack(rng.choice(inside, len(inside)), rng.choice(outside, len(outside)))
        for _ in range(subject.effort.resamples)
    ])  # fmt: skip
    auroc, advantage, few = (percentiles(v, drawn[:, i]) for i, v in enumerate(_attack(inside, outside)))
    section.measures += [
        Measure.of("membership AUROC", auroc),
        Measure.of("membership advantage", advantage),
        Measure.of("members found at 1 % false alarms", few),
        Measure("trained-on rows tried", len(inside), "count"),
    ]
    section.find(
        thresholds.MEMBERSHIP.severity(auroc.low),
        f"Trained-on rows can be told from others: AUROC {percent(auroc.value)}",
        f"95 % interval {percent(auroc.low)} to {percent(auroc.high)}, advantage "
        f"{percent(advantage.value)}. The "
        "model has memorised: who was in the training data can be guessed from its answers.",
    )
    section.limitations.append(
        "Privacy: where training and audit data come from different people or places, part of the "
        "difference is "
        "theirs and not the model's; stronger attacks with shadow models (Carlini et al. 2022) were "
        "not tried."
    )
    section.plots.append(_plot(inside, outside, auroc))
    return section


def _attack(inside: Array, outside: Array) -> tuple[float, float, float]:
    """AUROC, advantage, and true positive rate at 1 % false positives."""
    is_member = np.concatenate([np.ones(len(inside)), np.zeros(len(outside))])
    suspicion = -np.concatenate([inside, outside])
    false, true, _ = roc_curve(is_member, suspicion)
    return (
        float(roc_auc_score(is_member, suspicion)),
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
