"""What a test may use."""

from typing import Annotated

from pydantic import Field

from assay.manifests.evaluation.units import MIB, Strict


class ResourceLimits(Strict):
    """What a test may use, on every machine: a model that needs more is rejected, and data is not taken.

    Time is the processor's, so that other work on a machine changes no result.
    """

    model_bytes: Annotated[int, Field(ge=1, le=2048 * MIB - 1, strict=True)] = 64 * MIB
    """Of the ONNX file; a protobuf message cannot be larger than the most that is allowed."""
    data_bytes: Annotated[int, Field(ge=1, le=64 * 1024 * MIB, strict=True)] = 256 * MIB
    memory_bytes: Annotated[int, Field(ge=512 * MIB, le=64 * 1024 * MIB, strict=True)] = 4096 * MIB
    """Address space of each process."""
    cpu_seconds: Annotated[int, Field(ge=1, le=3600, strict=True)] = 60
    """Processor time of each process."""
    file_bytes: Annotated[int, Field(ge=1, le=64 * 1024 * MIB, strict=True)] = 2048 * MIB
    """Largest single array, and all arrays together that a model is fed in one pass."""
