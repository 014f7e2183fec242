"""Rows to train on, as people keep them: a CSV file with a header, or an npz archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.words.printable import quoted
from assay_learning.errors import LearningError

Array = NDArray[Any]
MAX_FILE_BYTES = 2 << 30


@dataclass(frozen=True)
class Rows:
    """Rows and their labels.

    Attributes:
        x: [rows, ...] float32, finite.
        labels: [rows] places in *classes*; empty where the file has none.
        classes: the labels as the file has them, in order.
        names: of the columns of a table; of the array of an archive.
        target: name of the labels.
    """

    x: Array
    labels: NDArray[np.int64]
    classes: Array
    names: tuple[str, ...]
    target: str | None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes as text."""
        return tuple(str(one) for one in self.classes.tolist())

    @property
    def one_hot(self) -> Array:
        """[rows, classes] float32."""
        return np.eye(len(self.classes), dtype=np.float32)[self.labels]

    def split(self, share: float, seed: int) -> tuple[Rows, Rows]:
        """These rows in two parts, the second with this *share* of each class, one row at least.

        Raises:
            LearningError: a class has a single row.
        """
        order = np.random.default_rng(seed).permutation(len(self.x))
        held: list[int] = []
        for place in range(len(self.classes)):
            of_class = order[self.labels[order] == place]
            if len(of_class) < 2:
                name = quoted(self.class_names[place])
                raise LearningError(f"The class {name} has a single row; two at least are needed.")
            held += of_class[: max(1, round(share * len(of_class)))].tolist()
        mask = np.zeros(len(self.x), bool)
        mask[held] = True
        return self.part(~mask), self.part(mask)

    def part(self, chosen: Array) -> Rows:
        """Those that are *chosen*."""
        return Rows(self.x[chosen], self.labels[chosen], self.classes, self.names, self.target)


def read_rows(path: Path, target: str | None) -> Rows:
    """The rows in *path*, with the labels in the column or array *target*, if any.

    Raises:
        LearningError: the file cannot be read, or holds what a model cannot be trained on.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise LearningError(f"{path} is larger than {MAX_FILE_BYTES >> 30} GiB.")
        with path.open("rb") as file:
            is_archive = file.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise LearningError(f"Cannot read {path}: {error.strerror or error}.") from None
    x, labels, names = _of_archive(path, target) if is_archive else _of_table(path, target)
    if not len(x):
        raise LearningError(f"{path} has no rows.")
    if not np.isfinite(x).all():
        raise LearningError(f"{path} holds numbers that are empty, NaN or infinite.")
    if labels is None:
        return Rows(x, np.empty(0, np.int64), np.empty(0), names, None)
    classes, places = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise LearningError(f"All rows of {path} have the same {quoted(str(target))}.")
    if len(classes) > max(2, len(x) // 2):
        raise LearningError(
            f"{quoted(str(target))} has {len(classes):,} different values in {len(x):,} rows.",
            hint="Labels of classes are needed; numbers to be estimated are not supported here.",
        )
    return Rows(x, places.astype(np.int64), classes, names, target)


def _of_table(path: Path, target: str | None) -> tuple[Array, Array | None, tuple[str, ...]]:
    import pyarrow as pa
    from pyarrow import csv

    try:
        table = csv.read_csv(path)
    except (pa.ArrowInvalid, pa.ArrowException, UnicodeDecodeError) as error:
        said = str(error).splitlines()[0][:200]
        raise LearningError(f"{path} is no CSV file with a header, and no npz archive: {said}") from None
    _require(target, table.column_names, path)
    if len(set(table.column_names)) != len(table.column_names):
        raise LearningError(f"{path} has two columns of the same name.")
    columns, names = [], []
    for name in table.column_names:
        if name == target:
            continue
        column = table[name]
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise LearningError(
                f"The column {quoted(name)} of {path} holds no numbers.",
                hint="Encode it as numbers, or leave it out.",
            )
        if column.null_count:
            raise LearningError(
                f"The column {quoted(name)} of {path} is empty in {column.null_count:,} rows."
            )
        columns.append(column.to_numpy().astype(np.float32))
        names.append(name)
    if not columns:
        raise LearningError(f"{path} has no column beside {quoted(str(target))}.")
    labels = None
    if target is not None:
        if table[target].null_count:
            raise LearningError(
                f"{quoted(str(target))} is empty in {table[target].null_count:,} rows of {path}."
            )
        labels = _as_labels(np.array(table[target].to_pylist()), target)
    return np.stack(columns, axis=1), labels, tuple(names)


def _of_archive(path: Path, target: str | None) -> tuple[Array, Array | None, tuple[str, ...]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception:  # numpy raises whatever it meets in a hostile file
        raise LearningError(f"{path} is no archive of arrays (npz).") from None
    _require(target, list(arrays), path)
    inputs = [name for name in arrays if name != target]
    if len(inputs) != 1:
        raise LearningError(f"{path} has {len(inputs)} arrays beside the labels, and one is needed.")
    x = arrays[inputs[0]]
    if x.dtype.kind not in "iuf" or x.ndim < 2:
        raise LearningError(f"The array {quoted(inputs[0])} of {path} holds no rows of numbers.")
    labels = None if target is None else _as_labels(arrays[target], target)
    if labels is not None and labels.shape != (len(x),):
        raise LearningError(f"The array {quoted(str(target))} of {path} is not one label for each row.")
    return x.astype(np.float32), labels, tuple(inputs)


def _as_labels(labels: Array, target: str | None) -> Array:
    if labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels == np.round(labels)).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind == "b":
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iuU":
        raise LearningError(f"{quoted(str(target))} holds neither whole numbers nor texts.")
    return labels


def _require(target: str | None, names: list[str], path: Path) -> None:
    if target is not None and target not in names:
        there = ", ".join(quoted(one) for one in names[:10])
        raise LearningError(f"{path} has no {quoted(str(target))}; it has {there}.")


def write_rows(path: Path, rows: Rows) -> None:
    """Write *rows* as an archive (npz), or, where they are a table, as CSV."""
    labels = rows.classes[rows.labels]
    if path.suffix == ".npz":
        arrays: dict[str, Any] = {rows.names[0]: rows.x, str(rows.target): labels}
        np.savez(path, **arrays)
        return
    import pyarrow as pa
    from pyarrow import csv

    columns = {name: rows.x[:, i] for i, name in enumerate(rows.names)}
    csv.write_csv(pa.table({**columns, str(rows.target): labels}), path)
