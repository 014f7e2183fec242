"""Reads validation data into plain arrays: what the model is fed, and separately, the truth.

Every pass over the data has an array per input: ``clean`` as given, ``nudged`` with measurements moved by
a millionth (`nudging`), ``noisy`` with Gaussian noise of 5 % of each column's standard deviation,
and more if criteria ask for them (`shifting`).
The noise is the same on every machine (PCG64). Its seed is derived from the data, so no model can know it.

Data is read a batch of rows at a time and written as it comes, so that large data needs little memory. Only
labels and groups are kept.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np

from assay_validation.batches import SEARCHED
from assay_validation.jobs import RefusalError
from assay_validation.jobs.columns import Faults, all_of
from assay_validation.jobs.csv_files import DEFAULT
from assay_validation.jobs.feeding import Input
from assay_validation.jobs.kept import Kept
from assay_validation.jobs.nudging import noisy, nudged
from assay_validation.jobs.reading import open_source, refuse_missing, refusing, spare_memory
from assay_validation.jobs.shifting import blurred, searched, shifted
from assay_validation.jobs.truth import (
    TELLABLE,
    group_columns,
    save_groups,
    save_truth,
    text_columns,
    truth_columns,
)

_CHANGES = (
    ("nudged", nudged, 1),
    ("noisy", noisy, 2),
    ("shifted", shifted, 3),
    ("blurred", blurred, 4),
    *((name, searched, number) for number, name in enumerate(SEARCHED, start=5)),
)
"""Passes over changed inputs, each with a number that gives it its own noise."""


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Write ``<pass>-<i>`` per input, ``truth`` (see `truth`) and ``groups`` (indices).

    *arguments*: ``task``, ``mapping`` (a DataMapping in JSON), ``seed`` (of the noise), and ``pass_bytes``
    (the most that all inputs of a pass may take). Outputs that were not lent are not made. Returns counts by
    class and group.

    Raises:
        RefusalError: saying what is wrong with the data.
    """
    spare_memory()
    mapping = arguments["mapping"]
    reading = _Reading(arguments, outputs)
    with os.fdopen(inputs["data"], "rb") as file, refusing(mapping["format"]):
        reading.read(file)
    columns, faults = {**reading.kept.columns(), **reading.masks}, reading.faults
    steps: list[Callable[[], Any]] = [faults.refuse]
    if not faults.among(columns):
        steps.append(partial(save_truth, outputs, columns, arguments))
        steps.append(partial(save_groups, outputs, columns, group_columns(mapping)))
    _, classes, groups = all_of(steps)
    for index, one in reading.inputs.items():
        for name, change, number in _CHANGES:
            if f"{name}-{index}" in outputs:
                generator = np.random.Generator(np.random.PCG64([arguments["seed"], number, index]))
                one.change(outputs[f"clean-{index}"], outputs[f"{name}-{index}"], change, generator)
    return {"rows": reading.rows, "classes": classes, "groups": groups}


class _Reading:
    """One pass over the data."""

    def __init__(self, arguments: dict[str, Any], outputs: dict[str, int]) -> None:
        self._mapping = mapping = arguments["mapping"]
        self._most_bytes: int = arguments["pass_bytes"]
        self._texts = _kept(arguments)
        decimal = mapping.get("csv", DEFAULT)["decimal"]
        self.inputs = {
            index: _input(one, decimal, outputs[f"clean-{index}"], mapping["format"])
            for index, one in enumerate(mapping["inputs"])
            if f"clean-{index}" in outputs
        }
        self.fed = list(self.inputs.values())
        self.kept = Kept(self._texts, decimal)
        self.faults = Faults()
        self.rows = 0
        self.masks: dict[str, Any] = {}
        """The masks of the label, if it names files."""

    def read(self, file: Any) -> None:
        """Read the whole file; raises :class:`RefusalError` for faults that are not in single rows."""
        source = open_source(file, self._mapping["format"], self._mapping.get("csv"))
        fed = [column for one in self._mapping["inputs"] for column in one["columns"]]
        wanted = list(dict.fromkeys([*fed, *self._texts]))
        refuse_missing(source.names, wanted)
        most = self._mapping["max_rows"]
        self.rows = source.told_rows(wanted)
        if self.rows > most:
            self._refuse_rows()
        self._bound(self.rows * sum(one.least_row_bytes for one in self.fed))
        self.rows = 0
        for blocks in source.batches(wanted):
            self.rows += len(blocks[wanted[0]])
            if self.rows <= most:
                self._take(blocks, len(blocks[wanted[0]]))
        if not 1 <= self.rows <= most:
            self._refuse_rows()
        for one in self.fed:
            one.finish()
        if self._mapping["format"] == "archive":
            self._read_files(file)

    def _read_files(self, archive: Any) -> None:
        from assay_validation.jobs.named_files import NamedFiles, masks

        left = self._most_bytes
        for one in self.fed:
            if isinstance(one, NamedFiles):
                left -= one.read_files(archive, self.faults, left)
        if self._mapping.get("label_files"):
            label = self._mapping["label"]
            names = self.kept.columns()[label]
            self.masks[label] = masks(archive, label, names, self._mapping["label_files"], self.faults)

    def _refuse_rows(self) -> NoReturn:
        most = self._mapping["max_rows"]
        message = f"the data has {self.rows} rows; 1 to {most} are allowed"
        raise RefusalError(message, "rows_not_allowed", found=min(self.rows, TELLABLE), least=1, most=most)

    def _take(self, blocks: dict[str, Any], rows: int) -> None:
        self._bound(sum(one.written + rows * one.least_row_bytes for one in self.fed))
        self.kept.add(blocks, self.faults)
        for one in self.fed:
            one.add(blocks, self.faults)
        self.faults.start = self.rows
        self._bound(sum(one.written for one in self.fed))

    def _bound(self, size: int) -> None:
        if size > self._most_bytes:
            message = f"what a model is fed takes more than {self._most_bytes} bytes"
            raise RefusalError(message, "wrote_too_much")


def _input(one: dict[str, Any], decimal: str, output: int, form: str) -> Input:
    if one.get("files") is None:
        return Input(one, decimal, output, whole=form == "npz")
    from assay_validation.jobs.named_files import NamedFiles  # imported here: it loads image decoders

    return NamedFiles(one, decimal, output)


def _kept(arguments: dict[str, Any]) -> dict[str, bool]:
    """The columns that are kept, and whether they are kept as texts."""
    text = text_columns(arguments)
    kept = {name: name in text for name in truth_columns(arguments)}
    return {**kept, **dict.fromkeys(group_columns(arguments["mapping"]), True)}
