"""How validation data is read, inside of the jail's process."""

import io
import os
import threading

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from assay.manifests.evaluation import DataMapping, InputMapping
from assay_validation.jobs import RefusalError, prepare_data

ROWS = 300_000  # more than one block, so that a reader would read ahead


@pytest.fixture
def readers(monkeypatch):
    """The threads that have read from the file, and so moved its place."""
    seen = set()

    class Watched(io.FileIO):
        def read(self, *size):
            seen.add(threading.get_ident())
            return super().read(*size)

    monkeypatch.setattr(prepare_data.os, "fdopen", Watched)
    return seen


def read(folder, form):
    columns = (InputMapping(name="X", columns=("x",), dtype="int64"),)
    mapping = DataMapping(format=form, inputs=columns, label="y", classes=("0", "1"))
    lent = {name: os.open(folder / name, os.O_WRONLY | os.O_CREAT) for name in ("truth", "clean-0")}
    data = {"data": os.open(folder / "data", os.O_RDONLY)}
    return prepare_data.run(mapping.model_dump(mode="json"), data, lent)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_are_read_whole_and_by_no_other_thread(form, readers, tmp_path):
    table = pa.table({"x": range(ROWS), "y": [i % 2 for i in range(ROWS)]})
    (pa.csv.write_csv if form == "csv" else parquet.write_table)(table, tmp_path / "data")
    assert read(tmp_path, form)["rows"] == ROWS
    assert np.array_equal(np.load(tmp_path / "clean-0")[:, 0], np.arange(ROWS))
    assert np.array_equal(np.load(tmp_path / "truth"), np.arange(ROWS) % 2)
    assert readers <= {threading.get_ident()}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_nor_are_those_that_cannot_be_read(form, readers, tmp_path):
    (tmp_path / "data").write_bytes(b"\x00\xff" * 4_000_000)
    with pytest.raises(RefusalError, match=f"cannot be read as {form}"):
        read(tmp_path, form)
    assert readers <= {threading.get_ident()}
