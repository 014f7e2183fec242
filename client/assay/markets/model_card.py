"""What a developer says about a model when it is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from assay.errors import InvalidInput
from assay.manifests import Licence, Lineage, ModelManifest, Part, SealedArtifact, Watermark
from assay.manifests.base import problems
from assay.manifests.fields import Line, Prose
from assay.manifests.files import load_document
from assay.manifests.model import Tensors


class ModelCard(Part):
    """What a developer says about a model; what the graph itself declares is read from the file."""

    name: Line
    framework: Line
    intended_use: Prose
    limits: Prose
    licence: Licence
    lineage: Lineage = Lineage()
    opset: Annotated[int, Field(ge=1, le=1000)] | None = None
    inputs: Tensors | None = None
    outputs: Tensors | None = None

    @classmethod
    def load(cls, path: Path) -> ModelCard:
        """Read a card from a JSON file; raises :class:`InvalidInput`."""
        return load_document(path, cls)


def manifest_of(
    card: ModelCard,
    graph: Mapping[str, Any],
    artifact: SealedArtifact,
    *,
    lineage: Lineage,
    watermark: Watermark | None = None,
) -> ModelManifest:
    """The manifest of a sealed model.

    Args:
        graph: operator set, inputs and outputs, as the file declares them.
        lineage: the card's lineage, with its publisher's statement about it.

    Raises:
        InvalidInput: the file's interface cannot be described.
    """
    said = {name: getattr(card, name) for name in ModelManifest.model_fields if hasattr(card, name)}
    whole = {**said, **graph, "lineage": lineage, "artifact": artifact, "watermark": watermark}
    try:
        return ModelManifest(**whole)
    except ValidationError as error:
        raise InvalidInput(f"The model's manifest cannot be written: {problems(error)}.") from None
