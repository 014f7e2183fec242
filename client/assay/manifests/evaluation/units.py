"""Bounds, units and kinds of field of a test's specification."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

PPM = 1_000_000
SCORE_LIMIT = 10**12
"""Scores are clipped to ±SCORE_LIMIT ppm, far inside both int64 and JSON's exact integers (2^53)."""
MAX_STEP = 1_000 * PPM
"""The coarsest step of a published score: 1,000 in the metric's own unit."""
MAX_TOLERANCE = (1 << 32) - 1
"""The most by which scores that agree may differ (ppm); what the contracts have room for."""

MIB = 1 << 20
MAX_ROWS = 10_000_000
MAX_CLASSES = 1_000
MAX_GROUPS = 1_000
MAX_COLUMNS = 10_000
MAX_INPUTS = 64
MAX_CRITERIA = 16
MAX_COMPARED = 10_000
"""Limit on rows that are compared with each other."""
MAX_LOOKED_FOR = 1_000_000
"""Limit on rows times the classes looked for in each."""

MAX_NAME = 256
"""Length limit of a name, in characters."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Score = Annotated[int, Field(ge=-SCORE_LIMIT, le=SCORE_LIMIT, strict=True)]
Tolerance = Annotated[int, Field(ge=0, le=MAX_TOLERANCE, strict=True)]
Count = Annotated[int, Field(ge=0, le=MAX_ROWS, strict=True)]


class Strict(BaseModel):
    """What a specification is made of: it cannot change, and takes no field that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def is_none(value: object) -> bool:
    """Whether a field is None and so left out of the JSON."""
    return value is None
