"""What a test may use."""

import math
from typing import Annotated, Self

from pydantic import Field

from assay.manifests.evaluation.units import MIB, Strict

_MOST_BYTES, _MOST_SECONDS = 64 * 1024 * MIB, 3_600
_BESIDE_DATA = 2048 * MIB
"""What a process gets for a large file, which it maps, and for the arrays made from it."""


class ResourceLimits(Strict):
    """What a test may use, on every machine: a model that needs more is rejected, and data is not taken.

    Time is the processor's, so that other work on a machine changes no result.
    """

    model_bytes: Annotated[int, Field(ge=1, le=2048 * MIB - 1, strict=True)] = 64 * MIB
    """Size of the ONNX file; the largest allowed value is the limit of a protobuf message."""
    data_bytes: Annotated[int, Field(ge=1, le=_MOST_BYTES, strict=True)] = 256 * MIB
    memory_bytes: Annotated[int, Field(ge=512 * MIB, le=_MOST_BYTES, strict=True)] = 4096 * MIB
    """Address space of each process, in addition to the data file that it reads."""
    cpu_seconds: Annotated[int, Field(ge=1, le=_MOST_SECONDS, strict=True)] = 90
    """Processor time of each process."""
    file_bytes: Annotated[int, Field(ge=1, le=_MOST_BYTES, strict=True)] = 2048 * MIB
    """Largest single array, and all arrays together that a model is fed in one pass."""

    @classmethod
    def for_data(cls, size: int) -> Self:
        """The usual limits, raised if needed to read a file of *size* bytes."""
        usual = cls()
        if size <= usual.data_bytes:
            return usual
        times = math.ceil(size / usual.data_bytes)
        return cls(
            data_bytes=min(_MOST_BYTES, math.ceil(size / MIB) * MIB),
            memory_bytes=min(_MOST_BYTES, max(usual.memory_bytes, size + _BESIDE_DATA)),
            cpu_seconds=min(_MOST_SECONDS, usual.cpu_seconds * times),
            file_bytes=min(_MOST_BYTES, max(usual.file_bytes, 2 * size)),
        )
