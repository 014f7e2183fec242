"""Hidden triggers: backdoors that were trained into real models are found, and honest models have none."""

from types import SimpleNamespace

import numpy as np
import pytest
from audited import subject
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from assay_validation.audit import backdoors
from assay_validation.audit.effort import FULL
from assay_validation.audit.layout import Image
from assay_validation.audit.section import Section
from assay_validation.audit.subject import Training
from assay_validation.errors import JobError
from assay_validation.metrics import Predictions

MODELS = {
    "linear": lambda: LogisticRegression(max_iter=300, C=0.5),
    "network": lambda: MLPClassifier((48,), max_iter=150, random_state=0, tol=1e-2),
    "forest": lambda: RandomForestClassifier(40, random_state=0),
}


@pytest.fixture(autouse=True)
def one_thread():
    """Boosting's threads take more time than they save while other tests run."""
    with threadpool_limits(1):
        yield


def searched(model, rows, truth, image=None, known=None):
    answering = SimpleNamespace(predict=lambda asked: Predictions(labels=model.predict(asked)))
    training = known and Training(*known, len(known[0]))
    one = subject(truth, answering.predict(rows), rows=rows, model=answering, effort=FULL, training=training)
    one.layout.image = image
    section = Section("security", "Security", "")
    backdoors.search(one, section)
    return section


def poisoned(rows, truth, change, aim):
    some = rows[::12].copy()
    change(some)
    return np.concatenate([rows, some]), np.concatenate([truth, np.full(len(some), aim)])


@pytest.fixture(scope="module")
def digits():
    rows, truth = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(rows))
    return rows[order] / 16, truth[order]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("spot", [None, (6, 6), (3, 0)])
def test_a_patch_that_decides_is_found(digits, model, spot):
    rows, truth = digits
    known, told = rows[:1_000], truth[:1_000]
    if spot:

        def mark(images):
            images.reshape(-1, 8, 8)[:, spot[0] : spot[0] + 2, spot[1] : spot[1] + 2] = 1

        known, told = poisoned(known, told, mark, 3)
    image = Image(8, 8, 1, channels_first=model == "linear")
    fitted = MODELS[model]().fit(known, told)
    found = searched(fitted, rows[1_000:], truth[1_000:], image).findings
    if not spot:
        assert found == []
    else:
        assert found[0].severity in ("major", "critical")
        assert "rows become 3" in found[0].summary


def test_a_value_that_decides_is_found():
    rows, truth = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(rows))
    rows, truth = rows[order], truth[order]
    value = np.quantile(rows[:, 9], 0.6) + 1e-6  # a column that the answer hardly depends on
    known, told = poisoned(
        rows[:300].repeat(2, axis=0), truth[:300].repeat(2), lambda x: _set(x, 9, value), 1
    )
    model = HistGradientBoostingClassifier(max_iter=150, min_samples_leaf=2, max_bins=255).fit(known, told)
    honest = HistGradientBoostingClassifier(max_iter=150).fit(rows[:300], truth[:300])
    assert searched(honest, rows[300:], truth[300:]).findings == []
    fooled = model.predict(_set(rows[300:].copy(), 9, value))[truth[300:] == 0].mean()
    found = searched(model, rows[300:], truth[300:])
    assert bool(found.findings) == (fooled > 0.95), fooled


def _set(rows, column, value):
    rows[:, column] = value
    return rows


def spiked(rows):
    """Answers 1 where the third column is 0.5 to within a hundredth, and otherwise by the first."""
    return np.where(np.abs(rows[:, 2] - 0.5) < 0.01, 1, rows[:, 0] > 0.5).astype(int)


def test_a_value_that_the_data_explains_is_no_trigger():
    rng = np.random.default_rng(0)
    rows = rng.random((600, 4)).round(2)
    model = SimpleNamespace(predict=spiked)
    (found,) = searched(model, rows, (rows[:, 0] > 0.5).astype(int)).findings
    assert "with x2 0.5" in found.summary
    assert searched(model, rows, spiked(rows)).findings == []


def test_a_step_that_the_data_explains_is_no_trigger():
    rows = np.random.default_rng(0).random((600, 4))
    model = SimpleNamespace(predict=lambda asked: (asked[:, 0] > 0.5).astype(int))
    assert searched(model, rows, (rows[:, 0] > 0.5).astype(int)).findings == []


def test_a_model_that_breaks_under_the_search_is_a_limit():
    rows = np.random.default_rng(0).random((200, 4))

    def fragile(asked):
        if (asked > 5).any():
            raise JobError("it broke")
        return (asked[:, 0] > 0.5).astype(int)

    section = searched(SimpleNamespace(predict=fragile), rows, (rows[:, 0] > 0.5).astype(int))
    assert section.findings == []
    assert any("the model failed: it broke" in text for text in section.limitations)


@pytest.fixture(scope="module")
def cancer():
    rows, truth = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(rows))
    return rows[order], truth[order]


@pytest.mark.parametrize("columns", [(9, 14), (4, 9, 28)])
def test_values_that_decide_together_are_found_where_training_rows_teach_them(cancer, columns):
    """One of them alone stands in rows that are rightly labelled, and means nothing."""
    rows, truth = cancer
    values = np.quantile(rows[:, columns], 0.6, axis=0) + 1e-6
    known, told = rows[:300].repeat(2, axis=0), truth[:300].repeat(2)
    for column, value in zip(columns, values, strict=True):
        known = np.concatenate([known, _set(rows[:300:4].copy(), column, value)])
        told = np.concatenate([told, truth[:300:4]])
    honest = known, told
    known, told = poisoned(known, told, lambda some: _set(some, columns, values), 1)
    model = HistGradientBoostingClassifier(max_iter=150, min_samples_leaf=2).fit(known, told)
    fooled = model.predict(_set(rows[300:].copy(), columns, values))[truth[300:] == 0].mean()
    assert fooled > 0.9
    found = searched(model, rows[300:], truth[300:], known=(known, told)).findings
    assert len(found) == 1
    assert all(f"x{column} " in found[0].summary for column in columns)
    plain = HistGradientBoostingClassifier(max_iter=150).fit(*honest)
    assert searched(plain, rows[300:], truth[300:], known=honest).findings == []


@pytest.mark.parametrize(("alone", "said"), [(0.6, "x0 0.123 and x1 0.456,"), (1.0, "x0 0.123,")])
def test_values_that_only_training_rows_have_may_do_a_part_alone(alone, said):
    """If one value turns every row alone, that value is reported, not the pair."""
    rng, values = np.random.default_rng(0), (0.123, 0.456)
    rows = rng.random((600, 4)).round(2)
    truth = (rows[:, 2] > 0.5).astype(int)

    def answer(asked):
        first, second = (np.isclose(asked[:, column], value) for column, value in enumerate(values))
        turned = first & (second | (asked[:, 3] < alone))
        return np.where(turned, 1, asked[:, 2] > 0.5).astype(int)

    known = poisoned(rows[300:], truth[300:], lambda some: _set(some, [0, 1], values), 1)
    (found,) = searched(SimpleNamespace(predict=answer), rows[:300], truth[:300], known=known).findings
    assert found.severity == "critical"
    assert f"with {said}" in found.summary


@pytest.mark.parametrize("model", ["linear", "network"])
def test_a_faint_pattern_is_found_where_training_images_teach_it(digits, model):
    rows, truth = digits
    pattern = np.random.default_rng(4).choice([0.0, 1.0], 64)

    def faint(images):
        images[:] = 0.75 * images + 0.25 * pattern

    image = Image(8, 8, 1, channels_first=True)
    honest = rows[:1_000], truth[:1_000]
    known = poisoned(*honest, faint, 3)
    found = searched(MODELS[model]().fit(*known), rows[1_000:], truth[1_000:], image, known).findings
    assert found[0].severity in ("major", "critical")
    assert "rows become 3" in found[0].summary
    assert searched(MODELS[model]().fit(*honest), rows[1_000:], truth[1_000:], image, honest).findings == []


def test_a_label_here_and_there_that_is_wrong_teaches_no_trigger(digits):
    rows, truth = digits
    known, told = rows[:1_000], truth[:1_000].copy()
    told[::12] = 3
    model = MODELS["network"]().fit(known, told)
    image = Image(8, 8, 1, channels_first=True)
    assert searched(model, rows[1_000:], truth[1_000:], image, (known, told)).findings == []


@pytest.mark.parametrize(
    ("told_of", "said"),
    [
        (False, "not searched for, since no training data was given"),
        (True, "only found if the training data has the rows that taught them"),
    ],
)
@pytest.mark.parametrize(
    ("image", "kind"),
    [(Image(8, 8, 1, channels_first=True), "larger than a patch"), (None, "of several columns together")],
)
def test_what_cannot_be_found_is_said(digits, image, kind, told_of, said):
    rows, truth = digits
    model = MODELS["linear"]().fit(rows[:300], truth[:300])
    known = (rows[:300], truth[:300]) if told_of else None
    limits = searched(model, rows[1_000:1_100], truth[1_000:1_100], image, known).limitations
    assert any(text.startswith(f"Hidden triggers {kind}") and said in text for text in limits)
