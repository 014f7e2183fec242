"""ONNX operators that no honest model needs, by name."""

RANDOM = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
)
SUBGRAPHS = frozenset({"Loop", "Scan", "If", "SequenceMap"})
TEXT = frozenset({"StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch", "TfIdfVectorizer"})
REFUSED = RANDOM | SUBGRAPHS | TEXT
NAMED = REFUSED | {"Dropout"}
"""Those that a refusal names."""
