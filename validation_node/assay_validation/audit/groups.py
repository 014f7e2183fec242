"""Who is compared with whom: the groups of each named column, and of every pair of columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.manifests.evaluation import DataMapping
from assay_validation.audit.section import line
from assay_validation.dataset import DataError, beside
from assay_validation.errors import JobError
from assay_validation.limits import Limits
from assay_validation.predictions import read_array
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch

MAX_COLUMNS = 8


@dataclass(frozen=True)
class Grouping:
    """One way to divide the rows.

    Attributes:
        title: the column, or both columns.
        names: the groups' names, printable.
        codes: [rows], indices into `names`.
    """

    title: str
    names: tuple[str, ...]
    codes: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "Grouping":
        """The same grouping for the given *rows* only."""
        return Grouping(self.title, self.names, self.codes[rows])

    @property
    def sizes(self) -> NDArray[np.int64]:
        """[groups]: the number of rows in each."""
        return np.bincount(self.codes, minlength=len(self.names))


def read_groups(
    data: Path, mapping: DataMapping, columns: Sequence[str], rows: int, folder: Scratch
) -> tuple[Grouping, ...]:
    """A grouping of all *rows* for each of *columns*, read in the jail; array files are left in *folder*.

    Raises:
        DataError: a column is missing or cannot be read.
        SandboxUnavailable: this machine has no safe jail.
    """
    if not columns:
        return ()
    outputs = {f"codes-{i}": folder / f"codes-{i}" for i in range(len(columns))}
    arguments = {"mapping": mapping.model_dump(mode="json"), "columns": list(columns)}
    limits = Limits()
    try:
        job = Job("assay_validation.jobs.read_groups", arguments, {"data": data}, outputs)
        names = run(job, beside(limits, data))["names"]
        return tuple(
            Grouping(
                line(column), tuple(line(one) for one in named), read_array(path, rows, limits.file_bytes)
            )
            for column, named, path in zip(columns, names, outputs.values(), strict=True)
        )
    except JobError as failure:
        raise DataError(failure.message) from None


def crossed(groupings: Sequence[Grouping]) -> tuple[Grouping, ...]:
    """Every pair of columns combined, so that each group is an intersection of two."""
    return tuple(_cross(one, other) for one, other in combinations(groupings, 2))


def _cross(one: Grouping, other: Grouping) -> Grouping:
    pairs, codes = np.unique(one.codes * len(other.names) + other.codes, return_inverse=True)
    names = tuple(
        f"{one.names[pair // len(other.names)]} and {other.names[pair % len(other.names)]}" for pair in pairs
    )
    return Grouping(f"{one.title} and {other.title}", names, codes)
