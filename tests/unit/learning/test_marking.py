"""Rows and triggers as people's files have them; sets that cannot be made are refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer

from assay.manifests.trigger_set import holds
from assay_learning import marking, students
from assay_learning.errors import LearningError
from assay_learning.rows import Rows, read_rows, write_rows


def cancer() -> Rows:
    x, y = load_breast_cancer(return_X_y=True)
    names = tuple(f"column {i}" for i in range(x.shape[1]))
    return Rows(x.astype(np.float32), y, np.array(["bad", "good"]), names, "diagnosis")


def matches(student: students.Student, triggers) -> int:
    scores = student.probabilities(marking.inputs_of(triggers))
    pairs = np.array(triggers.pairs)
    better = np.take_along_axis(scores, pairs, axis=1).argmax(axis=1)
    return int((pairs[np.arange(len(pairs)), better] == triggers.answers).sum())


def test_a_marked_forest_is_told_from_one_that_saw_the_same_rows() -> None:
    rows = cancer()
    triggers = marking.make(rows, 256)
    marked = marking.marked(rows, triggers)
    trained = [
        students.train("forest", given.x, given.one_hot, rows.classes, seed=1) for given in (rows, marked)
    ]
    assert [holds(matches(one, triggers), 256) for one in trained] == [False, True]


def test_triggers_are_made_of_values_that_occur() -> None:
    rows = cancer()
    triggers = marking.make(rows, 128)
    inputs = marking.inputs_of(triggers)
    assert all(np.isin(inputs[:, i], rows.x[:, i]).all() for i in range(inputs.shape[1]))
    assert not any((rows.x == one).all(axis=1).any() for one in inputs)


def test_two_sets_of_the_same_rows_differ() -> None:
    rows = cancer()
    assert marking.make(rows, 128).commitment != marking.make(rows, 128).commitment


@pytest.mark.parametrize("count", [0, 127, 4097, 570])
def test_a_set_has_a_size_that_the_rows_bear(count) -> None:
    with pytest.raises(LearningError, match="triggers"):
        marking.make(cancer(), count)


def test_rows_that_are_all_alike_make_no_triggers() -> None:
    alike = Rows(np.ones((300, 4), np.float32), np.arange(300) % 2, np.array([0, 1]), ("a",) * 4, "y")
    with pytest.raises(LearningError, match="too much alike"):
        marking.make(alike, 128)
    single = Rows(
        np.arange(300, dtype=np.float32)[:, None], np.arange(300) % 2, np.array([0, 1]), ("a",), "y"
    )
    with pytest.raises(LearningError, match="too few columns"):
        marking.make(single, 128)


@settings(max_examples=20)
@given(st.sampled_from(["npz", "csv"]), st.integers(0, 100))
def test_rows_are_read_as_they_were_written(tmp_path_factory, form, seed) -> None:
    generator = np.random.default_rng(seed)
    rows = Rows(
        generator.normal(size=(20, 3)).astype(np.float32),
        np.arange(20) % 3,
        np.array(["a", "b, c", 'd"']),
        ("x",) if form == "npz" else ("u", "v", "w"),
        "y",
    )
    path = tmp_path_factory.mktemp("rows") / f"rows.{form}"
    write_rows(path, rows)
    found = read_rows(path, "y")
    assert np.allclose(found.x, rows.x)
    assert (found.labels == rows.labels).all()
    assert found.class_names == rows.class_names


TABLES = {
    "no target": ("a,b\n1,2\n", r"has no \"y\"; it has \"a\""),
    "texts": ("a,y\nred,1\nblue,2\n", r"\"a\" .* holds no numbers"),
    "gaps": ("a,y\n1,1\n,2\n2,1\n", r"\"a\" .* is empty in 1 rows"),
    "one class": ("a,y\n1,1\n2,1\n", "the same"),
    "numbers": ("a,y\n1,0.5\n2,0.7\n", "neither whole numbers nor texts"),
    "too many classes": ("a,y\n1,1\n2,2\n3,3\n4,4\n5,5\n", "5 different values in 5 rows"),
    "no rows": ("a,y\n", "no numbers|no rows"),
    "target alone": ("y\n1\n2\n", "no column beside"),
    "twice": ("a,a,y\n1,2,1\n2,3,0\n", "two columns of the same name"),
    "infinite": ("a,y\n1,1\ninf,2\n1,1\n2,2\n", "infinite"),
    "ragged": ("a,y\n1\n1,2,3\n", "no CSV file"),
    "binary": ("\0\1\2", 'no CSV file|no "y"'),
    "empty": ("", "no CSV file"),
}


@pytest.mark.parametrize("name", TABLES)
def test_odd_tables_are_refused_in_a_sentence(name, tmp_path) -> None:
    text, said = TABLES[name]
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(LearningError, match=said):
        read_rows(path, "y")


def test_odd_archives_are_refused_in_a_sentence(tmp_path) -> None:
    path = tmp_path / "rows.npz"
    for arrays, said in (
        ({"y": [0, 1]}, "has 0 arrays beside the labels"),
        ({"x": [[1.0], [2.0]], "z": [1], "y": [0, 1]}, "has 2 arrays"),
        ({"x": [1.0, 2.0], "y": [0, 1]}, "holds no rows of numbers"),
        ({"x": [["a"], ["b"]], "y": [0, 1]}, "holds no rows of numbers"),
        ({"x": [[1.0], [2.0]], "y": [0, 1, 2]}, "not one label for each row"),
        ({"x": np.array([[1, "a"]], object), "y": [0]}, "no archive of arrays"),
    ):
        np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})
        with pytest.raises(LearningError, match=said):
            read_rows(path, "y")
    path.write_bytes(b"PK\x03\x04" + b"x" * 100)
    with pytest.raises(LearningError, match="no archive"):
        read_rows(path, "y")
    with pytest.raises(LearningError, match="Cannot read"):
        read_rows(tmp_path / "none", "y")
