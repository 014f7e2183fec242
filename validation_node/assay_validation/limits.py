"""What one evaluation may use."""

from typing import Annotated, Self

from pydantic import Field

from assay.manifests.evaluation import EvaluationSpec, ResourceLimits

MIB = 1 << 20


class Limits(ResourceLimits):
    """Bounds of one evaluation: the order's, and one that this machine sets."""

    wall_seconds: Annotated[int, Field(ge=1, le=7200)] = 1800
    """Elapsed time after which this machine gives up on a sandboxed process; no verdict on a model."""

    @property
    def answer_bytes(self) -> int:
        """The most bytes that the truth, or a model's output for all rows, may take as 64-bit numbers.

        They are scored outside any jail. Scoring holds a few such arrays at a time, and so takes no more
        memory than a process in a jail may.
        """
        return self.memory_bytes // 8

    @property
    def written_bytes(self) -> int:
        """The most bytes that a process may write to all files: three passes over the data, and its truth."""
        return 4 * self.file_bytes

    @classmethod
    def of(cls, spec: EvaluationSpec) -> Self:
        """The limits of an order."""
        return cls(**spec.limits.model_dump(), wall_seconds=max(1800, 2 * spec.limits.cpu_seconds))
