"""Output shapes of operators for which ONNX infers none: those of its second domain, and those on texts. An
unknown length is None.
"""

from collections.abc import Callable

import onnx

Shape = list[int | None]
Context = onnx.shape_inference.InferenceContext
Rule = Callable[[Context, list[Shape]], list[Shape]]
"""Computes the shapes of the outputs from those of the inputs."""


def shapes_of(rule: Rule, context: Context) -> list[Shape] | None:
    """The output shapes that *rule* gives for an operator; None if its inputs' shapes are not known."""
    given = [_shape(context.get_input_type(place)) for place in range(context.get_num_inputs())]
    try:
        return rule(context, [[] if one is None else one for one in given]) if given[0] is not None else None
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        # its inputs or attributes are not those that it must have
        return None


def _shape(given: onnx.TypeProto | None) -> Shape | None:
    if given is None or not given.tensor_type.HasField("shape"):
        return None
    sizes = given.tensor_type.shape.dim
    return [size.dim_value if size.HasField("dim_value") else None for size in sizes]


def _first(_: Context, given: list[Shape]) -> list[Shape]:
    return [given[0]]


def _features(_: Context, given: list[Shape]) -> list[Shape]:
    lengths = [one[1] if len(one) > 1 else 1 for one in given]
    return [[given[0][0], None if None in lengths else sum(one or 0 for one in lengths)]]


def _regressed(name: str) -> Rule:
    def rule(context: Context, given: list[Shape]) -> list[Shape]:
        found = context.get_attribute(name) if name else None
        return [[given[0][0], found.i if found is not None else 1]]

    return rule


def _classified(context: Context, given: list[Shape]) -> list[Shape]:
    rows = given[0][0] if len(given[0]) > 1 else 1
    names = ("classlabels_int64s", "classlabels_ints", "classlabels_strings")
    return [[rows], [rows, _length(context, *names)]]


def _supported(context: Context, given: list[Shape]) -> list[Shape]:
    """One column for each pair of classes, unless there are probabilities."""
    labels, (rows, classes) = _classified(context, given)
    if not _length(context, "prob_a") and classes is not None and classes > 2:
        classes = classes * (classes - 1) // 2
    return [labels, [rows, classes]]


def _weighed(context: Context, given: list[Shape]) -> list[Shape]:
    """One column for each text that is looked for, for a row of words or for rows of them."""
    columns = max(context.get_attribute("ngram_indexes").ints) + 1
    return [[*given[0][:-1], columns]]


def _length(context: Context, *names: str) -> int:
    found = [one for name in names if (one := context.get_attribute(name)) is not None]
    return max((max(len(one.ints), len(one.strings), len(one.floats)) for one in found), default=0)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("GroupNormalization", "LayerNormalization", "SimplifiedLayerNormalization"), _first),
    **dict.fromkeys(("Imputer", "Normalizer", "Scaler", "StringNormalizer"), _first),
    "FeatureVectorizer": _features,
    "LinearClassifier": _classified,
    "LinearRegressor": _regressed("targets"),
    "SVMClassifier": _supported,
    "SVMRegressor": _regressed(""),
    "TfIdfVectorizer": _weighed,
    "TreeEnsembleClassifier": _classified,
    "TreeEnsembleRegressor": _regressed("n_targets"),
}
"""The rules by operator."""
