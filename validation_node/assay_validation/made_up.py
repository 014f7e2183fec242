"""Made-up rows in the shape that an order feeds, to try a model on."""

import math
from pathlib import Path

import numpy as np

from assay_validation.jobs.texts import TextWriter


def write_made_up(
    path: Path, name: str, dtype: str, shape: tuple[int, ...], generator: np.random.Generator
) -> None:
    """Write rows of the input *name* to *path*, as if read from data; *shape* is the shape of all rows."""
    with path.open("wb") as file:
        if dtype == "string":
            words = TextWriter(file, name, shape[1:])
            words.place(words.append([b"%d" % one for one in generator.integers(0, 9, math.prod(shape))]))
            words.finish()
        elif dtype == "bfloat16":  # its bits, from 0.5 to 2
            np.save(file, generator.integers(0x3F00, 0x4000, shape, dtype=np.uint16), allow_pickle=False)
        elif dtype.startswith("float"):
            np.save(file, generator.standard_normal(shape).astype(dtype), allow_pickle=False)
        else:
            np.save(file, generator.integers(0, 2, shape).astype(dtype), allow_pickle=False)
