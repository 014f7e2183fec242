"""The exponential function with the same bits on every machine.

numpy and the C library choose their instructions by the processor. Here it is made of additions and products
of arrays, and of powers of two, all of which IEEE 754 fixes.
"""

import math

import numpy as np
from numpy.typing import NDArray

_LEAST = -746.0
"""The result is 0 from here on."""
_LN2_HIGH, _LN2_LOW = map(float.fromhex, ("0x1.62e42feep-1", "0x1.a39ef35793c76p-33"))
"""They add up to the logarithm of 2. Products of the first with small whole numbers are exact."""
_TERMS = [1 / math.factorial(n) for n in range(13, -1, -1)]
_BLOCK = 1 << 15
"""How many numbers are computed at a time, so that they stay in the cache."""


def exponential(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """e to the power of each of *values*, none of them above 0, to two units in the last place."""
    flat = values.reshape(-1)
    found = np.empty_like(flat)
    for start in range(0, len(flat), _BLOCK):
        found[start : start + _BLOCK] = _of_block(flat[start : start + _BLOCK])
    return found.reshape(values.shape)


def _of_block(values: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.maximum(values, _LEAST)
    powers = np.rint(values * (1 / math.log(2)))
    rest = (values - powers * _LN2_HIGH) - powers * _LN2_LOW
    total = np.full_like(rest, _TERMS[0])
    for term in _TERMS[1:]:
        total *= rest
        total += term
    return np.ldexp(total, powers.astype(np.int32))
