"""An untrusted dataset, read in a jail and handed over as plain arrays."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError as InvalidReply

from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, InputMapping
from assay.manifests.reason import Code, Reason
from assay_validation.errors import JobError
from assay_validation.limits import Limits
from assay_validation.predictions import read_array
from assay_validation.reasons import about_data
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch

_SEED_DOMAIN = b"assay noise v1\0"
_READ_BYTES = 1 << 20


class DataError(JobError):
    """The dataset is not what its mapping says; the message says where."""


@dataclass(frozen=True)
class Dataset:
    """Arrays of one dataset; what ``truth`` holds depends on the task."""

    counts: DatasetCounts
    truth: NDArray[Any]
    groups: NDArray[np.int64] | None
    """[rows], indices into the names of ``counts.groups``; None without a group column."""
    inputs: dict[str, Path]
    """The array files that the model is fed, by ``<pass>-<input index>``."""
    seed: int = 0
    """The seed of noise, see `secret_seed`."""


def secret_seed(data: Path, beacon: str | None = None) -> int:
    """A seed that nobody without *data* can know, nor anybody before the *beacon* (hexadecimal) is known.

    It is not the file's digest, because manifests publish that.
    """
    found = hashlib.sha256(_SEED_DOMAIN)
    with data.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            found.update(piece)
    if beacon is not None:
        found = hashlib.sha256(found.digest() + bytes.fromhex(beacon))
    return int.from_bytes(found.digest())


def prepare(
    data: Path,
    spec: EvaluationSpec,
    limits: Limits,
    folder: Scratch,
    *,
    passes: tuple[str, ...] = ("clean",),
) -> Dataset:
    """Read *data* inside a jail, and make the inputs of all *passes*; array files are left in *folder*.

    Raises:
        DataError: it is unreadable, oversized, or does not fit the spec.
        SandboxUnavailable: this machine has no safe jail.
    """
    if data.stat().st_size > limits.data_bytes:
        raise DataError(
            f"the data is larger than {limits.data_bytes} bytes",
            Reason(code=Code.DATA_TOO_LARGE, most=limits.data_bytes),
        )
    stored = {f"{p}-{i}": source_of(p, i, one) for p in passes for i, one in enumerate(spec.data.inputs)}
    inputs = {name: folder / file for name, file in stored.items()}
    outputs = {name: folder / name for name in ("truth", *stored.values())}
    if spec.data.group is not None:
        outputs["groups"] = folder / "groups"
    seed = secret_seed(data, spec.beacon)
    arguments = {
        "task": spec.task,
        "mapping": spec.data.model_dump(mode="json"),
        "seed": seed,
        "pass_bytes": limits.file_bytes,
    }
    job = Job("assay_validation.jobs.prepare_data", arguments, {"data": data}, outputs)
    try:
        counts = DatasetCounts.model_validate(run(job, beside(limits, data)))
        truth = read_array(outputs["truth"], counts.rows, limits.answer_bytes)
        groups = None
        if "groups" in outputs:
            groups = read_array(outputs["groups"], counts.rows, limits.answer_bytes)
        _refuse_costly(spec, truth, limits)
    except JobError as failure:
        raise DataError(failure.message, *about_data(failure, spec)) from None
    except InvalidReply:
        unreadable = Reason(code=Code.DATA_UNREADABLE, name=spec.data.format)
        raise DataError("the data gives absurd counts", unreadable) from None
    return Dataset(counts, truth, groups, inputs, seed)


def beside(limits: Limits, data: Path) -> Limits:
    """*limits* for a process that maps *data* into memory. The mapped pages belong to the file and take no
    memory from anyone, and if they were counted, too little would be left and Arrow would crash."""
    return limits.model_copy(update={"memory_bytes": limits.memory_bytes + data.stat().st_size})


def source_of(name: str, index: int, one: InputMapping) -> str:
    """The file that holds an input in the pass *name*; only floats differ between passes."""
    return f"{name if 'float' in one.dtype else 'clean'}-{index}"


def _refuse_costly(spec: EvaluationSpec, truth: NDArray[Any], limits: Limits) -> None:
    """Refuse data that no model could answer within *limits*; raises :class:`JobError`."""
    by_class = spec.output.by_class and spec.task in ("classification", "segmentation")
    size = 8 * truth.size * (len(spec.data.classes) if by_class else 1)
    if size > limits.answer_bytes:
        message = f"the answers to these rows take {size} bytes, more than the {limits.answer_bytes} allowed"
        raise JobError(message, Code.WROTE_TOO_MUCH)
