"""Which outputs of a model are scored."""

from typing import Self

from pydantic import Field, model_validator

from assay.manifests.evaluation.units import Name, Strict


class OutputMapping(Strict):
    """Which declared outputs of the graph are scored; others are ignored.

    ``probabilities`` is [rows, classes], each row a distribution; for two classes also [rows] or [rows, 1],
    the probability of the second. Columns stand in the order of the order's classes, or where the graph's own
    names for them say. ``logits`` takes the place of ``probabilities`` for a model that ends before its
    softmax, or, with one column for two classes, its sigmoid: the panel computes them in 64 bits. Without
    ``labels`` the most probable class is the prediction, the earlier of equals. ``values`` is [rows] or
    [rows, 1].
    """

    labels: Name | None = None
    probabilities: Name | None = None
    logits: Name | None = Field(default=None, exclude_if=lambda name: name is None)
    """Left out where it is not told, so that orders of before have the digest that they had."""
    values: Name | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.logits and self.probabilities:
            raise ValueError("an order scores logits or probabilities, not both")
        return self

    @property
    def scores(self) -> str | None:
        """The output with a column for each class."""
        return self.logits or self.probabilities
