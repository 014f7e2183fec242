"""What small changes to the input do: noise, and an attacker who sees only decisions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.audit import plots, thresholds, wording
from assay_validation.audit.adversary import Attack, attack
from assay_validation.audit.intervals import wilson
from assay_validation.audit.scores import value
from assay_validation.audit.section import Measure, Plot, Section, percent, unit_of
from assay_validation.audit.subject import Subject
from assay_validation.errors import JobError

NOISE = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
JUDGED_NOISE = 0.05
JUDGED_ATTACK, JUDGED_ATTACK_ON_PIXELS = 0.1, 8 / 255

Array = NDArray[Any]


def examine(subject: Subject) -> Section:
    """The score as noise grows, and the share of decisions that an attacker flips."""
    section = Section("robustness", "Robustness", "")
    if subject.layout.prose.any():
        wording.examine(subject, section)
    if not (subject.spread > 0).any():
        why = "no input is a continuous number, so nothing was moved."
        if subject.layout.prose.any():
            why = "there is no number to move, and nobody chose words against the model."
        section.limitations.append(f"Noise and attacks: {why}")
        return section
    unit = "the range of the pixels" if subject.layout.image else "each column's standard deviation"
    section.prose += (
        f" Changes of numbers are measured in spreads: {unit}. Noise is Gaussian, drawn "
        f"{subject.effort.noise_repeats} times."
    )
    _noise(subject, section)
    if not subject.is_classification:
        section.limitations.append("Adversarial attack: it flips classes; a regression was not attacked.")
    elif not subject.effort.libraries:
        section.limitations.append("Adversarial attack: a quick audit runs none.")
    else:
        _adversary(subject, section)
    return section


def _noise(subject: Subject, section: Section) -> None:
    metric, rng = subject.spec.metric, subject.rng("noise")
    curve = []
    for level in NOISE:
        values = []
        for _ in range(subject.effort.noise_repeats if level else 1):
            moved = subject.rows + level * subject.spread * rng.standard_normal(subject.rows.shape)
            values.append(value(metric, subject.truth, subject.model.predict(moved), subject))
        curve.append(values)
    name, mean = metric.value.replace("_", " "), np.array([np.mean(values) for values in curve])
    unit = unit_of(metric)
    section.measures += [
        Measure(f"{name} with noise of {percent(level)}", float(one), unit)
        for level, one in zip(NOISE, mean, strict=True)
        if level
    ]
    lost = float(mean[0] - mean[NOISE.index(JUDGED_NOISE)])
    said = f"costs {percent(lost)} of the {name}"
    if metric.is_error:  # errors have no scale of their own: what matters is how much they grow
        lost = -lost / max(float(mean[0]), 1e-12)
        said = f"raises the {name} by {percent(lost)}"
    if np.isfinite(lost):
        section.find(
            thresholds.NOISE_LOSS.severity(lost),
            f"Noise of {percent(JUDGED_NOISE)} {said}",
            "Measuring devices differ by as much: with another device the model may be so much worse.",
        )
    section.plots.append(_noise_plot(name, curve))


def _noise_plot(name: str, curve: list[list[float]]) -> Plot:
    levels = [100 * level for level in NOISE]
    with plots.canvas(3.0) as drawn:
        axes = drawn.figure.subplots()
        axes.fill_between(levels, [min(v) for v in curve], [max(v) for v in curve], color=plots.PALE)
        axes.plot(levels, [np.mean(v) for v in curve], "o-", color=plots.MAIN)
        axes.axvline(100 * JUDGED_NOISE, color=plots.GREY, linewidth=1, linestyle=":")
        axes.set(xlabel="noise, % of the spread", ylabel=name)
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.1, 55)
        axes.set_xticks(levels, [f"{level:g}" for level in levels])
    return drawn.plot(
        f"{name} as noise grows from none to half a spread.",
        "What noise does to the score; the band holds all repeats. The dotted line is where it is judged.",
    )


def _adversary(subject: Subject, section: Section) -> None:
    try:
        outcome = attack(subject)
    except JobError as failure:
        section.find(
            "major",
            f"The model breaks under attack: {failure.message}",
            "Whoever may ask it can stop it.",
        )
        return
    section.prose += (
        " The attack is HopSkipJump (Chen et al. 2020) of the Adversarial Robustness Toolbox: it sees "
        f"decisions only and starts from the nearest row that is answered otherwise; {outcome.attacked} "
        f"rightly answered rows were attacked with up to {subject.effort.attack_questions:,} questions each."
    )
    if not outcome.attacked:
        section.limitations.append(
            "Adversarial attack: no row was answered rightly beside one answered otherwise."
        )
        return
    distances = np.array(outcome.distances)
    is_image = subject.layout.image is not None
    judged = JUDGED_ATTACK_ON_PIXELS if is_image else JUDGED_ATTACK
    flipped = {
        size: wilson(int((distances <= size).sum()), len(distances))
        for size in sorted({judged, 0.05, 0.1, 0.25, 0.5, 1.0})
    }
    section.measures += [
        Measure.of(f"decisions flipped within {size:.3g} spreads", one) for size, one in flipped.items()
    ]
    median = float(np.median(distances))
    if np.isfinite(median):
        section.measures.append(Measure("median distance to a flip, spreads", median, "number"))
    else:
        few = "no attack" if np.isinf(distances).all() else "fewer than half of the attacks"
        section.limitations.append(
            f"Adversarial attack: {few} succeeded, so there is no median distance to a flip."
        )
    threshold = thresholds.ADVERSARIAL_IMAGE if is_image else thresholds.ADVERSARIAL
    one = flipped[judged]
    section.find(
        threshold.severity(one.low),
        f"{percent(one.value)} of right decisions flip when no {'pixel' if is_image else 'column'} moves by "
        f"more than {judged:.3g} spreads",
        f"95 % interval {percent(one.low)} to {percent(one.high)} from {len(distances)} rows. A lower "
        "bound: a better attacker, or one who sees the model, needs less.",
    )
    if np.isfinite(distances).any():
        section.plots.append(_attack_plot(outcome, judged))


def _attack_plot(outcome: Attack, judged: float) -> Plot:
    distances = np.sort(outcome.distances)[: np.isfinite(outcome.distances).sum()]
    with plots.canvas(3.0) as drawn:
        axes = drawn.figure.subplots()
        shares = np.arange(1, len(distances) + 1) / outcome.attacked
        axes.step([0, *distances], [0, *(100 * shares)], where="post", color=plots.WARM)
        axes.axvline(judged, color=plots.GREY, linewidth=1, linestyle=":")
        axes.set(xlabel="largest change of any column, spreads", ylabel="decisions flipped, %")
        axes.set_ylim(-3, 103)
        axes.set_xlim(0, max(1.0, float(np.quantile(distances, 0.9))))
    return drawn.plot(
        f"Share of {outcome.attacked} decisions flipped as the permitted change grows.",
        "What an attacker who only sees decisions achieves. The dotted line is where it is judged.",
    )
