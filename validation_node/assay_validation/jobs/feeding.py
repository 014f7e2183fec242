"""What a model is fed: each input as it is given, and changed a little for each other pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay_validation.jobs import RefusalError
from assay_validation.jobs.columns import numbers, save
from assay_validation.jobs.nudging import is_continuous, nudged

NOISE = 0.05
_SEED = {"nudged": 1, "noisy": 2}


def save_input(
    outputs: dict[str, int], index: int, columns: dict[str, NDArray[Any]], arguments: dict[str, Any]
) -> None:
    """Write the input *index* for each pass that an output was lent for; raises :class:`RefusalError`."""
    names, dtype = arguments["input"]["columns"], np.dtype(arguments["input"]["dtype"])
    given = [columns[name] for name in names]
    parts = [numbers(name, columns[name], dtype) for name in names]
    joined: Callable[[list[NDArray[Any]]], NDArray[Any]] = np.column_stack
    if arguments["mapping"]["format"] == "npz":
        _check_shape(parts[0], arguments["input"])
        joined = _only
    save(outputs, f"clean-{index}", joined(parts))
    for name, change in (("nudged", _nudged), ("noisy", _noisy)):
        if f"{name}-{index}" in outputs:
            generator = np.random.Generator(np.random.PCG64([arguments["seed"], _SEED[name], index]))
            moved = [change(part, own, generator) for part, own in zip(parts, given, strict=True)]
            save(outputs, f"{name}-{index}", joined(moved))


def _check_shape(array: NDArray[Any], mapping: dict[str, Any]) -> None:
    """Refuse an *array* whose rows have not the shape that the order tells."""
    shape, found = mapping.get("shape"), list(array.shape[1:])
    if shape is not None and found != list(shape):
        name = mapping["columns"][0]
        message = f"a row of the array {name!r} has the shape {found}, not {list(shape)}"
        raise RefusalError(message, "row_shape", name=name)


def _only(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0]


def _nudged(part: NDArray[Any], given: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
    if part.dtype.kind != "f":
        return part
    if part.ndim != 2:
        return nudged(part, generator) if is_continuous(given) else part
    columns = [_nudged(part[:, i], given[:, i], generator) for i in range(part.shape[1])]
    return np.column_stack(columns) if columns else part


def _noisy(part: NDArray[Any], _given: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
    if part.dtype.kind != "f":
        return part
    spread = part.std(axis=0, dtype=np.float64)
    return np.asarray(part + NOISE * spread * generator.standard_normal(part.shape), part.dtype)
