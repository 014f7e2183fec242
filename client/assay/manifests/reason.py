"""Why data or a model is refused: codes of a fixed list, with names and numbers that give nothing away.

Models and data are untrusted, and a model's own process has seen hidden inputs. So text from them is never
passed on. A name comes from the order or is that of an ONNX operator; a number about hidden data is written
only for its owner.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from assay.manifests.base import Part
from assay.manifests.evaluation import SCORE_LIMIT

Subject = Literal["data", "model file", "model run", "handover"]
MAX_REASONS = 64
"""The most reasons that are reported at once."""


class Code(StrEnum):
    """What is wrong. :mod:`assay.words.reasons` has the sentences."""

    # the data, or the order in which it is described
    DATA_REFUSED = "data_refused"
    """Something about the data; its owner is told what."""
    DATA_TOO_LARGE = "data_too_large"
    DATA_UNREADABLE = "data_unreadable"
    DATA_TOO_COSTLY = "data_too_costly"
    ROWS_NOT_ALLOWED = "rows_not_allowed"
    ROWS_UNEQUAL = "rows_unequal"
    ROWS_MISSING = "rows_missing"
    ROW_SHAPE = "row_shape"
    COLUMN_MISSING = "column_missing"
    COLUMN_REPEATED = "column_repeated"
    COLUMN_TYPE = "column_type"
    EMPTY_CELLS = "empty_cells"
    NOT_NUMERIC = "not_numeric"
    NO_TIME = "no_time"
    NOT_WHOLE = "not_whole"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    UNREADABLE_TYPE = "unreadable_type"
    TEXTS_TOO_LONG = "texts_too_long"
    RAGGED_ROW = "ragged_row"
    TRAILING_SEPARATOR = "trailing_separator"
    END_MARK = "end_mark"
    NUL_CHARACTERS = "nul_characters"
    NOT_ENCODED = "not_encoded"
    BAD_LINE = "bad_line"
    NO_INDEX = "no_index"
    UNSAFE_ARCHIVE = "unsafe_archive"
    TOO_MANY_FILES = "too_many_files"
    FILE_MISSING = "file_missing"
    FILE_REPEATED = "file_repeated"
    FILE_TOO_LARGE = "file_too_large"
    FILE_UNREADABLE = "file_unreadable"
    FILE_SHAPE = "file_shape"
    IMAGE_COLOURS = "image_colours"
    IMAGE_DEPTH = "image_depth"
    IMAGE_ANIMATED = "image_animated"
    IMAGE_TURNED = "image_turned"
    NOT_FLAT = "not_flat"
    UNKNOWN_CLASS = "unknown_class"
    UNFIT_VALUE = "unfit_value"
    PLACE_OUTSIDE = "place_outside"
    BOXES_MISSING = "boxes_missing"
    TOO_MANY_GROUPS = "too_many_groups"
    ROW_COUNT = "row_count"
    CLASS_COUNT = "class_count"
    GROUP_COUNT = "group_count"
    METRIC_UNDEFINED = "metric_undefined"
    GROUP_UNDEFINED = "group_undefined"
    REFERENCE_FAILED = "reference_failed"
    REFERENCE_OUTSIDE = "reference_outside"
    OTHER_DATASET = "other_dataset"
    OTHER_FORMAT = "other_format"
    CUSTOMER_KEY = "customer_key"
    DELIVERY_KEY = "delivery_key"
    # the model's file, read without the data
    MODEL_REFUSED = "model_refused"
    """Something about the model's file; its developer is told what."""
    MODEL_TOO_LARGE = "model_too_large"
    NOT_ONNX = "not_onnx"
    NO_GRAPH = "no_graph"
    OWN_FUNCTIONS = "own_functions"
    TRAINING_INFO = "training_info"
    FOREIGN_OPERATORS = "foreign_operators"
    TOO_MANY_OPERATORS = "too_many_operators"
    OPERATOR_REFUSED = "operator_refused"
    SUBGRAPH = "subgraph"
    TENSORS_OUTSIDE = "tensors_outside"
    ABSURD_SHAPE = "absurd_shape"
    INPUT_MISSING = "input_missing"
    INPUT_UNKNOWN = "input_unknown"
    INPUT_NO_TENSOR = "input_no_tensor"
    INPUT_TAKES_TEXT = "input_takes_text"
    INPUT_TAKES_NUMBERS = "input_takes_numbers"
    INPUT_AXES = "input_axes"
    INPUT_LENGTH = "input_length"
    CHANNELS_LAST = "channels_last"
    CHANNELS_FIRST = "channels_first"
    OUTPUT_MISSING = "output_missing"
    CLASS_NAMES = "class_names"
    TARGET_OPERATOR = "target_operator"
    TARGET_OPSET = "target_opset"
    TARGET_SIZE = "target_size"
    TARGET_OPERATIONS = "target_operations"
    TARGET_MEMORY = "target_memory"
    COSTS_UNTOLD = "costs_untold"
    ROUNDS_UNTOLD = "rounds_untold"
    # the model's run: a bare code, because its process has seen hidden inputs
    DOES_NOT_LOAD = "does_not_load"
    DOES_NOT_RUN = "does_not_run"
    BATCH_SIZE = "batch_size"
    WRONG_SHAPE = "wrong_shape"
    ANSWERS_TEXT = "answers_text"
    ANSWERS_NAN = "answers_nan"
    ANSWERS_NONSENSE = "answers_nonsense"
    LABEL_OUTSIDE = "label_outside"
    CLASS_ORDER = "class_order"
    UNFIT_VALUES = "unfit_values"
    NO_DISTRIBUTION = "no_distribution"
    TOO_LONG = "too_long"
    TOO_COSTLY = "too_costly"
    WROTE_TOO_MUCH = "wrote_too_much"
    CRASHED = "crashed"
    UNSTABLE = "unstable"
    # what could not be opened
    NOT_GRANTED = "not_granted"
    DOES_NOT_OPEN = "does_not_open"
    BAD_MANIFEST = "bad_manifest"
    UNAVAILABLE = "unavailable"
    OUT_OF_TIME = "out_of_time"

    @property
    def subject(self) -> Subject:
        """What is at fault."""
        place = _PLACES[self]
        for first, subject in _SECTIONS:
            if place >= _PLACES[first]:
                return subject
        raise AssertionError(self)


_PLACES = {code: place for place, code in enumerate(Code)}
_SECTIONS: tuple[tuple[Code, Subject], ...] = (
    (Code.NOT_GRANTED, "handover"),
    (Code.DOES_NOT_LOAD, "model run"),
    (Code.MODEL_REFUSED, "model file"),
    (Code.DATA_REFUSED, "data"),
)

_Number = Annotated[int, Field(ge=-SCORE_LIMIT, le=SCORE_LIMIT)]


class Reason(Part):
    """One fault. ``found`` is to be between ``least`` and ``most``; ``row`` counts from 1."""

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    """Name of a column, class, input, output or operator."""
    found: _Number | None = None
    least: _Number | None = None
    most: _Number | None = None
    row: Annotated[int, Field(ge=1, le=2**40)] | None = None
    """The first row with this fault."""

    def outline(self) -> Reason:
        """What anyone other than the owner of the artifact at fault may read."""
        match self.code.subject:
            case "data":
                return Reason(code=Code.DATA_REFUSED)
            case "model file":
                return Reason(code=Code.MODEL_REFUSED)
        return self


REASONS: TypeAdapter[tuple[Reason, ...]] = TypeAdapter(
    Annotated[tuple[Reason, ...], Field(max_length=MAX_REASONS)]
)
"""Several reasons as JSON."""
