"""ONNX operators by name: those that no honest model needs, and some that are treated alike."""

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
"""Operators that ONNX has no more, and the runtime still has."""
NAMED = RANDOM | FOREIGN | REFUSED_CONTRIBUTED | _FORMER | {"Solve"}
"""Operators that a refusal names; scikit-learn's converter writes Solve, which no runtime has."""

MOVING = frozenset(
    [
        "ArrayFeatureExtractor",
        "BitShift",
        "BitwiseAnd",
        "BitwiseNot",
        "BitwiseOr",
        "BitwiseXor",
        "Cast",
        "CastLike",
        "CategoryMapper",
        "CenterCropPad",
        "Compress",
        "Concat",
        "ConcatFromSequence",
        "Constant",
        "ConstantOfShape",
        "DepthToSpace",
        "DictVectorizer",
        "Dropout",
        "Expand",
        "EyeLike",
        "FeatureVectorizer",
        "Flatten",
        "Gather",
        "GatherElements",
        "GatherND",
        "Identity",
        "Imputer",
        "LabelEncoder",
        "MaxUnpool",
        "OneHot",
        "OneHotEncoder",
        "Pad",
        "Range",
        "Reshape",
        "ReverseSequence",
        "Scatter",
        "ScatterElements",
        "ScatterND",
        "SequenceAt",
        "SequenceConstruct",
        "SequenceEmpty",
        "SequenceErase",
        "SequenceInsert",
        "SequenceLength",
        "Shape",
        "Size",
        "Slice",
        "SpaceToDepth",
        "Split",
        "SplitToSequence",
        "Squeeze",
        "Tile",
        "Transpose",
        "Trilu",
        "Unsqueeze",
        "ZipMap",
    ]
)
"""Operators that only move numbers, or change their type."""
CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})
"""Operators whose bodies are examined separately."""
TEXT = frozenset({"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"})
