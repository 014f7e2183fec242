"""Copies of training rows where most rows have a twin by chance, and exact twins that are no near ones."""

import numpy as np
import pytest
from audited import subject

from assay_validation.audit import overlap
from assay_validation.audit.subject import Training
from assay_validation.metrics import Predictions


def people(rng, count, shape=1.3):
    """Rows of few different values, of which some are frequent and most are rare."""
    values = np.minimum(rng.zipf(shape, (count, 2)), 60).astype(float)
    return np.column_stack([values, rng.integers(0, 4, count)])


def audited(rows, known):
    labels = np.arange(len(rows)) % 2
    return subject(labels, Predictions(labels=labels), rows=rows,
                   training=Training(known, np.arange(len(known)) % 2, len(known)))  # fmt: skip


def severities(one):
    return [f.severity for f in overlap.examine(one).findings if f.severity != "note"]


def test_copies_among_rows_of_which_most_have_a_twin_by_chance():
    found = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        known, rows = people(rng, 1_000), people(rng, 1_000)
        assert overlap._copies(rows, known).found.mean() > 0.5
        rows[:200] = known[:200]
        found += "major" in severities(audited(rows, known))
    assert found >= 9


@pytest.mark.parametrize("known_rows", [300, 1_000, 3_000])
@pytest.mark.parametrize("shape", [1.3, 1.8])
def test_new_rows_accuse_nobody_also_of_another_distribution(known_rows, shape):
    rng = np.random.default_rng(known_rows)
    accused = [severities(audited(people(rng, 800, 1.3), people(rng, known_rows, shape))) for _ in range(10)]
    assert accused == [[]] * 10


def test_exact_twins_are_no_near_ones():
    """Of many columns distances are computed by products, and twins do not lie at 0."""
    rng = np.random.default_rng(0)
    known, rows = rng.normal(0, 1e3, (400, 30)), rng.normal(0, 1e3, (400, 30))
    rows[:60] = known[:60]
    (near,) = (
        m.value for m in overlap.examine(audited(rows, known)).measures if m.name.endswith("a training row")
    )
    assert near == 0
