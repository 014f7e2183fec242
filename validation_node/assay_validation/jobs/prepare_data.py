"""Reads validation data into plain arrays: what the model is fed, and, apart from it, the truth.

Every pass over the data is an array per input: ``clean`` as given, ``nudged`` with measurements moved by
rounding's size (`nudging`), and ``noisy`` with Gaussian noise of 5 % of each column's standard deviation.
The noise is the same on every machine (PCG64). Its seed is a digest of the data, which no model can know.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa

from assay_validation.jobs import RefusalError
from assay_validation.jobs.columns import all_of
from assay_validation.jobs.feeding import save_input
from assay_validation.jobs.reading import read
from assay_validation.jobs.truth import save_groups, save_truth


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Write ``<pass>-<i>`` per input, ``truth`` (see `truth`) and ``groups`` (indices).

    *arguments*: ``task``, ``mapping``, a DataMapping as JSON, and ``seed``, of the noise. Outputs that were
    not lent are not made. Returns counts by class and group.

    Raises:
        RefusalError: saying what is wrong with the data.
    """
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    mapping = arguments["mapping"]
    with os.fdopen(inputs["data"], "rb") as file:
        columns = read(file, arguments)
    rows, most = len(columns[mapping["label"]]), mapping["max_rows"]
    if not 1 <= rows <= most:
        message = f"the data has {rows} rows; 1 to {most} are allowed"
        raise RefusalError(message, "rows_not_allowed", found=rows, least=1, most=most)
    steps: list[Callable[[], Any]] = [
        partial(save_truth, outputs, columns, arguments),
        partial(save_groups, outputs, columns, mapping["group"]),
    ]
    steps += [
        partial(save_input, outputs, index, columns, {**arguments, "input": one})
        for index, one in enumerate(mapping["inputs"])
    ]
    classes, groups, *_ = all_of(steps)
    return {"rows": rows, "classes": classes, "groups": groups}
