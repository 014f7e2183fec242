"""ONNX operators by name: those that no honest model needs, and those that round alike on every processor."""

import sys
from collections.abc import Sequence

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
NAMED = RANDOM | FOREIGN | REFUSED_CONTRIBUTED | {"Dropout", "If", "Loop", "Scan", "SequenceMap", "Solve"}
"""Operators that a refusal names; scikit-learn's converter writes Solve, which no runtime has."""

_ARITHMETIC = frozenset(
    [
        "Abs",
        "Add",
        "Div",
        "Mul",
        "Neg",
        "Sqrt",
        "Sub",
        "Sum",
        "Sign",
        "Ceil",
        "Floor",
        "Round",
        "Mod",
        "Scaler",
    ]
)
_COMPARISONS = frozenset(
    [
        "And",
        "ArgMax",
        "ArgMin",
        "Binarizer",
        "Clip",
        "Equal",
        "Greater",
        "GreaterOrEqual",
        "Hardmax",
        "IsInf",
        "IsNaN",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Max",
        "MaxPool",
        "GlobalMaxPool",
        "MaxRoiPool",
        "Min",
        "NonMaxSuppression",
        "NonZero",
        "Not",
        "Or",
        "PRelu",
        "ReduceMax",
        "ReduceMin",
        "Relu",
        "ThresholdedRelu",
        "TopK",
        "Unique",
        "Where",
        "Xor",
    ]
)
_MOVES = frozenset(
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
_CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})
"""Operators whose bodies are examined separately."""
TEXT = frozenset({"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"})
_INTEGERS = frozenset(
    [
        "ConvInteger",
        "DequantizeLinear",
        "DynamicQuantizeLinear",
        "MatMulInteger",
        "QLinearConv",
        "QLinearMatMul",
        "QuantizeLinear",
    ]
)
COMPUTING = _ARITHMETIC | _COMPARISONS
"""Exact operators for which the runtime has no bfloat16 kernels."""
EXACT = _ARITHMETIC | _COMPARISONS | _MOVES | _CONTROL | TEXT | _INTEGERS
"""Operators that give the same bits everywhere; products of integers do once `integers` rewrote them."""
PRODUCTS: dict[str, Sequence[int]] = {
    "MatMul": (0,),
    "Gemm": (0,),
    "Conv": (1,),
    "ConvTranspose": (1,),
    "DeformConv": (1,),
    "Einsum": range(sys.maxsize),  # all: an error in one of them can be common to all terms
    "RNN": (1, 2),
    "GRU": (1, 2),
    "LSTM": (1, 2),
    "Attention": (0, 1, 2),
    "DFT": (0,),
    "STFT": (0,),
    "Det": (0,),
    "LinearClassifier": (0,),
    "LinearRegressor": (0,),
    "SVMClassifier": (0,),
    "SVMRegressor": (0,),
    "BatchNormalization": (0,),
    "GridSample": (0, 1),
    "HardSigmoid": (0,),
    "Resize": (0,),
    "RotaryEmbedding": (0, 1, 2),
    "Upsample": (0,),
}
"""Sums of products, and the inputs that are given errors."""
BY_COLUMNS = frozenset({"LinearClassifier", "LinearRegressor", "MatMul"})
"""Operators whose sums all get the same errors, so that equal rows get equal answers."""
SHORT = frozenset(
    {"BatchNormalization", "GridSample", "HardSigmoid", "Resize", "RotaryEmbedding", "Upsample"}
)
"""Operators that add no more than a few numbers."""
WHOLE_SUMS = {
    "AveragePool": 1,
    "CumSum": 1,
    "GlobalAveragePool": 1,
    "ReduceL1": 1,
    "ReduceL2": 2,
    "ReduceMean": 1,
    "ReduceSum": 1,
    "ReduceSumSquare": 2,
}
"""Sums over their first input that are exact for whole numbers, and the power to which these are raised."""
SUMS = frozenset(
    [
        *WHOLE_SUMS,
        "GlobalLpPool",
        "GroupNormalization",
        "InstanceNormalization",
        "LRN",
        "LayerNormalization",
        "LpNormalization",
        "LpPool",
        "MeanVarianceNormalization",
        "RMSNormalization",
        "ReduceLogSum",
        "ReduceLogSumExp",
        "ReduceProd",
    ]
)
"""All sums over their first input. Logarithms of sums are taken apart first (`jobs.taking_apart`)."""
TREES = frozenset({"TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"})
"""Exact, unless a function is applied to their sums."""
WHOLE_POWERS = frozenset({"Pow", "Reciprocal"})
"""Functions that are exact for whole numbers."""
FUNCTIONS = frozenset(
    [
        "Acos",
        "Acosh",
        "Affine",
        "AffineGrid",
        "Asin",
        "Asinh",
        "Atan",
        "Atanh",
        "BitCast",
        "BlackmanWindow",
        "CastMap",
        "Celu",
        "Col2Im",
        "Cos",
        "Cosh",
        "Crop",
        "CumProd",
        "DynamicSlice",
        "Elu",
        "Erf",
        "Exp",
        "Gelu",
        "HammingWindow",
        "HannWindow",
        "HardSwish",
        "ImageScaler",
        "Log",
        "LogSoftmax",
        "Mean",
        "MelWeightMatrix",
        "Mish",
        "Normalizer",
        "Optional",
        "OptionalGetElement",
        "OptionalHasElement",
        "ParametricSoftplus",
        "RoiAlign",
        "Scale",
        "ScaledTanh",
        "Selu",
        "Shrink",
        "Sigmoid",
        "SimplifiedLayerNormalization",
        "Sin",
        "Sinh",
        "Softmax",
        "Softplus",
        "Softsign",
        "Swish",
        "Tan",
        "Tanh",
        "TensorScatter",
    ]
)
"""The runtime's other operators. Operators in none of these lists get an error in each result."""
