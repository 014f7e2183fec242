"""Three models of handwritten digits, and as many hidden rows as are wanted. Not a benchmark itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pyarrow as pa
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from pyarrow import parquet
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

INPUT, OUTPUT, LABEL = "pixels", "probabilities", "digit"
COLUMNS = tuple(f"p{number}" for number in range(64))
CLASSES = tuple(map(str, range(10)))
_NOISE = 0.02

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Digits:
    """The images [rows, 64], from 0 to 1, and what they show."""

    pixels: Floats
    labels: NDArray[np.int64]

    @classmethod
    def load(cls) -> "Digits":
        """scikit-learn's, all 1,797."""
        digits = load_digits()
        return cls((digits.data / 16).astype(np.float32), digits.target)

    def copies(self, rows: int) -> "Digits":
        """So many *rows*, each a noisy copy of an image."""
        random = np.random.default_rng(rows)
        chosen = random.integers(0, len(self.labels), rows)
        noise = random.normal(0, _NOISE, (rows, 64)).astype(np.float32)
        return Digits(self.pixels[chosen] + noise, self.labels[chosen])

    def save(self, path: Path) -> Path:
        """Write a Parquet file with a column for each pixel."""
        columns: dict[str, Any] = dict(zip(COLUMNS, self.pixels.T, strict=True))
        parquet.write_table(pa.table({**columns, LABEL: self.labels}), path)
        return path


def mlp(digits: Digits) -> bytes:
    """One hidden layer."""
    return _exported(MLPClassifier((64,), max_iter=300, random_state=0), digits)


def forest(digits: Digits) -> bytes:
    """Two hundred trees."""
    return _exported(RandomForestClassifier(200, random_state=0), digits)


def cnn(digits: Digits) -> bytes:
    """Two layers of random filters, 32 and 64 of them, with a linear layer trained upon them."""
    filters = _cnn()
    features = ort.InferenceSession(filters).run(None, {INPUT: digits.pixels})[0]
    head = LogisticRegression(max_iter=100).fit(features, digits.labels)
    return _cnn(head.coef_.T.astype(np.float32), head.intercept_.astype(np.float32))


MODELS = {"MLP": mlp, "forest": forest, "CNN": cnn}


def _exported(estimator: Any, digits: Digits) -> bytes:
    fitted = estimator.fit(digits.pixels, digits.labels)
    model = to_onnx(
        fitted, initial_types=[(INPUT, _float_tensor())], options={"zipmap": False}, target_opset=17
    )
    return bytes(model.SerializeToString())


def _float_tensor() -> Any:
    from skl2onnx.common.data_types import FloatTensorType

    return FloatTensorType([None, 64])


def _cnn(*head: Floats) -> bytes:
    random = np.random.default_rng(0)
    first = random.normal(0, 0.3, (32, 1, 3, 3)).astype(np.float32)
    second = random.normal(0, 0.1, (64, 32, 3, 3)).astype(np.float32)
    weights = {"shape": np.array([-1, 1, 8, 8]), "first": first, "second": second}
    nodes = [
        helper.make_node("Reshape", [INPUT, "shape"], ["images"]),
        helper.make_node("Conv", ["images", "first"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("MaxPool", ["d"], ["e"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["e"], ["features"]),
    ]
    output = "features"
    if head:
        weights |= dict(zip(("slopes", "offsets"), head, strict=True))
        nodes += [
            helper.make_node("Gemm", ["features", "slopes", "offsets"], ["logits"]),
            helper.make_node("Softmax", ["logits"], [OUTPUT], axis=1),
        ]
        output = OUTPUT
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, 64])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, None])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
