"""The answers of local training to the program that requested it."""

from pydantic import BaseModel, ConfigDict, Field

from assay.manifests.evaluation import Sha256


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WatermarkReport(_Report):
    """A watermark that was made; accuracies are shares of held-out rows, where a model was trained."""

    commitment: Sha256
    triggers: int = Field(ge=0)
    rows: int = Field(ge=0)
    accuracy_without: float | None = None
    accuracy_with: float | None = None


class Queries(_Report):
    """What a teacher is to be asked."""

    rows: int = Field(ge=0)
    classes: tuple[str, ...]


class DerivedReport(_Report):
    """A model made from a teacher; accuracies are shares of rows that neither was trained on here."""

    accuracy: float
    accuracy_of_teacher: float
    accuracy_alone: float
    """Of a model of the same form that was trained on the same rows without the teacher."""
    size: int = Field(ge=0)


class Composed(_Report):
    """Several models in one file."""

    parts: int = Field(ge=0)
    size: int = Field(ge=0)


class Compared(_Report):
    """How much two models' constants are alike, from 0 to 1; alike from the limit on."""

    score: float
    alike: bool
    limit: float
    compared: int = Field(ge=0)
    what: str
