"""What a developer says about a model when it is submitted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from assay.manifests import Licence, Lineage, Part
from assay.manifests.fields import Line, Prose
from assay.manifests.files import load_document
from assay.manifests.model import Tensors


class ModelCard(Part):
    """What a developer says about a model; what the graph itself says is read from the file."""

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
