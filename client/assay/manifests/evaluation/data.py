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
    is_none,
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

    Where the truth takes several columns, ``label`` and ``more_labels`` name them in the order of the model's
    outputs; in an NPZ file, one array [rows, labels] can hold them all. Of several labels a row, each is 0
    or 1, and ``classes`` names them. A map [rows, height, width] holds the places of its classes, from 0.
    Boxes are an array [rows, boxes, 5] of x1, y1, x2, y2 and the place of the class, which is -1 where there
    is no box; in a table, each cell is a list of such lists in JSON.
    """

    format: Literal["csv", "parquet", "npz"]
    inputs: Annotated[tuple[InputMapping, ...], Field(min_length=1, max_length=MAX_INPUTS)]
    label: Name
    more_labels: Annotated[tuple[Name, ...], Field(max_length=MAX_CLASSES)] = Field(
        default=(), exclude_if=lambda labels: not labels
    )
    query: Name | None = Field(default=None, exclude_if=is_none)
    """Of a ranking: which rows are ranked against each other."""
    event: Name | None = Field(default=None, exclude_if=is_none)
    """Of a survival: 1 where the event was seen at the time that the label tells, 0 where it was not yet."""
    scale: Name | None = Field(default=None, exclude_if=is_none)
    """Numbers above 0 that MASE divides each row's errors by."""
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
        if fed.intersection(self.labels):
            raise ValueError("the label must not be an input")
        if self.event in fed:
            raise ValueError("the event must not be an input")
        if len(set(self.truth)) != len(self.truth):
            raise ValueError("two parts of the truth are the same column")
        return self

    def row_shape(self, mapping: InputMapping) -> tuple[int, ...] | None:
        """Of what an input is fed; None where only the data tells it."""
        if mapping.shape is not None or self.format == "npz":
            return mapping.shape
        return (len(mapping.columns),)

    @property
    def labels(self) -> tuple[Name, ...]:
        """The columns of the labels."""
        return (self.label, *self.more_labels)

    @property
    def truth(self) -> tuple[Name, ...]:
        """The columns of the labels, and what is needed beside them."""
        return (*self.labels, *(one for one in (self.query, self.event, self.scale) if one is not None))


class DatasetCounts(Strict):
    """What a customer commits to about a dataset, and what the panel recounts."""

    rows: Count
    classes: dict[Name, Count] = Field(default_factory=dict, max_length=MAX_CLASSES)
    groups: dict[Name, Count] = Field(default_factory=dict, max_length=MAX_GROUPS)
