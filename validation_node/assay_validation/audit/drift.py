"""Whether the audit data is the data that was declared, and resembles the data that the model learnt from."""

from typing import Any

import numpy as np
from scipy.stats import chi2, chi2_contingency, ks_2samp

from assay.manifests.dataset import DatasetManifest
from assay_validation.audit import plots, thresholds, vocabulary
from assay_validation.audit.scores import of_metric
from assay_validation.audit.section import Measure, Section, Table, line, percent, unit_of
from assay_validation.audit.subject import Array, Subject, Training
from assay_validation.metrics import Predictions

_BINS, _MAX_VALUES, _SHOWN = 10, 20, 15
_SIGNIFICANT = 0.01
_RESAMPLES = 200
_MAX_COLUMNS = 2_000


def examine(subject: Subject) -> Section:
    """Check the data manifest's counts and columns, and the drift of each column from the training data."""
    section = Section("compliance", "Data", "The audit data against what was declared of it.")
    if subject.dataset is None:
        section.limitations.append("Data manifest: none was given to hold the audit data against.")
    else:
        _declared(subject, section, subject.dataset)
    if subject.training is None:
        section.limitations.append("Drift: not measured, since no training data was given.")
    else:
        _drift(subject, section, subject.training)
        _answers(subject, section, subject.training)
    return section


def _declared(subject: Subject, section: Section, manifest: DatasetManifest) -> None:
    faults = []
    declared, found = manifest.counts, subject.counts
    if declared.rows != found.rows:
        faults.append(f"{found.rows:,} rows, declared are {declared.rows:,}")
    for kind, ours, theirs in (
        ("class", found.classes, declared.classes),
        ("group", found.groups, declared.groups),
    ):
        faults += [
            f"{ours.get(n, 0):,} rows of the {kind} {line(n)}, declared are {theirs.get(n, 0):,}"
            for n in sorted({*ours, *theirs})
            if theirs and ours.get(n, 0) != theirs.get(n, 0)
        ]
    mapping = subject.spec.data
    if manifest.format != mapping.format:
        faults.append(f"the format {mapping.format}, declared is {manifest.format}")
    known = {column.name: column.type for column in manifest.columns}
    used = {c: i.dtype for i in mapping.inputs for c in i.columns}
    numbers = [name for name, dtype in used.items() if dtype != "string"]
    faults += [f"the column {line(name)} is used and not declared" for name in used if name not in known]
    faults += [
        f"the column {line(n)} is fed as a number and declared as text"
        for n in numbers
        if known.get(n) == "text"
    ]
    section.prose += f" {len(used)} columns are fed to the model, {len(known)} are declared."
    section.find(
        "major" if faults else None,
        f"The audit data is not what its manifest declares ({len(faults)} differences)",
        "\n".join(faults[:50]),
    )


def _drift(subject: Subject, section: Section, training: Training) -> None:
    vocabulary.drift(subject, section, training)
    measured = np.flatnonzero(~subject.layout.prose)
    if not len(measured):
        return
    if len(measured) > _MAX_COLUMNS:
        section.limitations.append(f"Drift: measured in the first {_MAX_COLUMNS:,} columns only.")
        measured = measured[:_MAX_COLUMNS]
    count, all_names = len(measured), [subject.layout.names[one] for one in measured]
    before, now = training.rows[:, measured], subject.rows[:, measured]
    found = [_psi(before[:, i], now[:, i]) for i in range(count)]
    psi, chance = np.array(found).T
    tests = [_ks(before[:, i], now[:, i]) for i in range(count)]
    significant = np.array([test.pvalue * count < _SIGNIFICANT for test in tests])  # Bonferroni
    section.prose += (
        f" Against {len(before):,} rows of training data: the population stability index (PSI; ten "
        f"quantile bins, or one for each value where there are at most {_MAX_VALUES}) and the "
        "Kolmogorov-Smirnov test of each column, corrected for their number (Bonferroni)."
    )
    order = np.argsort(-psi, kind="stable")
    worst = int(order[0])
    section.measures += [
        Measure("largest PSI of a column", float(psi[worst]), "number"),
        Measure("PSI that equal data shows there by chance (95 %)", float(chance[worst]), "number"),
        Measure("columns that differ significantly", int(significant.sum()), "count"),
    ]
    drifted = [i for i in order if significant[i] and psi[i] > chance[i]]
    if drifted:
        worst = int(drifted[0])
        section.find(
            thresholds.PSI.severity(float(psi[worst])),
            f"{len(drifted)} of {count} columns differ from the training data; most of all "
            f"{all_names[worst]}",
            f"PSI {psi[worst]:.2f}. Figures measured on training data do not hold here.",
        )
    names = [all_names[i] for i in order[:_SHOWN]]
    section.tables.append(
        Table(
            ("column", "PSI", "KS distance", "p-value"),
            [
                (
                    all_names[i],
                    f"{psi[i]:.3f}",
                    f"{tests[i].statistic:.3f}",
                    f"{tests[i].pvalue:.2g}",
                )
                for i in order[:_SHOWN]
            ],
            f"The {len(names)} columns that differ most.",
        )
    )
    with plots.canvas(0.7 + 0.26 * len(names)) as drawn:
        axes = drawn.figure.subplots()
        plots.ranking(axes, names, [float(psi[i]) for i in order[:_SHOWN]], "PSI")
        for bound in (thresholds.PSI.minor, thresholds.PSI.major):
            axes.axvline(float(bound or 0), color=plots.WARM, linewidth=1, linestyle=":")
    section.plots.append(
        drawn.plot(
            f"PSI of {len(names)} columns; the largest is {psi[order[0]]:.2f}.",
            "How much columns differ from the training data. Dotted lines: moderate and significant shift.",
        )
    )


def _answers(subject: Subject, section: Section, training: Training) -> None:
    """Whether labels, answers and the score are those of the training data."""
    known = subject.model.predict(training.rows)
    if subject.has_plain_truth:
        _distributions(subject, section, training, known)
    _scores(subject, section, training, known)


def _distributions(subject: Subject, section: Section, training: Training, known: Predictions) -> None:
    mine, theirs = (
        (known.labels, subject.answers.labels)
        if subject.is_classification
        else (known.values, subject.answers.values)
    )
    for what, before, now in (
        ("labels", training.truth, subject.truth),
        ("answers", np.asarray(mine), np.asarray(theirs)),
    ):
        psi, chance = _psi(before.astype(np.float64), now.astype(np.float64))
        section.measures += [Measure(f"PSI of the {what}", psi, "number")]
        if psi > chance and _differ(subject, before, now):
            section.find(
                thresholds.ANSWERS_PSI.severity(psi),
                f"The {what} are distributed otherwise than in the training data: PSI {psi:.2f}",
                f"Equal data shows up to {chance:.2f} by chance. Rates of answers that are right, and what a "
                "probability "
                "means, shift with the classes, whether or not the model has learnt well.",
            )


def _scores(subject: Subject, section: Section, training: Training, known: Predictions) -> None:
    """The score on the training data compared with the score on the audit data."""
    metric = subject.spec.metric
    sides = {
        where: of_metric(subject, metric, truth, answers, _RESAMPLES)
        for where, truth, answers in (
            ("training", training.truth, known),
            ("audit", subject.truth, subject.answers),
        )
    }
    section.measures += [
        Measure.of(f"{metric.words} on the {where} data", one, unit_of(metric))
        for where, one in sides.items()
        if np.isfinite(one.value)
    ]
    before, now = sides["training"], sides["audit"]
    if metric.is_share and np.isfinite(before.value - now.value):
        gap = before.value - now.value
        least = gap - np.hypot(before.value - before.low, now.high - now.value)  # Newcombe 1998
        section.find(
            thresholds.SCORE_DROP.severity(float(least)),
            f"The {metric.words} falls from {percent(before.value)} on the training data to "
            f"{percent(now.value)} on the audit data",
            f"By at least {percent(float(least))} (95 %). Either the model knows its training rows by "
            "heart, or the data has changed.",
        )


def _differ(subject: Subject, before: Array, now: Array) -> bool:
    """Whether they differ, by the chi-squared test (classes) or the Kolmogorov-Smirnov test (numbers)."""
    if not subject.is_classification:
        return bool(ks_2samp(before, now, method="asymp").pvalue < _SIGNIFICANT)
    counts = np.array([np.bincount(one, minlength=len(subject.classes)) for one in (before, now)])
    counts = counts[:, counts.sum(axis=0) > 0]
    return bool(counts.shape[1] > 1 and chi2_contingency(counts).pvalue < _SIGNIFICANT)


def _ks(before: Array, now: Array) -> Any:
    """The Kolmogorov-Smirnov test on the values that are present; gaps are counted elsewhere."""
    return ks_2samp(before, now, method="asymp", nan_policy="omit")


def _psi(before: Array, now: Array) -> tuple[float, float]:
    """Population stability index, and its 95 % quantile between samples of the same data.

    Between such samples it is roughly chi-squared (Yurdakul 2018). A bin that is empty on one side counts as
    half a row.
    """
    given = [one[~np.isnan(one)] for one in (before, now)]
    if not all(map(len, given)):
        return 0.0, 0.0
    edges = _edges(given[0])
    old, new = (np.bincount(np.searchsorted(edges, one), minlength=len(edges) + 1) for one in (before, now))
    used = old + new > 0
    p = np.maximum(old[used], 0.5) / len(before)
    q = np.maximum(new[used], 0.5) / len(now)
    chance = chi2.ppf(0.95, used.sum() - 1) * (1 / len(before) + 1 / len(now)) if used.sum() > 1 else 0.0
    return float(((q - p) * np.log(q / p)).sum()), float(chance)


def _edges(before: Array) -> Array:
    """Upper ends of the bins: quantiles; where values are few, or frequent, each has a bin of its own."""
    values = np.unique(before)
    ends, times = np.unique(np.quantile(before, np.linspace(0, 1, _BINS + 1)[1:-1]), return_counts=True)
    if len(values) <= _MAX_VALUES:
        ends = alone = values
    else:
        alone = ends[times > 1]
    return np.unique(np.concatenate([ends, np.nextafter(alone, -np.inf)]))
