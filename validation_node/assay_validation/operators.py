"""ONNX operators that no honest model needs, by name."""

from assay_validation.contributed import REFUSED as REFUSED_CONTRIBUTED

RANDOM = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
)
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
"""ONNX's own domains. Some operators of `contributed.DOMAIN` are allowed as well."""
FOREIGN = frozenset(
    [
        "ai.onnx.contrib",
        "ai.onnx.preview",
        "ai.onnx.preview.training",
        "ai.onnx.training",
        "com.microsoft.dml",
        "com.microsoft.experimental",
        "com.microsoft.nchwc",
        "com.ms.internal.nhwc",
        "org.pytorch.aten",
    ]
)
"""Domains that are refused by name."""
_FORMER = frozenset(
    {"Affine", "Crop", "DynamicSlice", "ImageScaler", "ParametricSoftplus", "Scale", "ScaledTanh"}
)
"""Operators that ONNX has dropped and the runtime still runs."""
NAMED = RANDOM | FOREIGN | REFUSED_CONTRIBUTED | _FORMER | {"Solve"}
"""Operators that a refusal names; scikit-learn's converter writes Solve, which no runtime has."""
