"""What the gate tells of a model's file."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_KINDS = 100
"""Kinds of operators of which the gate tells."""
MAX_TOLD = 64
"""Inputs and outputs of which the gate tells."""
Natural = Annotated[int, Field(ge=0, le=2**62)]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DeclaredTensor(_Reply):
    """A graph's input or output; ``dtype`` is ONNX's number, ``None`` any length."""

    name: str
    dtype: Natural
    shape: list[Natural | None] | None
    """None where not even the number of axes is told."""
    classes: Annotated[list[str], Field(max_length=1000)] = []
    """The names that the graph gives to an output's columns; none where it gives none."""


class GraphFacts(_Reply):
    """What the gate read in a model's file. The file may lie, but no further than these types."""

    operators: Natural
    kinds: dict[str, Natural]
    """Operators by kind, the commonest."""
    opset: Natural
    parameters: Natural
    """Numbers in its constants."""
    operations: Natural | None = None
    memory: Natural | None = None
    """Of one row, see `jobs.costs`; None where nobody asked."""
    untold: str = ""
    """The operator of which the costs do not follow from the shapes of a row."""
    errors: str = ""
    """By what input the graph that is run takes rounding errors; empty if it takes none."""
    inputs: list[DeclaredTensor]
    outputs: list[DeclaredTensor]
