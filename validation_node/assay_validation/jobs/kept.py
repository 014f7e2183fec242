"""Columns that are kept whole: labels and groups, as texts or as numbers."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.cells import numbers_in, plain, unreadable
from assay_validation.jobs.columns import Faults

Array = NDArray[Any]


class Kept:
    """Collects the columns in *texts*, which says for each whether it is read as text."""

    def __init__(self, texts: dict[str, bool], decimal: str) -> None:
        self._texts, self._decimal = texts, decimal
        self._blocks: dict[str, list[Array]] = {name: [] for name in texts}

    def add(self, blocks: dict[str, Any], faults: Faults) -> None:
        """Add a batch of rows."""
        for name, text in self._texts.items():
            self._blocks[name].append(_whole(name, blocks[name], text, self._decimal, faults))

    def columns(self) -> dict[str, Array]:
        """Each column as a whole; raises :class:`RefusalError` if its rows have different shapes."""
        for name, parts in self._blocks.items():
            if len({part.shape[1:] for part in parts}) > 1:
                raise RefusalError(f"the rows of {name!r} have different shapes", "row_shape", name=name)
        return {name: np.concatenate(parts) for name, parts in self._blocks.items()}


def _whole(name: str, block: Any, text: bool, decimal: str, faults: Faults) -> Array:
    """A block without gaps."""
    if isinstance(block, np.ndarray):
        return block
    block = plain(block)
    if text and (pa.types.is_string(block.type) or pa.types.is_temporal(block.type)):
        return _texts(name, block, faults)
    if text and pa.types.is_nested(block.type):  # boxes, as they are written in a table
        return np.array([json.dumps(cell, default=str) for cell in block.to_pylist()], dtype=object)
    if pa.types.is_temporal(block.type):
        raise unreadable(name, str(block.type))
    cells = numbers_in(name, block, decimal)
    faults.add("empty_cells", name, f"the column {name!r} has empty cells", cells.gaps)
    faults.add("not_numeric", name, f"the column {name!r} is not numeric", cells.strange)
    return cells.values


def _texts(name: str, block: pa.Array, faults: Faults) -> Array:
    from pyarrow import compute

    block = block.cast(pa.string())
    empty = compute.fill_null(compute.equal(compute.utf8_trim_whitespace(block), ""), True)
    faults.add("empty_cells", name, f"the column {name!r} has empty cells", empty)
    return np.asarray(compute.fill_null(block, "").to_numpy(zero_copy_only=False))
