"""What one evaluation may use."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MIB = 1 << 20
BATCH_ROWS = 1024
"""Rows that a model is fed at once, unless its graph demands another number."""
ERRORS = 16_381
"""Rounding errors that it is fed with them; a prime, so that they do not repeat with a matrix's rows."""


class Limits(BaseModel):
    """Bounds of one evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_bytes: Annotated[int, Field(ge=1, le=64 * MIB)] = 64 * MIB
    data_bytes: Annotated[int, Field(ge=1, le=1024 * MIB)] = 256 * MIB
    memory_bytes: Annotated[int, Field(ge=512 * MIB, le=64 * 1024 * MIB)] = 4096 * MIB
    """Address space of each sandboxed process."""
    cpu_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """Processor time of each sandboxed process."""
    wall_seconds: Annotated[int, Field(ge=1, le=7200)] = 1800
    """Elapsed time after which this machine gives up on a sandboxed process. That says nothing of a model."""
    file_bytes: Annotated[int, Field(ge=1, le=8192 * MIB)] = 2048 * MIB
    """Largest single array that a sandboxed process may write."""
