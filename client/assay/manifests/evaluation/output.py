"""Which outputs of a model are scored."""

from typing import Self

from pydantic import Field, model_validator

from assay.manifests.evaluation.units import Name, Strict, is_none


class OutputMapping(Strict):
    """Which declared outputs of the graph are scored; others are ignored.

    ``probabilities`` is [rows, classes], each row a distribution; for two classes also [rows] or [rows, 1],
    the probability of the second. Columns stand in the order of the order's classes, or where the graph's own
    names for them say. ``logits`` takes the place of ``probabilities`` for a model that ends before its
    softmax, or, with one column for two classes or each label, its sigmoid: the panel computes them in 64
    bits. Without
    ``labels`` the most probable class is the prediction, the earlier of equals. ``values`` is [rows] or
    [rows, 1].

    Other tasks: of several labels a row, ``labels`` (0 or 1) and ``probabilities`` are [rows, labels], and
    what is as probable as not counts as given. Of a class map, ``labels`` is [rows, height, width], the
    places of the classes, and ``probabilities`` is [rows, classes, height, width], or has its classes last;
    of two classes, also [rows, height, width] of the second. ``values`` of a regression with several labels
    is [rows, labels], and of a retrieval, [rows, length] embeddings.
    """

    labels: Name | None = None
    probabilities: Name | None = None
    logits: Name | None = Field(default=None, exclude_if=is_none)
    """Omitted if not given, so that earlier orders keep their digests."""
    values: Name | None = None
    boxes: Name | None = Field(default=None, exclude_if=is_none)
    """Of a detection: [rows, boxes, 4], the corners x1, y1, x2, y2."""
    scores: Name | None = Field(default=None, exclude_if=is_none)
    """[rows, boxes]; a box with a score of 0 or less is none. ``labels`` is [rows, boxes], places of the
    classes."""
    text: Name | None = Field(default=None, exclude_if=is_none)
    """Of a generation: [rows] texts, or [rows, length] places of tokens in ``classes``; one outside ends the
    text."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.logits and self.probabilities:
            raise ValueError("an order scores logits or probabilities, not both")
        return self

    @property
    def by_class(self) -> str | None:
        """The output with a column for each class."""
        return self.logits or self.probabilities
