"""Where inputs, labels and groups are found in the validation data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assay.manifests.evaluation.units import (
    MAX_CLASSES,
    MAX_COLUMNS,
    MAX_GROUPS,
    MAX_INPUTS,
    MAX_ROWS,
    Count,
    Name,
    Strict,
)

Shape = Annotated[
    tuple[Annotated[int, Field(ge=1, le=MAX_COLUMNS, strict=True)], ...], Field(min_length=0, max_length=8)
]
"""Of one row of an array, such as [3, 224, 224]."""


class InputMapping(Strict):
    """What is fed to one input of the model.

    From a table: the named columns in this order, as an array [rows, len(columns)]. From an NPZ file: the one
    named array, whose first axis is the rows; ``shape`` is that of one row.
    """

    name: Name
    columns: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
    dtype: Literal["float32", "float64", "int64", "int32"] = "float32"
    shape: Shape | None = Field(default=None, exclude_if=lambda shape: shape is None)
    """Left out where it is not told, so that orders of before have the digest that they had."""


class DataMapping(Strict):
    """Where inputs, labels and groups are found in the validation data.

    Labels of a classification are compared as text with ``classes``, whose order is that of the model's
    probability columns; integers are written without a point ("0", "1"). Regression labels are numbers.
    """

    format: Literal["csv", "parquet", "npz"]
    inputs: Annotated[tuple[InputMapping, ...], Field(min_length=1, max_length=MAX_INPUTS)]
    label: Name
    classes: Annotated[tuple[Name, ...], Field(max_length=MAX_CLASSES)] = ()
    group: Name | None = None
    max_rows: Annotated[int, Field(ge=1, le=MAX_ROWS, strict=True)] = 1_000_000

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({i.name for i in self.inputs}) != len(self.inputs):
            raise ValueError("two inputs have the same name")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class is listed twice")
        if self.format == "npz" and any(len(i.columns) != 1 for i in self.inputs):
            raise ValueError("an input from an NPZ file names exactly one array")
        if self.format != "npz" and any(i.shape is not None for i in self.inputs):
            raise ValueError("only arrays of an NPZ file have a shape; of a table the columns tell it")
        fed = {column for i in self.inputs for column in i.columns}
        if self.label in fed:
            raise ValueError("the label must not be an input")
        return self


class DatasetCounts(Strict):
    """What a customer commits to about a dataset, and what the panel recounts."""

    rows: Count
    classes: dict[Name, Count] = Field(default_factory=dict, max_length=MAX_CLASSES)
    groups: dict[Name, Count] = Field(default_factory=dict, max_length=MAX_GROUPS)
