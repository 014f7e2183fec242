"""Which outputs of a model are scored."""

from assay.manifests.evaluation.units import Name, Strict


class OutputMapping(Strict):
    """Which declared outputs of the graph are scored; others are ignored.

    ``probabilities`` is [rows, classes], each row a distribution; for two classes also [rows] or [rows, 1],
    the probability of the second. Without ``labels`` the most probable class is the prediction, the earlier
    of equals. ``values`` is [rows] or [rows, 1].
    """

    labels: Name | None = None
    probabilities: Name | None = None
    values: Name | None = None
