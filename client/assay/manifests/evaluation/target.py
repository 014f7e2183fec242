"""Where a model must run: what a machine of a kind can hold and do."""

from typing import Annotated, Literal

from pydantic import Field

from assay.manifests.evaluation.units import MIB, Name, Strict

TargetName = Literal["server", "phone", "small device"]
_Limit = Annotated[int, Field(ge=1, le=10**15, strict=True)] | None


class Target(Strict):
    """What a model may need, each if it is told. The gate reads it off the graph, for one row."""

    operators: Annotated[tuple[Name, ...], Field(max_length=500)] | None = None
    """Those that the machine's runtime has, by name."""
    opset: _Limit = None
    """The newest version of ONNX's operators."""
    size: _Limit = None
    """Size of the file, in bytes."""
    operations: _Limit = None
    """Operations, as counted by the criterion ``computation``."""
    memory: _Limit = None
    """The most bytes that the graph's tensors take at any one time, besides its constants."""


_NETWORK = """
    Add And ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
    ConvTranspose DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear Elu Equal Exp Expand Flatten
    Floor Gather Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity
    InstanceNormalization LeakyRelu Less LessOrEqual Log MatMul MatMulInteger Max MaxPool Min Mul Neg Not Or
    PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceMax ReduceMean ReduceMin
    ReduceSum Relu Reshape Resize Round Shape Sigmoid Sign Slice Softmax SpaceToDepth Split Sqrt Squeeze Sub
    Sum Tanh Tile Transpose Unsqueeze Where
"""
_MORE = """
    Abs Acos Asin Atan CastLike Celu Compress ConvInteger Cos CumSum Einsum Erf EyeLike GRU GatherElements
    GatherND Gelu GroupNormalization Hardmax If IsInf IsNaN LSTM LayerNormalization LogSoftmax Loop
    LpNormalization Mish Mod NonMaxSuppression NonZero OneHot RNN ReduceL1 ReduceL2 ReduceLogSumExp
    ReduceProd ReduceSumSquare RoiAlign Scan ScatterElements ScatterND Selu Sin Size Softplus Softsign Tan
    ThresholdedRelu TopK Trilu Upsample ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer
    LabelEncoder LinearClassifier LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler
    TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ZipMap
"""
_OF_THE_RUNTIME = """
    Attention BiasGelu CDist CropAndResize DecoderMaskedMultiHeadAttention DynamicQuantizeLSTM
    DynamicQuantizeMatMul EmbedLayerNormalization ExpandDims FastGelu FusedConv FusedGemm FusedMatMul
    GatherBlockQuantized GridSample GroupQueryAttention Inverse MatMulBnb4 MatMulIntegerToFloat MatMulNBits
    MaxpoolWithMask MultiHeadAttention MurmurHash3 NGramRepeatBlock NhwcMaxPool QAttention
    QEmbedLayerNormalization QGemm QLinearAdd QLinearAveragePool QLinearConcat QLinearGlobalAveragePool
    QLinearLeakyRelu QLinearMul QLinearSigmoid QLinearSoftmax QLinearWhere QuickGelu RotaryEmbedding
    SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization TransposeMatMul
    UnfoldTensor
"""
"""ONNX Runtime's own operators that its builds for phones have and whose cost is known."""
TARGETS: dict[TargetName, Target] = {
    "server": Target(size=2048 * MIB, operations=10**12, memory=8192 * MIB),
    "phone": Target(
        operators=tuple(sorted({*_NETWORK.split(), *_MORE.split(), *_OF_THE_RUNTIME.split()})),
        opset=21,
        size=100 * MIB,
        operations=10**10,
        memory=512 * MIB,
    ),
    "small device": Target(
        operators=tuple(sorted(_NETWORK.split())),
        opset=18,
        size=MIB,
        operations=20_000_000,
        memory=MIB // 4,
    ),
}
"""Typical machines: one with gigabytes of memory, a recent phone, and a microcontroller."""
