"""Where inputs, labels and groups are found in the validation data."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assay.manifests.evaluation.files import CsvDialect, ImageFiles, MaskFiles, NamedFiles
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
"""Shape of one row of an array, such as [3, 224, 224]; [] is one number per row."""
Format = Literal["csv", "parquet", "npz", "jsonl", "archive"]
"""``archive`` is a zip or tar file with the table ``index.csv`` at its top, which names the other files."""
_FLOATS = {"float16": 65_504, "bfloat16": 3.3895e38, "float32": 3.4028e38, "float64": 1.79e308}
"""Their largest numbers."""
_WHOLE = {f"{sign}int{bits}": bits for sign in ("", "u") for bits in (8, 16, 32, 64)}


class InputMapping(Strict):
    """What is fed to one input of the model.

    From a table: the named columns in this order, as an array [rows, len(columns)], or of the ``shape`` that
    is told. Columns of lists need it: each gives as many numbers as its lists are long. From an NPZ file: the
    one named array, whose first axis is the rows; ``shape`` is that of one row.

    What has its default is left out of the JSON, so that orders of before have the digest that they had.
    """

    name: Name
    columns: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
    dtype: Literal[
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
        "string",
    ] = "float32"
    shape: Shape | None = Field(default=None, exclude_if=is_none)
    missing: (
        Annotated[str, Field(max_length=1_000)]
        | Annotated[int, Field(strict=True)]
        | Annotated[float, Field(strict=True, allow_inf_nan=False)]
        | None
    ) = Field(default=None, exclude_if=is_none)
    """What is fed for a gap in the data: "nan" to an input of floats, a number to one of numbers, a text to
    one of texts. Without it, data with gaps is refused."""
    time: Literal["s", "ms", "us", "ns"] | None = Field(default=None, exclude_if=is_none)
    """Dates and times are fed as counts of this unit since 1970-01-01 UTC; those without a zone are UTC."""
    files: NamedFiles | None = Field(default=None, exclude_if=is_none)
    """What the one named column of an archive's index names."""

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of a row in the model, unless it is an NPZ array whose shape is not given."""
        if isinstance(self.files, ImageFiles):
            return self.files.shape
        return (len(self.columns),) if self.shape is None else self.shape

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.time and self.dtype not in ("int64", "float64"):
            raise ValueError("a time is fed as int64 or float64")
        if self.missing is not None:
            self._check_missing(self.missing)
        if self.files is not None:
            self._check_files(self.files)
        return self

    def _check_missing(self, value: str | float) -> None:
        if self.dtype == "string":
            if not isinstance(value, str):
                raise ValueError("a gap in an input of texts is fed as a text")
        elif isinstance(value, str):
            if value != "nan" or self.dtype not in _FLOATS:
                raise ValueError('a gap in an input of numbers is fed as a number, or as "nan" to floats')
        elif not self._holds(value):
            raise ValueError(f"no {self.dtype} is {value}")

    def _holds(self, value: float) -> bool:
        if self.dtype in _FLOATS:
            return abs(value) <= _FLOATS[self.dtype]
        bits = _WHOLE.get(self.dtype, 1)
        low = -(1 << bits - 1) if self.dtype.startswith("int") else 0
        return value == int(value) and low <= value < low + (1 << bits)

    def _check_files(self, files: NamedFiles) -> None:
        if len(self.columns) != 1:
            raise ValueError("files are named by one column")
        if self.missing is not None or self.time is not None:
            raise ValueError("every row names its file, so there is neither a gap nor a time")
        if (files.kind == "text") != (self.dtype == "string"):
            raise ValueError("files of texts, and only they, are fed as string")
        if isinstance(files, ImageFiles):
            if self.shape is not None:
                raise ValueError("the shape of images is told by their height, width, channels and layout")
            whole = f"uint{files.depth}"
            if self.dtype not in (whole, *_FLOATS) or (self.dtype == whole and files.scale != "1"):
                raise ValueError(f"pixels are fed as {whole}, or as floats where they are scaled")
            if files.depth == 16 and self.dtype == "float16" and files.scale == "1":
                raise ValueError("no float16 is 65535; scale pixels of 16 bits")
        if files.kind == "array" and self.shape is None:
            raise ValueError("files of arrays need the shape of one row")


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

    format: Format
    csv: CsvDialect = Field(default=CsvDialect(), exclude_if=lambda dialect: dialect == CsvDialect())
    """Dialect of a CSV file or of an archive's index."""
    inputs: Annotated[tuple[InputMapping, ...], Field(min_length=1, max_length=MAX_INPUTS)]
    label: Name
    more_labels: Annotated[tuple[Name, ...], Field(max_length=MAX_CLASSES)] = Field(
        default=(), exclude_if=lambda labels: not labels
    )
    label_files: MaskFiles | None = Field(default=None, exclude_if=is_none)
    """For segmentation: the masks in an archive that the label's column names."""
    void: Annotated[int, Field(ge=0, le=65_535, strict=True)] | None = Field(default=None, exclude_if=is_none)
    """For segmentation: the value in a map for pixels that are not scored, such as 255."""
    query: Name | None = Field(default=None, exclude_if=is_none)
    """For ranking: which rows are ranked against each other."""
    event: Name | None = Field(default=None, exclude_if=is_none)
    """For survival: 1 if the event was observed at the label's time, 0 if it had not occurred by then."""
    scale: Name | None = Field(default=None, exclude_if=is_none)
    """Numbers above 0 that MASE divides each row's errors by."""
    classes: Annotated[tuple[Name, ...], Field(max_length=MAX_CLASSES)] = ()
    group: Name | None = None
    more_groups: Annotated[tuple[Name, ...], Field(max_length=4)] = Field(
        default=(), exclude_if=lambda groups: not groups
    )
    """With ``group``, each combination of their values that occurs is a group, such as "north, old"."""
    max_rows: Annotated[int, Field(ge=1, le=MAX_ROWS, strict=True)] = 1_000_000

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({i.name for i in self.inputs}) != len(self.inputs):
            raise ValueError("two inputs have the same name")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class is listed twice")
        if self.format == "npz" and any(len(i.columns) != 1 for i in self.inputs):
            raise ValueError("an input from an NPZ file names exactly one array")
        if self.csv != CsvDialect() and self.format not in ("csv", "archive"):
            raise ValueError("only a CSV file, or the index of an archive, has a dialect")
        if self.format == "csv":
            for i in self.inputs:
                if math.prod(i.row_shape) != len(i.columns):
                    raise ValueError(
                        f"a row of {len(i.columns)} columns does not have the shape {list(i.row_shape)}"
                    )
        if self.format != "archive" and (self.label_files or any(i.files for i in self.inputs)):
            raise ValueError("only the index of an archive names files")
        if self.void is not None and self.void < len(self.classes):
            raise ValueError(f"void is {self.void}, which is the place of a class")
        fed = {column for i in self.inputs for column in i.columns}
        if fed.intersection(self.labels):
            raise ValueError("the label must not be an input")
        if self.event in fed:
            raise ValueError("the event must not be an input")
        groups = [self.group, *self.more_groups]
        if self.more_groups and (self.group is None or len(set(groups)) != len(groups)):
            raise ValueError("more_groups are further columns than group")
        if len(set(self.truth)) != len(self.truth):
            raise ValueError("two parts of the truth are the same column")
        return self

    def row_shape(self, mapping: InputMapping) -> tuple[int, ...] | None:
        """The shape of a row fed to an input; None if only the data has it."""
        return mapping.shape if self.format == "npz" else mapping.row_shape

    @property
    def labels(self) -> tuple[Name, ...]:
        """The label columns."""
        return (self.label, *self.more_labels)

    @property
    def truth(self) -> tuple[Name, ...]:
        """The label columns, and the columns needed besides them."""
        return (*self.labels, *(one for one in (self.query, self.event, self.scale) if one is not None))


class DatasetCounts(Strict):
    """What a customer commits to about a dataset, and what the panel recounts."""

    rows: Count
    classes: dict[Name, Count] = Field(default_factory=dict, max_length=MAX_CLASSES)
    groups: dict[Name, Count] = Field(default_factory=dict, max_length=MAX_GROUPS)
