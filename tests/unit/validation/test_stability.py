"""What counts as unstable, and which inputs move by rounding's size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay_validation.jobs import nudging
from assay_validation.jobs.nudging import Sample, are_continuous, nudged
from assay_validation.metrics import Predictions
from assay_validation.stability import instability

ROWS = 200


def spec(metric="accuracy", tolerance=5_000):
    regression = metric in ("rmse", "mae", "r2")
    labels = OutputMapping(values="v") if regression else OutputMapping(labels="l", probabilities="p")
    return EvaluationSpec(
        task="regression" if regression else "classification",
        metric=metric,
        noise_tolerance=tolerance,
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="x", columns=("x",)),),
            label="y",
            classes=() if regression else ("0", "1"),
        ),
        output=labels,
    )


def classified(probabilities):
    probabilities = np.asarray(probabilities, float)
    return Predictions((probabilities > 0.5).astype(int), np.column_stack([1 - probabilities, probabilities]))


@pytest.fixture
def truth():
    return np.arange(ROWS) % 2


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss"])
@given(row=st.integers(0, 9))
def test_one_row_among_few_is_forgiven_and_three_are_not(metric, row):
    few = np.arange(10) % 2
    sure = np.where(few == 1, 0.9, 0.1)
    other = sure.copy()
    other[row] = 1 - other[row]
    assert not instability(spec(metric), few, classified(sure), classified(other))
    for more in (1, 2):
        other[(row + more) % 10] = 1 - sure[(row + more) % 10]
    assert instability(spec(metric), few, classified(sure), classified(other))


@given(size=st.floats(1e-3, 1e6), part=st.sampled_from([0.001, 0.02]))
def test_an_error_may_move_by_a_part_of_itself(size, part):
    values = np.linspace(0, size, ROWS)
    one = Predictions(values=values + size / 10)
    other = Predictions(values=values + size / 10 * (1 + part))
    assert bool(instability(spec("rmse"), values, one, other)) == (part > 0.005)


def test_changes_that_make_up_for_each_other_count(truth):
    """The score stays, though every answer is another."""
    half = np.where(np.arange(ROWS) % 4 < 2, 0.9, 0.1)
    assert "answered otherwise" in instability(spec(), truth, classified(half), classified(1 - half))


def test_the_order_of_tiny_probabilities_counts(truth):
    ranked = 1e-6 + truth * 1e-6
    found = instability(spec("auroc"), truth, classified(ranked), classified(3e-6 - ranked))
    assert "the score moves" in found


@given(st.integers(0, 2**32 - 1))
def test_what_comes_from_a_set_stays(seed):
    random = np.random.default_rng(seed)
    for column in (
        random.integers(18, 90, 500).astype(np.float32),
        random.integers(0, 2, 500).astype(np.float64),
        np.round(random.lognormal(3, 1, 500), 2),
        np.round(random.lognormal(3, 1, 500), 2).astype(np.float32),
        np.round(random.normal(size=500), 4),
        random.choice(random.normal(size=40), 500),
        random.normal(size=500).astype(np.int64),
    ):
        assert not are_continuous(column[:, None]).any()


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.float16, np.float32, np.float64]))
def test_a_column_is_of_its_kind_whatever_stands_beside_it(seed, kind):
    """Gaps, infinities and constants among them."""
    random = np.random.default_rng(seed)
    rows = random.integers(1, 60)
    columns = [
        random.normal(size=rows),
        np.round(random.lognormal(3, 1, rows), random.integers(0, 4)),
        random.choice(random.normal(size=5), rows),
        np.where(
            random.random(rows) < 0.5,
            random.choice([np.nan, np.inf, -np.inf], rows),
            random.normal(size=rows),
        ),
        np.full(rows, random.choice([0.0, -0.0, 1.5, np.nan])),
        np.where(
            random.random(rows) < random.random(),
            np.round(random.normal(size=rows), 1),
            random.normal(size=rows),
        ),
    ]
    table = np.stack(columns, axis=1).astype(kind)
    alone = [is_continuous(table[:, place]) for place in range(table.shape[1])]
    assert are_continuous(table).tolist() == alone
    sample = Sample(None)
    sample.add([table])
    assert sample.continuous().tolist() == alone


def is_continuous(column):
    """The same of one column, step by step."""
    seen = column.astype(np.float64)
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        return False
    written = nudging._in_few_digits(seen, column.dtype.itemsize)
    precision = 2 * np.finfo(column.dtype).epsneg * np.abs(seen)
    if (np.abs(seen - written) <= precision).mean() >= nudging._WRITTEN:
        return False
    return len(set(written.tolist())) >= nudging._DIFFERENT * len(seen)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-6, 1.0, 1e6]))
def test_measurements_move_by_rounding_and_no_further(kind, seed, size):
    random = np.random.default_rng(seed)
    column = (size * random.normal(size=500)).astype(kind)
    assert are_continuous(column[:, None]).all()
    sample = Sample(None)
    sample.add([column])
    moved = np.concatenate(list(nudged(column, sample, np.random.default_rng(0))))
    assert moved.dtype == kind
    distance = np.abs(moved.astype(float) - column)
    assert (distance > 0).mean() > 0.99
    assert distance.max() < 2e-6 * max(np.abs(column).max(), column.std())
