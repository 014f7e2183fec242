"""What the gate reports about a model's file."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_KINDS = 100
"""The most kinds of operators that the gate reports."""
MAX_TOLD = 64
"""The most inputs, and the most outputs, that the gate reports."""
Natural = Annotated[int, Field(ge=0, le=2**62)]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DeclaredTensor(_Reply):
    """A graph's input or output; ``dtype`` is ONNX's number, ``None`` in a shape means any length."""

    name: str
    dtype: Natural
    shape: list[Natural | None] | None
    """None if not even the number of axes is declared."""
    classes: Annotated[list[str], Field(max_length=1000)] = []
    """The class names that the graph gives to an output's columns; empty if it gives none."""


class GraphFacts(_Reply):
    """What the gate read in a model's file. The file may lie, but only within the bounds of these types."""

    operators: Natural
    kinds: dict[str, Natural]
    """The number of operators of each kind, for the commonest kinds."""
    opset: Natural
    parameters: Natural
    """How many numbers its constants hold."""
    operations: Natural | None = None
    memory: Natural | None = None
    """Memory for one row, see `jobs.costs`; None if nobody asked."""
    untold: str = ""
    """The operator whose costs do not follow from the shapes of a row; empty if there is none."""
    inputs: list[DeclaredTensor]
    outputs: list[DeclaredTensor]
