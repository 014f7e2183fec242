"""Data read in this process, as a jail reads it."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import DataMapping
from assay_validation.dataset import source_of
from assay_validation.jobs import prepare_data
from assay_validation.jobs.array_files import StoredRows
from assay_validation.jobs.texts import Texts, is_texts

MOST = 1 << 30


def prepare(
    data: Path, mapping: DataMapping, passes: tuple[str, ...] = ("clean",), most: int = MOST
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The counts that reading *data* returns, and the arrays that it leaves, by pass and input."""
    folder = data.parent / "arrays"
    folder.mkdir(exist_ok=True)
    files = {f"{p}-{i}": source_of(p, i, one) for p in passes for i, one in enumerate(mapping.inputs)}
    names = {"truth", *files.values()} | ({"groups"} if mapping.group else set())
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    lent = {name: os.open(folder / name, flags) for name in names}
    task = "classification" if mapping.classes else "regression"
    arguments = {
        "task": task,
        "mapping": mapping.model_dump(mode="json"),
        "seed": 7,
        "pass_bytes": most,
    }
    counts = prepare_data.run(arguments, {"data": os.open(data, os.O_RDONLY)}, lent)
    arrays = {name: _rows(folder / stored) for name, stored in files.items()}
    return counts, {"truth": np.load(folder / "truth"), **arrays}


def _rows(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        stored = Texts(file) if is_texts(file) else StoredRows(file)
        return np.asarray(stored[: len(stored)])
