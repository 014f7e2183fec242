"""ONNX Runtime's own operators (com.microsoft) that a model may use: those that its exporters and quantisers
write, that run on the CPU and use no random numbers. Each entry says how the operator rounds.
"""

from typing import NamedTuple

DOMAIN = "com.microsoft"


class Contributed(NamedTuple):
    """One operator.

    Attributes:
        varied: the inputs that are given rounding errors.
        exact: whether the results are the same everywhere; if not, they are given errors too.
        outputs: for each output, the input whose number type it has, or the type itself by ONNX's name. The
            last entry applies to all further outputs.
    """

    varied: tuple[int, ...] = ()
    exact: bool = False
    outputs: tuple[int | str, ...] = (0,)


_EXACT = Contributed(exact=True)
_RESULT = Contributed()
_FIRST = Contributed((0,))
_WEIGHTS = Contributed((1,))
_ATTENTION = Contributed((0, 1, 2))

ALLOWED: dict[str, Contributed] = {
    # sums of products
    "CDist": Contributed((0, 1)),
    "Inverse": _FIRST,
    "ConvTransposeWithDynamicPads": _WEIGHTS,
    "FusedConv": _WEIGHTS,
    "FusedGemm": _FIRST,
    "FusedMatMul": _FIRST,
    "MatMulBnb4": _FIRST,
    "MatMulNBits": _FIRST,
    "TransposeMatMul": _FIRST,
    # attention
    "Attention": _ATTENTION,
    "DecoderMaskedMultiHeadAttention": _ATTENTION,
    "GroupQueryAttention": Contributed((0, 1, 2), outputs=(0, 3, 4, 0)),
    "MultiHeadAttention": _ATTENTION,
    "RotaryEmbedding": Contributed((0, 2, 3)),
    # functions and norms
    "BiasGelu": Contributed((0, 1)),
    "CropAndResize": _FIRST,
    "EmbedLayerNormalization": Contributed((2, 3, 4), outputs=(2, "INT32", 2)),
    "FastGelu": Contributed((0, 1)),
    "Gelu": _RESULT,
    "GridSample": Contributed((0, 1), outputs=("FLOAT",)),
    "QEmbedLayerNormalization": Contributed((8, 9, 10), outputs=(8, "INT32")),
    "QuickGelu": _RESULT,
    "SimplifiedLayerNormalization": _FIRST,
    "SkipLayerNormalization": Contributed((0,), outputs=(0, "FLOAT", "FLOAT", 0)),
    "SkipSimplifiedLayerNormalization": Contributed((0,), outputs=(0, "FLOAT", "FLOAT", 0)),
    # operators that only move or compare numbers
    "ExpandDims": _EXACT,
    "GatherBlockQuantized": Contributed(exact=True, outputs=(2,)),
    "GatherND": _EXACT,
    "MaxpoolWithMask": _EXACT,
    "MurmurHash3": Contributed(exact=True, outputs=("HASH",)),
    "NGramRepeatBlock": Contributed(exact=True, outputs=(1,)),
    "NhwcMaxPool": _EXACT,
    "Pad": _EXACT,
    "Range": _EXACT,
    "Tokenizer": _EXACT,
    "Trilu": _EXACT,
    "UnfoldTensor": _EXACT,
    "Unique": Contributed(exact=True, outputs=(0, "INT64")),
    # products of integers, which `integers` makes exact
    "DynamicQuantizeLSTM": _RESULT,
    "DynamicQuantizeMatMul": _RESULT,
    "MatMulIntegerToFloat": Contributed((2, 3), outputs=(2,)),
    "QAttention": Contributed((3, 4), outputs=(3,)),
    "QGemm": Contributed((1,), outputs=(8,)),
    "QLinearConv": Contributed(exact=True, outputs=(7,)),
    # quantised numbers; an error in a scale moves those that are on the verge of rounding up or down
    "DequantizeLinear": Contributed(exact=True, outputs=(1,)),
    "QLinearAdd": Contributed((1, 4)),
    "QLinearAveragePool": Contributed((1,)),
    "QLinearConcat": Contributed((0,), outputs=(1,)),
    "QLinearGlobalAveragePool": Contributed((1,)),
    "QLinearLeakyRelu": Contributed((1,)),
    "QLinearMul": Contributed((1, 4)),
    "QLinearSigmoid": Contributed((1,)),
    "QLinearSoftmax": Contributed((1,)),
    "QLinearWhere": Contributed((2, 5), outputs=(1,)),
    "QuantizeLinear": Contributed(exact=True, outputs=(2,)),
}
"""The allowed operators by name."""
_OTHERS = """
    AttnLSTM BeamSearch BiasAdd BiasDropout BiasSoftmax BiasSplitGelu BifurcationDetector BitmaskBiasDropout
    BitmaskDropout BranchwiseRMSNorm CausalConvWithState ComplexMul ComplexMulConj ConvStateReplay
    DecoderAttention DecoderMaskedSelfAttention DequantizeBFP DequantizeWithOrder DynamicSparseAttention
    DynamicTimeWarping EPContext EngramGate FusedMatMulActivation GatedAdd GatedDeltaNet
    GatedDeltaNetStateReplay GatedRMSNorm GatedRelativePositionBias GatherPacked GemmFastGelu GemmFloat8
    GemmaRotaryEmbedding GreedySearch GroupNorm HyperConnectionLowRankMix HyperConnectionPostMix
    HyperConnectionPreMix Irfft IsAllFinite LinearAttention LinearAttentionGate LongformerAttention
    MRotaryEmbedding Mamba2Verify MatMulBlockQuantizedFp4Weight MatMulBlockQuantizedFp8Weight MatMulFpQ4
    MatMulInteger16 MatMulNBitsMlp MatMulNBitsQLoRA MatMulNBitsQkv MatMulPacked MoE MoEGroupRouter MoEPacked
    MulInteger NGramHashMapping NhwcConv NhwcFusedConv PackedAttention PackedMultiHeadAttention
    PackedSparseAttentionIndexer PackedSparseAttentionIndexerMerge PagedAttention QLinearReduceMean QMoE
    QOrderedAttention QOrderedGelu QOrderedLayerNormalization QOrderedLongformerAttention QOrderedMatMul
    QuantizeBFP QuantizeWithOrder RMSNormRotary ReduceSumInteger RelativePositionBias RemovePadding
    RestorePadding Rfft RouterGateUpProj SampleOp Sampling ScaledSiLU SkipGroupNorm Snpe SparseAttention
    SparseAttentionIndexer SparsePagedAttention SparseToDenseMatMul SpeculativePrefixCommit SwiGLU
    TorchEmbedding VarlenCausalConvWithState VarlenNGramHashMapping WhisperBeamSearch WordConvEmbedding
"""
REFUSED = frozenset(_OTHERS.split())
"""All other operators that the runtime knows, so that a refusal can name them."""
