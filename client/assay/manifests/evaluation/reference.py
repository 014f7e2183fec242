"""Reference models."""

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from assay.manifests.evaluation.units import Name, Score, Strict


class Reference(Strict):
    """A named reference model and the interval its score on the hidden data must lie in (ppm, inclusive).

    ``majority-class`` always predicts the most frequent class with the class frequencies as probabilities,
    ``mean`` the mean label, and ``constant`` tells no row from another: equal values, equal embeddings, no
    boxes. Of texts and class maps, ``majority-class`` is the commonest. ``onnx`` is a public model, named by
    the CID of its file.
    """

    name: Name
    kind: Literal["majority-class", "mean", "constant", "onnx"]
    artifact: Annotated[str, StringConstraints(pattern=r"^b[a-z2-7]{20,100}$")] | None = None
    low: Score
    high: Score

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low > self.high:
            raise ValueError("the interval is empty")
        if (self.kind == "onnx") != (self.artifact is not None):
            raise ValueError("an onnx reference, and only it, names an artifact")
        return self
