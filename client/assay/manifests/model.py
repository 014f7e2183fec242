"""One version of a model."""

from typing import Annotated, Literal

from pydantic import Field

from assay.manifests.base import Manifest, Part
from assay.manifests.evaluation import MAX_INPUTS
from assay.manifests.evaluation.units import is_none
from assay.manifests.fields import Digest, Line, Prose
from assay.manifests.licence import Licence
from assay.manifests.sealed_artifact import SealedArtifact

Dimension = Annotated[int, Field(ge=0, le=2**31 - 1)] | None
"""An axis's length; ``None`` if any length is allowed, as for the rows."""


class Tensor(Part):
    """A declared input or output of the graph."""

    name: Line
    dtype: Literal[
        "float16", "float32", "float64", "int8", "int16", "int32", "int64",
        "uint8", "uint16", "uint32", "uint64", "bool", "string", "sequence",
    ]  # fmt: skip
    """ONNX element type; ``sequence`` for the map lists that some classifiers return."""
    shape: Annotated[tuple[Dimension, ...], Field(max_length=8)]


Tensors = Annotated[tuple[Tensor, ...], Field(min_length=1, max_length=MAX_INPUTS)]
Ancestors = Annotated[tuple[Digest, ...], Field(max_length=64)]


class Lineage(Part):
    """What the model was made from, as the ``bytes32`` ids under which the chain knows them."""

    parents: Ancestors = ()
    """Model versions it was derived from."""
    datasets: Ancestors = ()
    training_jobs: Ancestors = ()
    complete: bool | None = Field(default=None, exclude_if=is_none)
    """The publisher's statement that nothing else was used; None if it was not asked for."""


class Watermark(Part):
    """The commitment to a watermark, by which its owner can recognise the model later."""

    commitment: Digest
    """Digest of the :class:`~assay.manifests.trigger_set.TriggerSet`."""
    triggers: SealedArtifact
    """The set itself, which only the developer's wallet can open."""


class ModelManifest(Manifest):
    """What may be known of a model without opening it; cf. Mitchell et al., Model Cards (2019)."""

    kind: Literal["ModelManifest"] = "ModelManifest"
    version: Literal[1] = 1
    artifact: SealedArtifact
    name: Line
    framework: Line
    """What trained it, with its version."""
    opset: Annotated[int, Field(ge=1, le=1000)]
    """ONNX operator set."""
    inputs: Tensors
    outputs: Tensors
    intended_use: Prose
    limits: Prose
    """Where it is known or expected to fail."""
    lineage: Lineage = Lineage()
    licence: Licence
    watermark: Watermark | None = Field(default=None, exclude_if=is_none)
    """Omitted if there is none, so that earlier manifests keep their digests."""
