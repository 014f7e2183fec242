"""Which rows a model is fed more than once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_validation.jobs.array_files import ArrayWriter, StoredRows
from assay_validation.jobs.equal_rows import repeated_rows
from assay_validation.jobs.texts import Texts, TextWriter

KINDS = ["u1", "i8", "f2", "f4", "f8", "?"]


def stored(array, folder):
    with (folder / "array").open("w+b") as file:
        writer = ArrayWriter(file, array.dtype, array.shape[1:])
        writer.add(array)
        writer.finish()
    with (folder / "array").open("rb") as file:
        return StoredRows(file)


def written(words, folder):
    with (folder / "texts").open("w+b") as file:
        writer = TextWriter(file, "t", ())
        writer.place(writer.append([one.encode() for one in words]))
        writer.finish()
    with (folder / "texts").open("rb") as file:
        return Texts(file)


def expected(rows):
    first = {}
    found = [(i, first.setdefault(row, i)) for i, row in enumerate(rows)]
    return [(i, one) for i, one in found if i != one]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 2_500), width=st.integers(1, 5))
def test_they_are_those_that_are_equal_in_all_inputs(kind, seed, rows, width, tmp_path_factory):
    random, folder = np.random.default_rng(seed), tmp_path_factory.mktemp("rows")
    array = random.integers(0, 3, (rows, width)).astype(kind)
    words = random.choice(["", "a", "ab", "ä", "b" * 99], rows)
    again, first = repeated_rows([stored(array, folder), written(words, folder)], seed)
    told = [(*row, str(word)) for row, word in zip(array.tolist(), words, strict=True)]
    assert list(zip(again.tolist(), first.tolist(), strict=True)) == expected(told)


def test_rows_that_differ_by_a_bit_are_apart(tmp_path):
    array = np.full((2_000, 3), 0.1)
    array[:, 1] = np.nextafter(array[:, 1], 1)
    array[1_500:, 2] = np.nextafter(array[1_500:, 2], 1)
    again, first = repeated_rows([stored(array, tmp_path)], 7)
    assert len(again) == 1_998
    assert set(first.tolist()) == {0, 1_500}
