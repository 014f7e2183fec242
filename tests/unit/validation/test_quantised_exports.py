"""What ONNX Runtime's own quantisers and optimiser write of a trained network is scored like the network."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from graphs import model, node, score, spec
from onnxruntime import quantization
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier

from assay.manifests.evaluation import ReportStatus
from assay.manifests.reason import Code, Reason

LOADED = load_iris(as_frame=True)
ROWS = LOADED.data.to_numpy(np.float32)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """Two layers, the first of them a convolution of one row and four columns."""
    fitted = MLPClassifier((32,), solver="lbfgs", max_iter=400, random_state=0).fit(ROWS, LOADED.target)
    constants = {"W": fitted.coefs_[0].T.reshape(32, 1, 1, 4), "b": fitted.intercepts_[0]}
    constants |= {"V": fitted.coefs_[1], "c": fitted.intercepts_[1]}
    constants = {name: value.astype(np.float32) for name, value in constants.items()}
    nodes = [
        node("Reshape", "x image", "i"),
        node("Conv", "i W b", "h"),
        node("Relu", "h", "r"),
        node("Flatten", "r", "f"),
        node("MatMul", "f V", "m"),
        node("Add", "m c", "p"),
    ]
    path = tmp_path_factory.mktemp("plain") / "plain.onnx"
    onnx.save(model(nodes, constants | {"image": np.array([-1, 1, 1, 4])}), path)
    return path


def dynamic(plain: Path, made: Path) -> None:
    quantization.quantize_dynamic(plain, made)


def static(plain: Path, made: Path, form=quantization.QuantFormat.QOperator) -> None:
    batches = iter([{"x": ROWS[start : start + 50]} for start in (0, 50, 100)])

    class Calibration(quantization.CalibrationDataReader):
        def get_next(self):
            return next(batches, None)

    quantization.quantize_static(plain, made, Calibration(), quant_format=form, per_channel=True)


def static_qdq(plain: Path, made: Path) -> None:
    static(plain, made, quantization.QuantFormat.QDQ)


def four_bits(plain: Path, made: Path) -> None:
    quantiser = MatMulNBitsQuantizer(onnx.load(plain), block_size=32, is_symmetric=True, accuracy_level=4)
    quantiser.process()
    quantiser.model.save_model_to_file(str(made))


def copied(plain: Path, made: Path) -> None:
    made.write_bytes(plain.read_bytes())


def optimise(path: Path, made: Path, level="ORT_ENABLE_EXTENDED") -> None:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.optimized_model_filepath = str(made)
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def judged(path: Path, folder: Path):
    frame = LOADED.data.set_axis(list("abcd"), axis=1).assign(y=LOADED.target)
    return score(path.read_bytes(), frame, spec("abcd", "012", {"logits": "p"}), folder)


@pytest.mark.parametrize("optimised", [False, True])
@pytest.mark.parametrize("quantise", [copied, dynamic, static, static_qdq, four_bits])
def test_it_is_scored(quantise, optimised, plain, tmp_path):
    made = tmp_path / "made.onnx"
    quantise(plain, made)
    if optimised:
        quantised, made = made, tmp_path / "optimised.onnx"
        optimise(quantised, made)
    report = judged(made, tmp_path)
    assert report.status is ReportStatus.ANSWERED, report.log
    assert report.score > (800_000 if quantise is dynamic else 930_000)  # rows of one range for all columns


def test_a_graph_that_was_laid_out_for_one_processor_is_refused_by_name(plain, tmp_path):
    """With all optimisations the runtime writes operators for the machine that it is on."""
    made = tmp_path / "made.onnx"
    optimise(plain, made, "ORT_ENABLE_ALL")
    if not any(one.domain == "com.microsoft.nchwc" for one in onnx.load(made).graph.node):
        pytest.skip("this machine's processor has no layout of its own")
    foreign = Reason(code=Code.FOREIGN_OPERATORS, name="com.microsoft.nchwc")
    assert judged(made, tmp_path).reasons == (foreign,)
