"""Scores the same models on several processors: `make processors`.

Others than this machine's are emulated by QEMU's user mode (Debian: `apt-get install qemu-user`). Every model
has to get one verdict and one score, wherever it is scored; honest ones have to get a score. What the bare
runtime scores is printed beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import EvaluationSpec

EMULATED = ("Nehalem", "SandyBridge", "Haswell")
"""SSE4.2; AVX; AVX2 and FMA, but no VNNI."""
ROWS, COLUMNS = 300, 12
SPEC = EvaluationSpec.model_validate(
    {
        "task": "classification",
        "metric": "accuracy",
        "step": 1000,
        "data": {
            "format": "npz",
            "inputs": [{"name": "x", "columns": ["x"]}],
            "label": "y",
            "classes": ["0", "1"],
        },
        "output": {"probabilities": "p"},
    }
)
Nodes = list[onnx.NodeProto]
Tensors = list[onnx.TensorProto]


def constant(name: str, value: object) -> onnx.TensorProto:
    """A constant of a graph."""
    return numpy_helper.from_array(np.asarray(value), name)


def graph(nodes: Nodes, constants: Tensors, opset: int = 17) -> onnx.ModelProto:
    """A model from rows *x* to probabilities *p*."""
    rows = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", COLUMNS])
    answers = helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 1])
    whole = helper.make_graph(nodes, "g", [rows], [answers], constants)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


class Honest:
    """A network that was trained, and its data."""

    def __init__(self) -> None:
        from sklearn.datasets import make_classification
        from sklearn.neural_network import MLPClassifier

        rows, labels = make_classification(900, COLUMNS, n_informative=8, random_state=3)
        self.known = rows[ROWS:].astype(np.float32)
        self.rows, self.labels = rows[:ROWS].astype(np.float32), labels[:ROWS]
        self.network = MLPClassifier((32,), max_iter=150, random_state=0).fit(self.known, labels[ROWS:])
        self.known_labels = labels[ROWS:]

    def nodes(self, answer: str = "p") -> tuple[Nodes, Tensors]:
        """Its graph, which answers with *answer*."""
        (first, second), (bias, last) = self.network.coefs_, self.network.intercepts_
        tensors = {"W": first, "b": bias, "V": second, "c": last}
        nodes = [
            helper.make_node("MatMul", ["x", "W"], ["m"]),
            helper.make_node("Add", ["m", "b"], ["z"]),
            helper.make_node("Relu", ["z"], ["h"]),
            helper.make_node("MatMul", ["h", "V"], ["n"]),
            helper.make_node("Add", ["n", "c"], ["u"]),
            helper.make_node("Sigmoid", ["u"], [answer]),
        ]
        return nodes, [constant(name, value.astype(np.float32)) for name, value in tensors.items()]


def honest(trained: Honest, folder: Path) -> None:
    """Write honest models: of floats, quantised by the runtime's own tool in two ways, of trees."""
    from onnxruntime import quantization
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    plain = folder / "honest float.onnx"
    onnx.save(graph(*trained.nodes()), plain)
    quantization.quantize_dynamic(plain, folder / "honest int8, dynamic.onnx")

    class Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]
        batches = iter([{"x": trained.known[:100]}, {"x": trained.known[100:200]}])

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next(self.batches, None)

    quantization.quantize_static(plain, folder / "honest int8, static.onnx", Calibration())
    forest = RandomForestClassifier(10, random_state=0).fit(trained.known, trained.known_labels)
    model = to_onnx(forest, trained.known[:1], options={"zipmap": False})
    model.graph.input[0].name = "x"
    for node in model.graph.node:
        node.input[:] = ["x" if name == "X" else name for name in node.input]
        node.output[:] = ["p" if name == "probabilities" else name for name in node.output]
    model.graph.output[1].name = "p"
    onnx.save(model, folder / "honest forest.onnx")


def _normal(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return random.normal(size=shape).astype(np.float32)


def chaotic(operator: str, shapes: Sequence[tuple[int, ...]]) -> tuple[Nodes, Tensors]:
    """*bit* hangs on the last bits of what an operator makes of constants, by the logistic map."""
    random = np.random.default_rng(5)
    names = [f"s{i}" for i in range(len(shapes))]
    tensors = [constant(name, _normal(random, s)) for name, s in zip(names, shapes, strict=True)]
    nodes = [
        helper.make_node(operator, names, ["s"]),
        helper.make_node("ReduceSum", ["s"], ["t"], keepdims=0),
        helper.make_node("Sin", ["t"], ["w"]),
        helper.make_node("Mul", ["w", "w"], ["l0"]),
    ]
    for i in range(60):
        nodes += [
            helper.make_node("Sub", ["one", f"l{i}"], [f"a{i}"]),
            helper.make_node("Mul", [f"a{i}", f"l{i}"], [f"e{i}"]),
            helper.make_node("Mul", [f"e{i}", "four"], [f"l{i + 1}"]),
        ]
    nodes.append(helper.make_node("Greater", ["l60", "half"], ["bit"]))
    return nodes, [*tensors, constant("four", np.float32(3.99))]


def cancelling() -> tuple[Nodes, Tensors]:
    """*bit* says in which order a row that adds up to almost nothing is summed."""
    random = np.random.default_rng(1)
    terms = random.normal(size=(1, 256)).astype(np.float32) * 1e4
    terms = np.concatenate([terms, -terms[:, ::-1]], axis=1)
    tensors = [constant("left", terms), constant("ones", np.full((512, 1), 0.1, np.float32))]
    nodes = [
        helper.make_node("MatMul", ["left", "ones"], ["t"]),
        helper.make_node("Greater", ["t", "zero"], ["more"]),
        helper.make_node("Reshape", ["more", "flat"], ["bit"]),
    ]
    return nodes, [*tensors, constant("zero", np.float32(0)), constant("flat", np.array([1]))]


def recognising() -> tuple[Nodes, Tensors]:
    """*bit* says whether a sum has just the bits that this machine's processor gives it."""
    import onnxruntime

    random = np.random.default_rng(2)
    tensors = [constant("v", _normal(random, (1, 999))), constant("w", _normal(random, (999, 1)))]
    product = helper.make_node("MatMul", ["v", "w"], ["t"])
    shown = helper.make_graph(
        [product], "g", [], [helper.make_tensor_value_info("t", TensorProto.FLOAT, [1, 1])], tensors
    )
    alone = helper.make_model(shown, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(alone.SerializeToString(), options)
    (bits,) = session.run(None, {})
    nodes = [
        product,
        helper.make_node("Equal", ["t", "mine"], ["same"]),
        helper.make_node("Reshape", ["same", "flat"], ["bit"]),
    ]
    return nodes, [*tensors, constant("mine", bits), constant("flat", np.array([1]))]


def saturating(operator: str) -> tuple[Nodes, Tensors]:
    """*bit* says whether 255·127 + 255·127 overflows sixteen bits."""
    left, right = np.full((1, 4), 255, np.uint8), np.full((4, 16), 127, np.int8)
    if operator == "ConvInteger":
        left, right = left.reshape(1, 4, 1, 1), np.ascontiguousarray(right.T).reshape(16, 4, 1, 1)
    tensors = [constant("left", left), constant("right", right), constant("most", np.float32(100_000))]
    inputs = ["left", "right"]
    if operator.startswith("QLinear"):
        scales = {"s": np.float32(1), "zu": np.uint8(0), "zi": np.int8(0), "r": np.float32(500)}
        tensors += [constant(name, value) for name, value in scales.items()]
        tensors[2] = constant("most", np.float32(200))
        inputs = ["left", "s", "zu", "right", "s", "zi", "r", "zu"]
    nodes = [
        helper.make_node(operator, inputs, ["s32"]),
        helper.make_node("Cast", ["s32"], ["sf"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["sf"], ["t"], keepdims=0),
        helper.make_node("Greater", ["t", "most"], ["bit"]),
    ]
    return nodes, tensors


def in_a_loop(made: tuple[Nodes, Tensors]) -> tuple[Nodes, Tensors]:
    """What *made* decides, decided in the body of a Loop that runs once."""
    nodes, tensors = made
    truth = [helper.make_tensor_value_info(name, TensorProto.BOOL, None) for name in ("more", "before")]
    number = helper.make_tensor_value_info("i", TensorProto.INT64, [])
    again = helper.make_tensor_value_info("again", TensorProto.BOOL, None)
    last = helper.make_tensor_value_info("bit", TensorProto.BOOL, None)
    steps = [helper.make_node("Identity", ["more"], ["again"]), *nodes]
    body = helper.make_graph(steps, "body", [number, *truth], [again, last])
    loop = helper.make_node("Loop", ["once", "yes", "yes"], ["bit_after"], body=body)
    out = helper.make_node("Identity", ["bit_after"], ["bit"])
    return [loop, out], [*tensors, constant("once", np.int64(1)), constant("yes", np.array(True))]


HOSTILE: dict[str, Callable[[], tuple[Nodes, Tensors]]] = {
    "MatMul": lambda: chaotic("MatMul", [(16, 500), (500, 16)]),
    "Gemm": lambda: chaotic("Gemm", [(16, 500), (500, 16)]),
    "Conv": lambda: chaotic("Conv", [(1, 16, 12, 12), (8, 16, 3, 3)]),
    "Softmax": lambda: chaotic("Softmax", [(1, 999)]),
    "Erf": lambda: chaotic("Erf", [(1, 999)]),
    "Tanh": lambda: chaotic("Tanh", [(1, 999)]),
    "Sigmoid": lambda: chaotic("Sigmoid", [(1, 999)]),
    "cancelling": cancelling,
    "recognising": recognising,
    "MatMulInteger": lambda: saturating("MatMulInteger"),
    "ConvInteger": lambda: saturating("ConvInteger"),
    "QLinearMatMul": lambda: saturating("QLinearMatMul"),
    "MatMul in a Loop": lambda: in_a_loop(chaotic("MatMul", [(16, 500), (500, 16)])),
    "recognising in a Loop": lambda: in_a_loop(recognising()),
    "MatMulInteger in a Loop": lambda: in_a_loop(saturating("MatMulInteger")),
}


def hostile(trained: Honest, folder: Path, kinds: Sequence[str] = tuple(HOSTILE)) -> None:
    """Write models that answer right on some processors and wrong on others."""
    for kind in kinds:
        nodes, tensors = HOSTILE[kind]()
        own, weights = trained.nodes("q")
        own += [
            helper.make_node("Sub", ["one", "q"], ["wrong"]),
            helper.make_node("Where", ["bit", "wrong", "q"], ["p"]),
        ]
        shared = [constant("one", np.float32(1)), constant("half", np.float32(0.5))]
        onnx.save(graph([*nodes, *own], [*tensors, *weights, *shared]), folder / f"hostile {kind}.onnx")


class Scored(NamedTuple):
    """What one processor says of a model: the report's status and score, and the bare runtime's."""

    status: str
    score: int
    bare: int

    def __str__(self) -> str:
        return f"{self.status} {self.score:,} (bare {self.bare:,})"


def score_all(folder: Path) -> dict[str, Scored]:
    """What the processor that this process sees says of each model in *folder*."""
    from assay_validation.evaluation import evaluate

    found = {}
    with jobs_in_this_process():
        for path in sorted(folder.glob("*.onnx")):
            report = evaluate(path, folder / "data.npz", SPEC)
            found[path.stem] = Scored(report.status.name, report.score, _bare(path, folder / "data.npz"))
    return found


def _bare(model: Path, data: Path) -> int:
    from assay_validation.jobs.predict import load, predict

    with np.load(data) as arrays:
        rows, labels = arrays["x"], arrays["y"]
    session = load(os.open(model, os.O_RDONLY), ["x"], ["p"])
    (answers,) = predict(session, {"x": rows}, ["p"])
    chosen = answers.argmax(axis=1) if answers.shape[1] == 2 else answers[:, 0] > 0.5
    return int((chosen == labels).mean() * 1_000_000)


def score_on(processor: str | None, folder: Path) -> dict[str, Scored]:
    """The same on an emulated *processor*, or on this one; raises CalledProcessError."""
    # numpy's own choice of a kernel must not be this machine's
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    paths = [*sys.path, str(Path(__file__).parent)]
    command = [os.path.realpath(sys.executable), __file__, "--score", str(folder)]
    if processor is not None:
        command = [emulator(), "-cpu", processor, *command]
    environment = kept | {"PYTHONPATH": os.pathsep.join(paths), "ORT_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return {model: Scored(*scored) for model, scored in json.loads(done.stdout).items()}


def emulator() -> str:
    """The path of QEMU; raises FileNotFoundError."""
    found = shutil.which("qemu-x86_64")
    if found is None:
        raise FileNotFoundError("There is no qemu-x86_64 here. Install it: apt-get install qemu-user")
    return found


def write_data(trained: Honest, folder: Path) -> None:
    """Write the hidden rows."""
    np.savez(folder / "data.npz", x=trained.rows, y=trained.labels)


def main() -> int:
    """Print a table; 1 if any model's score depends on the processor, or an honest one gets none."""
    if sys.argv[1:2] == ["--score"]:
        json.dump(score_all(Path(sys.argv[2])), sys.stdout)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder, trained = Path(name), Honest()
        write_data(trained, folder)
        honest(trained, folder)
        hostile(trained, folder)
        scores = {processor or "this": score_on(processor, folder) for processor in (None, *EMULATED)}
    print(f"{'model':24}" + "".join(f"{processor:>38}" for processor in scores))
    bad = [model for model in scores["this"] if not alike(model, [one[model] for one in scores.values()])]
    for model in scores["this"]:
        cells = "".join(f"{one[model]!s:>38}" for one in scores.values())
        print(f"{model:24}{cells}{'   <- differs' if model in bad else ''}")
    return int(bool(bad))


def alike(model: str, said: Sequence[Scored]) -> bool:
    """Whether all processors have said one thing, and to an honest model a score."""
    verdicts = {(one.status, one.score) for one in said}
    return len(verdicts) == 1 and (said[0].status == "ANSWERED" or not model.startswith("honest"))


if __name__ == "__main__":
    sys.exit(main())
