"""Runs a customer's own metric on the truth and a model's answers. This process never sees a model."""

import math
from typing import Any

import numpy as np

from assay_validation.jobs import RefusalError
from assay_validation.jobs.array_files import mapped_array
from assay_validation.jobs.fitting import fitted
from assay_validation.jobs.predict import load


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Return ``value``: the graph's result; None if it is not a number.

    *arguments*: ``inputs``, the names of the arrays that are fed, and ``output``.

    Raises:
        RefusalError: the graph does not load or run, or answers neither a number nor one for each row.
    """
    session = load(inputs["model"], arguments["inputs"], [arguments["output"]], inputs["weights"])
    declared = {one.name: one for one in session.get_inputs()}
    arrays = {name: mapped_array(inputs[name]) for name in arguments["inputs"]}
    rows = {len(array) for array in arrays.values()}
    fed = {name: fitted(array, declared[name]) for name, array in arrays.items()}
    try:
        (answer,) = session.run([arguments["output"]], fed)
    except Exception as error:  # the runtime's exceptions have no useful common base
        raise RefusalError(f"the metric does not run: {str(error)[:300]}", "does_not_run") from None
    return {"value": _number(answer, rows)}


def _number(answer: Any, rows: set[int]) -> float | None:
    """The mean of *answer*, from an exactly rounded sum; None if it is not finite."""
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "iufb" or answer.size not in {1, *rows}:
        raise RefusalError("the metric answers neither a number nor one for each row", "wrong_shape")
    parts = answer.astype(np.float64).ravel().tolist()
    if not all(map(math.isfinite, parts)):
        return None
    try:
        return math.fsum(parts) / len(parts)
    except OverflowError:
        return None
