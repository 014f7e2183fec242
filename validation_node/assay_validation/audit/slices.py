"""Rows on which the model is much worse, found without anyone naming a group."""

import numpy as np
from scipy.stats import fisher_exact
from sklearn.tree import DecisionTreeRegressor

from assay_validation.audit import thresholds
from assay_validation.audit.comparisons import difference, means, proportions
from assay_validation.audit.groups import Grouping
from assay_validation.audit.plain import Feature
from assay_validation.audit.section import Measure, Section, percent
from assay_validation.audit.subject import Array, Subject

_FEW_ROWS, _LEAST_LEAF, _MAX_COLUMNS = 200, 15, 500
_SIGNIFICANT = 0.01
_MOST = 0.5
"""The largest share of rows in a slice: where most rows are, the score itself says how good the model is."""


def examine(subject: Subject) -> Section:
    """A small tree looks for errors in one half of the rows; the other half shows whether they are real."""
    section = Section("performance", "Weak slices", "")
    if not subject.has_plain_truth or subject.layout.image is not None:
        section.limitations.append("Weak slices: only looked for in tables with a class or a number.")
        return section
    if len(subject.rows) < _FEW_ROWS or subject.rows.shape[1] > _MAX_COLUMNS:
        section.limitations.append(
            f"Weak slices: not looked for in fewer than {_FEW_ROWS} rows or more than {_MAX_COLUMNS} columns."
        )
        return section
    wrong = _errors(subject)
    order = subject.rng("slices").permutation(len(wrong))
    seen, held = order[: len(order) // 2], order[len(order) // 2 :]
    section.prose = (
        f"A decision tree of depth two was fitted to where the model errs in {len(seen):,} rows. Its weakest "
        f"branch or leaf was then measured on the other {len(held):,}."
    )
    tree = DecisionTreeRegressor(
        max_depth=2, min_samples_leaf=max(_LEAST_LEAF, len(seen) // 20), random_state=0
    )
    tree.fit(subject.plain_rows[seen], wrong[seen])
    passed = tree.decision_path(subject.plain_rows).toarray().astype(bool)
    slices = [one for one in range(1, passed.shape[1]) if passed[seen, one].mean() <= _MOST]
    if not slices:
        return section
    weakest = max(slices, key=lambda one: _excess(wrong[seen], passed[seen, one]))
    inside = passed[held, weakest]
    if not inside.any() or inside.all():
        return section
    measure = _measure if subject.is_classification else _measure_size
    measure(section, _path(tree, weakest, subject.features), inside, wrong[held])
    return section


def _excess(wrong: Array, inside: Array) -> float:
    """How much worse the model is *inside*, in standard errors, so that large slices outweigh small ones."""
    there, elsewhere = wrong[inside], wrong[~inside]
    error = np.sqrt(wrong.var() * (1 / len(there) + 1 / len(elsewhere)))
    return float((there.mean() - elsewhere.mean()) / error) if error > 0 else 0.0


def _errors(subject: Subject) -> Array:
    """[rows]: whether the answer is wrong, or for a number, how far off it is."""
    if subject.is_classification:
        return np.asarray(subject.answers.labels != subject.truth)
    return np.asarray(np.abs(subject.answers.values - subject.truth))


def _measure_size(section: Section, where: str, inside: Array, sizes: Array) -> None:
    grouping = Grouping("slice", ("elsewhere", "there"), inside.astype(np.int64))
    errors = means(grouping, "errors", sizes, "number")
    there, elsewhere = errors.of(1), errors.of(0)
    section.measures += [
        Measure.of("mean absolute error in the weakest slice", there, "number"),
        Measure.of("mean absolute error elsewhere", elsewhere, "number"),
    ]
    if elsewhere.high > 0 and errors.test(np.array([1]), np.array([0]))[0] < _SIGNIFICANT:
        section.find(
            thresholds.WEAK_SLICE_ERROR.severity(there.low / elsewhere.high - 1),
            f"Where {where}, errors are {there.value / max(elsewhere.value, 1e-300):.2g} times as large as "
            "elsewhere",
            f"Mean absolute error {there.value:.4g} ({there.low:.4g} to {there.high:.4g}) there, "
            f"{elsewhere.value:.4g} elsewhere, on rows that the slice was not chosen by "
            f"({int(inside.sum()):,} of {len(inside):,}).",
        )


def _measure(section: Section, where: str, inside: Array, wrong: Array) -> None:
    grouping = Grouping("slice", ("elsewhere", "there"), inside.astype(np.int64))
    errors = proportions(grouping, "errors", wrong, np.ones(len(wrong), dtype=bool))
    gap = difference(errors, 1, 0)
    section.measures += [
        Measure.of("errors in the weakest slice", errors.of(1)),
        Measure.of("errors elsewhere", errors.of(0)),
    ]
    table = [
        [int(wrong[inside == side].sum()), int((~wrong)[inside == side].sum())] for side in (True, False)
    ]
    if fisher_exact(table, alternative="greater").pvalue < _SIGNIFICANT:
        section.find(
            thresholds.WEAK_SLICE.severity(gap.low),
            f"Where {where}, {percent(errors.of(1).value)} of answers are wrong, elsewhere "
            f"{percent(errors.of(0).value)}",
            f"95 % interval of the difference {percent(gap.low)} to {percent(gap.high)}, on rows that the "
            "slice was not "
            f"chosen by ({int(inside.sum()):,} of {len(inside):,}).",
        )


def _path(tree: DecisionTreeRegressor, leaf: int, features: list[Feature]) -> str:
    """The conditions that lead to *leaf*."""
    inner = tree.tree_
    steps: list[str] = []
    node = leaf
    while node:
        parent = next(
            at
            for at in range(inner.node_count)
            if node in (inner.children_left[at], inner.children_right[at])
        )
        above = bool(inner.children_right[parent] == node)
        steps.append(features[inner.feature[parent]].where(inner.threshold[parent], above=above))
        node = parent
    return " and ".join(reversed(steps)) or "anything"
