"""How validation data is read, inside of the jail's process."""

import io
import os
import threading

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from assay.manifests.evaluation import DataMapping, InputMapping
from assay_validation.dataset import secret_seed
from assay_validation.evaluation import file_digest
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


def read(folder, form, classes=("0", "1")):
    columns = (InputMapping(name="X", columns=("x",), dtype="int64"),)
    mapping = DataMapping(format=form, inputs=columns, label="y", classes=classes)
    lent = {name: os.open(folder / name, os.O_WRONLY | os.O_CREAT) for name in ("truth", "clean-0")}
    data = {"data": os.open(folder / "data", os.O_RDONLY)}
    return prepare_data.run(
        {
            "task": "classification",
            "mapping": mapping.model_dump(mode="json"),
            "seed": 1,
            "pass_bytes": 1 << 30,
        },
        data,
        lent,
    )


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_are_read_whole_and_by_no_other_thread(form, readers, tmp_path):
    table = pa.table({"x": range(ROWS), "y": [i % 2 for i in range(ROWS)]})
    (pa.csv.write_csv if form == "csv" else parquet.write_table)(table, tmp_path / "data")
    assert read(tmp_path, form)["rows"] == ROWS
    assert np.array_equal(np.load(tmp_path / "clean-0")[:, 0], np.arange(ROWS))
    assert np.array_equal(np.load(tmp_path / "truth"), np.arange(ROWS) % 2)
    assert readers <= {threading.get_ident()}


@pytest.mark.parametrize("form", ["parquet", "npz"])
@pytest.mark.parametrize("classes", [("0", "1"), ("False", "True"), ("true", "false")])
def test_truth_values_go_by_the_names_of_their_classes(form, classes, tmp_path):
    truth = np.array([True, False, True])
    if form == "npz":
        np.savez(tmp_path / "data", x=np.arange(3), y=truth)
        (tmp_path / "data.npz").rename(tmp_path / "data")
    else:
        parquet.write_table(pa.table({"x": range(3), "y": truth}), tmp_path / "data")
    read(tmp_path, form, classes)
    named = [classes[place].lower() in ("1", "true") for place in np.load(tmp_path / "truth")]
    assert named == truth.tolist()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_nor_are_those_that_cannot_be_read(form, readers, tmp_path):
    (tmp_path / "data").write_bytes(b"\x01\xff" * 4_000_000)
    with pytest.raises(RefusalError, match="is not utf-8" if form == "csv" else "cannot be read as parquet"):
        read(tmp_path, form)
    assert readers <= {threading.get_ident()}


def noise(folder, seed, values):
    """What the noisy pass adds to *values*."""
    columns = (InputMapping(name="X", columns=("x",), dtype="float64"),)
    mapping = DataMapping(format="npz", inputs=columns, label="y", classes=("0", "1"))
    np.savez(folder / "data.npz", x=values, y=np.arange(len(values)) % 2)
    lent = {name: os.open(folder / name, os.O_RDWR | os.O_CREAT) for name in ("truth", "clean-0", "noisy-0")}
    data = {"data": os.open(folder / "data.npz", os.O_RDONLY)}
    prepare_data.run(
        {
            "task": "classification",
            "mapping": mapping.model_dump(mode="json"),
            "seed": seed,
            "pass_bytes": 1 << 30,
        },
        data,
        lent,
    )
    return np.load(folder / "noisy-0") - np.load(folder / "clean-0")


def test_noise_cannot_be_foreseen(tmp_path):
    """It depends on every byte of the data, and the digest that manifests tell does not give it away."""
    values = np.random.default_rng(0).normal(size=400)
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(values.tobytes())
    changed = values.copy()
    changed[-1] += 1e-9
    other.write_bytes(changed.tobytes())
    seeds = [secret_seed(one), secret_seed(other)]
    assert int(file_digest(one), 16) not in seeds
    first, again, second = (noise(tmp_path, seed, values) for seed in (seeds[0], seeds[0], seeds[1]))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.3
    assert first.std() == pytest.approx(0.05 * values.std(), rel=0.2)
