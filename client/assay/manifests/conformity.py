"""How a conformity body tests models."""

from typing import Literal

from assay.manifests.base import Manifest
from assay.manifests.evaluation import EvaluationSpec
from assay.manifests.fields import Digest, Line, Prose


class ConformitySpec(Manifest):
    """A test set as developers read it and validators execute it.

    The sealed data, the threshold and what must be met are on-chain beside it: nothing is said twice.
    """

    kind: Literal["ConformitySpec"] = "ConformitySpec"
    version: Literal[1] = 1
    title: Line
    description: Prose
    """What is tested, on whose authority, and what a pass does not say."""
    evaluation: EvaluationSpec
    body_key: Digest
    """The body's X25519 key, to which panels seal their details."""
