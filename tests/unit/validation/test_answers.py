"""What is made of a model's answers outside of its jail, where another processor rounds otherwise."""

import errno
import math
import struct
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ordered import spec_of
from pyarrow import parquet
from scipy.special import softmax

from assay.manifests.reason import Code
from assay_validation import tasks
from assay_validation.class_order import position_of
from assay_validation.description import describe
from assay_validation.errors import JobError
from assay_validation.exponential import exponential
from assay_validation.jobs.predict import _checked
from assay_validation.limits import Limits
from assay_validation.predictions import check_predictions, read_array

ROWS = 200
CLASSES = ("a", "b")


@given(st.lists(st.floats(-800, 0), min_size=1, max_size=50))
def test_exponentials_are_exact_to_two_units(values):
    found = exponential(np.array(values))
    for one, value in zip(found.tolist(), values, strict=True):
        expected = Decimal(value).exp()
        assert abs(Decimal(one) - expected) <= 2 * Decimal(math.ulp(float(expected)))


def test_probabilities_of_many_logits_are_scipys():
    logits = 20 * np.random.default_rng(2).normal(size=(50_000, len(CLASSES)))
    found = check_predictions({"logits": logits}, CLASSES)
    assert np.allclose(found.probabilities, softmax(logits, axis=1), rtol=1e-14)
    assert np.array_equal(found.labels, logits.argmax(axis=1))


@pytest.mark.parametrize("header", ["{1:2,'a':3}", "{[]:1}", "{'a':'''x", "(" * 2000])
def test_a_header_that_is_none_is_the_models_fault(header, tmp_path):
    path = tmp_path / "array"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    with pytest.raises(JobError) as failure:
        read_array(path, 3, 1 << 20)
    assert failure.value.reasons[0].code == Code.ANSWERS_NONSENSE


def test_so_is_an_archive_that_is_none(tmp_path):
    path = tmp_path / "array"
    path.write_bytes(b"PK\x03\x04junk")
    with pytest.raises(JobError, match="no readable array"):
        read_array(path, 3, 1 << 20)


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE])
def test_what_this_machine_cannot_read_is_nobodys_fault(number, monkeypatch, tmp_path):
    def failing(*_, **_named):
        raise OSError(number, "not to be read")

    monkeypatch.setattr(np, "load", failing)
    with pytest.raises(OSError, match="not to be read"):
        read_array(tmp_path / "array", 3, 1 << 20)


def test_one_long_text_lengthens_no_other():
    spec = spec_of("exact_match", data={"classes": ("x" * 200,)})
    tokens = np.full((ROWS, 500), -1, np.int8)
    tokens[0] = 0
    text = tasks.read(spec, {"text": tokens}, np.array(["x"] * ROWS)).text
    assert text.dtype == object
    assert [len(one) for one in text[:2]] == [10_000, 0]


def test_classes_as_tables_write_whole_numbers_with_gaps():
    assert position_of(["1", "2"], ("1.0", "2.0")) == {"1": 0, "2": 1}
    assert position_of(["1", "3"], ("1.0", "2.0")) == {"1": 0}


def test_labels_in_one_row():
    assert _checked("label", np.zeros((1, 5), np.int64), 5).shape == (5,)


def test_row_labels_of_pandas_are_no_columns(tmp_path):
    table = pa.table({"x": [1.0, 2.0], "y": [0, 1], "__index_level_0__": [7, 8]})
    told = b'{"index_columns": ["__index_level_0__"]}'
    parquet.write_table(table.replace_schema_metadata({b"pandas": told}), tmp_path / "data.parquet")
    (tmp_path / "data.csv").write_text(",x,y\n0,1,0\n1,2,1\n")
    for name, form in (("data.parquet", "parquet"), ("data.csv", "csv")):
        described = describe(tmp_path / name, form, Limits())
        assert [one.name for one in described.columns] == ["x", "y"]
