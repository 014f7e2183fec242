"""Changes inputs as the real world may: columns shift, pictures get brighter or blurred, and a few random
directions of an attack are tried.

Each function takes the rows of one input and returns them in blocks, as `nudging` does.
"""

from collections.abc import Iterator

import numpy as np

from assay_validation.jobs.nudging import NOISE, Array, Sample, blocks_of, laid_out, moved, spread_of

SHIFT = 0.25
"""How far a column shifts, in its standard deviations."""
BRIGHTER = 0.1
"""How much brighter a picture gets, as a share of the range of all numbers in the input."""
_MOST_CHANNELS = 4


def shifted(rows: Array, sample: Sample, generator: np.random.Generator) -> Iterator[Array]:
    """All rows changed alike: each measured column of a table by a quarter of its standard deviation, up or
    down; all numbers of pictures and other arrays by a tenth of their range, but not beyond it."""
    if rows.ndim > 2:
        yield from _brighter(rows, sample, generator)
        return
    directions = generator.integers(0, 2, rows.shape[1:]) * 2 - 1
    by = np.where(laid_out(sample.continuous(), rows), SHIFT * directions * spread_of(rows, sample.filler), 0)
    for block in blocks_of(rows):
        yield moved(block, by, sample.filler)


def _brighter(rows: Array, sample: Sample, generator: np.random.Generator) -> Iterator[Array]:
    ends = [(float(np.nanmin(block)), float(np.nanmax(block))) for block in blocks_of(rows)]
    low, high = min(one for one, _ in ends), max(one for _, one in ends)
    by = BRIGHTER * (high - low) * (generator.integers(0, 2) * 2 - 1)
    for block in blocks_of(rows):
        yield np.clip(moved(block, by, sample.filler), block.dtype.type(low), block.dtype.type(high))


def blurred(rows: Array, _sample: Sample, _generator: np.random.Generator) -> Iterator[Array]:
    """Each pixel replaced by the mean of the 3 by 3 pixels around it; rows without height and width stay."""
    if rows.ndim < 3:
        yield from blocks_of(rows)
        return
    last = rows.ndim > 3 and rows.shape[-1] <= _MOST_CHANNELS < rows.shape[1]
    for block in blocks_of(rows):
        mean: Array = block.astype(np.float64)
        for axis in (-3, -2) if last else (-2, -1):
            width = [(1, 1) if place == mean.ndim + axis else (0, 0) for place in range(mean.ndim)]
            wide = np.pad(mean, width, mode="edge")
            parts = [np.take(wide, range(k, k + mean.shape[axis]), axis=axis) for k in range(3)]
            mean = np.sum(parts, axis=0) / 3
        yield mean.astype(block.dtype)


def searched(rows: Array, sample: Sample, generator: np.random.Generator) -> Iterator[Array]:
    """Every number that may move changed by 5 % of its column's standard deviation, up or down: a corner of
    the box that an attacker may search."""
    moves, spread = laid_out(sample.continuous(), rows), spread_of(rows, sample.filler)
    for block in blocks_of(rows):
        directions = generator.integers(0, 2, block.shape) * 2 - 1
        yield moved(block, np.where(moves, NOISE * directions * spread, 0), sample.filler)
