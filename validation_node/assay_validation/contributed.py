"""ONNX Runtime's own operators (com.microsoft) that a model may use: those that its exporters and quantisers
write, that run on the CPU and use no random numbers.
"""

DOMAIN = "com.microsoft"
_FIRST = (0,)
ALLOWED: dict[str, tuple[int | str, ...]] = {
    # sums of products
    "CDist": _FIRST,
    "Inverse": _FIRST,
    "ConvTransposeWithDynamicPads": _FIRST,
    "FusedConv": _FIRST,
    "FusedGemm": _FIRST,
    "FusedMatMul": _FIRST,
    "MatMulBnb4": _FIRST,
    "MatMulNBits": _FIRST,
    "TransposeMatMul": _FIRST,
    # attention
    "Attention": _FIRST,
    "DecoderMaskedMultiHeadAttention": _FIRST,
    "GroupQueryAttention": (0, 3, 4, 0),
    "MultiHeadAttention": _FIRST,
    "RotaryEmbedding": _FIRST,
    # functions and norms
    "BiasGelu": _FIRST,
    "CropAndResize": _FIRST,
    "EmbedLayerNormalization": (2, "INT32", 2),
    "FastGelu": _FIRST,
    "Gelu": _FIRST,
    "GridSample": ("FLOAT",),
    "QEmbedLayerNormalization": (8, "INT32"),
    "QuickGelu": _FIRST,
    "SimplifiedLayerNormalization": _FIRST,
    "SkipLayerNormalization": (0, "FLOAT", "FLOAT", 0),
    "SkipSimplifiedLayerNormalization": (0, "FLOAT", "FLOAT", 0),
    # operators that only move or compare numbers
    "ExpandDims": _FIRST,
    "GatherBlockQuantized": (2,),
    "GatherND": _FIRST,
    "MaxpoolWithMask": _FIRST,
    "MurmurHash3": ("HASH",),
    "NGramRepeatBlock": (1,),
    "NhwcMaxPool": _FIRST,
    "Pad": _FIRST,
    "Range": _FIRST,
    "Tokenizer": _FIRST,
    "Trilu": _FIRST,
    "UnfoldTensor": _FIRST,
    "Unique": (0, "INT64"),
    # products of integers
    "DynamicQuantizeLSTM": _FIRST,
    "DynamicQuantizeMatMul": _FIRST,
    "MatMulIntegerToFloat": (2,),
    "QAttention": (3,),
    "QGemm": (8,),
    "QLinearConv": (7,),
    # quantised numbers
    "DequantizeLinear": (1,),
    "QLinearAdd": _FIRST,
    "QLinearAveragePool": _FIRST,
    "QLinearConcat": (1,),
    "QLinearGlobalAveragePool": _FIRST,
    "QLinearLeakyRelu": _FIRST,
    "QLinearMul": _FIRST,
    "QLinearSigmoid": _FIRST,
    "QLinearSoftmax": _FIRST,
    "QLinearWhere": (1,),
    "QuantizeLinear": (2,),
}
"""The allowed operators by name. For each output, the input whose number type it has, or the type itself by
ONNX's name; the last entry applies to all further outputs."""
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
