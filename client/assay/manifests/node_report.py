"""What a validation node answers: public integers, the same on every honest node, and what few may read."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assay.manifests.dataset import ColumnType
from assay.manifests.evaluation import CsvDialect, DatasetCounts, ReportStatus, Score, Sha256
from assay.manifests.evaluation.files import GapText
from assay.manifests.evaluation.units import MAX_CLASSES, MAX_COLUMNS
from assay.manifests.reason import Reason

_Log = Annotated[str, Field(max_length=4_000)]
"""For whoever runs the node: it may quote data and models. **Never publish it.**"""


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PrivateDetails(_Report):
    """For the owner of the hidden data. **Never publish it**: it says far more of that data than a score."""

    metrics: dict[str, float] = {}
    """Every metric defined for the task, in natural units (unnegated, not ppm)."""
    groups: dict[str, int | None] = {}
    """The primary score (ppm) by group; None where it is undefined."""
    measurements: dict[str, float | None] = {}
    """What each criterion was compared with, in the criterion's unit."""
    nudged_score: int | None = None
    """The score (ppm, unrounded) with measurements moved by a millionth."""
    borderline_rows: int = 0
    """Rows whose two best probabilities are closer than 1e-5: other hardware may decide them otherwise."""
    seconds: float = 0.0
    """Elapsed time; informational, as it is never reproducible."""


class EvaluationReport(_Report):
    """One model on one dataset."""

    status: ReportStatus
    score: Score = 0
    """ppm, greater is better, clipped and rounded down to the spec's step; 0 unless ANSWERED."""
    criteria: int = Field(default=0, ge=0, lt=1 << 16)
    """Bit i is 1 when criterion i of the spec passes; 0 unless ANSWERED."""
    rows: int = Field(default=0, ge=0)
    model_sha256: Sha256
    data_sha256: Sha256
    reasons: tuple[Reason, ...] = ()
    """Why it is not ANSWERED, for the owners of model and data."""
    log: _Log = ""
    private: PrivateDetails = PrivateDetails()


class Oddity(_Report):
    """What a column holds that is perhaps not meant as it is read."""

    kind: Literal[
        "decimal",
        "thousands",
        "currency",
        "percent",
        "unit",
        "date",
        "clock",
        "strays",
        "leading zeros",
        "inexact",
        "row numbers",
        "empty",
        "sentinel",
        "escapes",
        "sign",
        "absent files",
        "unknown files",
    ]
    """How its numbers or dates are written, so that they are texts; or the few texts between its numbers; or
    numbers that are perhaps codes, that a float32 does not hold, or that count the rows; or values that
    perhaps stand for a gap, such as -999; or backslashes before quotes; or names of files that the archive
    lacks, or that are of no kind that is fed."""
    examples: Annotated[tuple[Annotated[str, Field(max_length=256)], ...], Field(max_length=8)]
    cells: int = Field(default=0, ge=0)
    """In how many cells."""


class DatasetReport(_Report):
    """What a panel member says about a dataset before any work starts on it."""

    verdict: Literal["ok", "mismatch"]
    reasons: tuple[Reason, ...] = ()
    """Why it does not match, for its owner."""
    log: _Log = ""
    counts: DatasetCounts = DatasetCounts(rows=0)
    reference_score: Score | None = None
    """ppm, clipped but not rounded to a step."""
    data_sha256: Sha256
    sentinels: dict[str, Oddity] = {}
    """By column, values that may stand for a gap. Reported only to an owner who checks in advance."""


class FoundFiles(_Report):
    """Files of an archive; what they have not in common is left out."""

    kind: Literal["image", "text", "array"]
    height: int | None = None
    width: int | None = None
    channels: int | None = None
    depth: int | None = None
    """Bits of a pixel."""
    turned: bool = False
    """Whether some are to be turned; height and width are those after it."""
    shape: tuple[int, ...] = ()


class DescribedColumn(_Report):
    """A column of a table or an array of an NPZ file, as it was found."""

    name: Annotated[str, Field(max_length=1_000)]
    type: ColumnType
    rows: int = Field(default=0, ge=0)
    shape: tuple[int, ...] = ()
    """Of one row."""
    empty: int = Field(default=0, ge=0)
    """Cells without a value."""
    fine: bool = False
    """Of times: whether they have parts of a second."""
    values: Annotated[dict[str, int], Field(max_length=MAX_CLASSES)] = {}
    """How often each value occurs; empty if there are many values."""
    files: FoundFiles | None = None
    """What the files are that it names, in an archive's index."""
    unread: Annotated[str, Field(max_length=256)] = ""
    """Why it cannot be used as an input; empty if it can."""
    marks: Literal["one", "several"] | None = None
    """Of rows of 0 and 1: whether there is a single 1 in each, or any number."""
    oddities: Annotated[tuple[Oddity, ...], Field(max_length=4)] = ()


class FoundGap(_Report):
    """A text that stands for a gap between numbers, and is perhaps a value in other columns."""

    text: GapText
    numbers: Annotated[str, Field(max_length=1_000)]
    """A column in which it stands between numbers; may be empty."""
    texts: Annotated[tuple[Annotated[str, Field(max_length=1_000)], ...], Field(max_length=3)]
    """The first columns of texts that hold it, too."""
    columns: int = Field(ge=0)
    """How many columns of texts hold it."""


class AmbiguousDialect(_Report):
    """A CSV file that can be read in more than one way."""

    option: Literal["separator", "decimal", "quote", "encoding", "header", "gaps"]
    """What has to be declared."""
    line: int = Field(ge=1)
    readings: Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(max_length=8)]
    """How the line, or something in it, reads by what would be declared; none of gaps."""
    gaps: Annotated[tuple[FoundGap, ...], Field(max_length=32)] = ()
    """All texts that stand for gaps between numbers, if they are what has to be declared."""


class DataDescription(_Report):
    """What is in a file of data."""

    rows: int = Field(ge=0)
    """Of the longest column."""
    columns: Annotated[tuple[DescribedColumn, ...], Field(max_length=MAX_COLUMNS)]
    csv: CsvDialect | None = None
    """As it was found, of a CSV file or an archive's index."""
    repeated: Annotated[
        tuple[Annotated[str, Field(max_length=1_000)], ...], Field(max_length=MAX_COLUMNS)
    ] = ()
    """Names that several columns have, which are not described."""
    unnamed: int = Field(default=0, ge=0)
    """Columns without a name, which are not described either."""
    row_labels: Annotated[
        tuple[Annotated[str, Field(max_length=1_000)], ...], Field(max_length=MAX_COLUMNS)
    ] = ()
    """Columns in which pandas stores its row labels; these are not described either."""
    unlisted: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    """Names in JSON Lines that are missing from the first line; these are not described either."""
    blank: int = Field(default=0, ge=0)
    """Rows at the end that hold nothing."""
    question: AmbiguousDialect | None = None
    """Why nothing else is reported."""


class TriggerReport(_Report):
    """How a model answers a watermark's triggers."""

    output: str
    """The one that was compared."""
    asked: int = Field(ge=0)
    """Triggers for which it prefers one of the two classes."""
    matches: int = Field(ge=0)
    """Those for which that is the one it was trained to prefer, if it was."""
    model_sha256: Sha256


class ScoresReport(_Report):
    """A model's scores by class, written into a file beside this report."""

    output: str
    """Of the graph, from which they are."""
    rows: int = Field(ge=0)
    model_sha256: Sha256
