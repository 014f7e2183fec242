"""What one evaluation may use."""

from typing import Annotated, Self

from pydantic import Field

from assay.manifests.evaluation import EvaluationSpec, ResourceLimits

MIB = 1 << 20


class Limits(ResourceLimits):
    """Bounds of one evaluation: the order's, and one of this machine's own."""

    wall_seconds: Annotated[int, Field(ge=1, le=7200)] = 1800
    """Elapsed time after which this machine gives up on a sandboxed process. That says nothing of a model."""

    @classmethod
    def of(cls, spec: EvaluationSpec) -> Self:
        """Those of an order."""
        return cls(**spec.limits.model_dump(), wall_seconds=max(1800, 2 * spec.limits.cpu_seconds))
