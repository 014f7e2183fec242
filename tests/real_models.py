"""Trains models of many kinds on real data, exports them as their makers say, has each judged: `make models`.

`MODELS` has a function for each kind. It trains, writes the model into a folder, and returns what an order
would say of it. A model has to score far above a constant one, and not much less than its own framework says.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from assay.manifests.evaluation import EvaluationSpec
from assay.manifests.node_report import EvaluationReport
from assay.markets.onnx_file import one_file
from assay_validation.evaluation import evaluate

Array = NDArray[Any]
SHARE = 0.9
"""Of what the framework itself scores, the least that a model has to."""


@dataclass(frozen=True)
class Real:
    """A trained model.

    Attributes:
        model: the ONNX file.
        data: hidden rows: arrays by name, or a table.
        evaluation: the order's, as JSON.
        own: the score by its own framework, from 0 to 1.
        constant: that of the best constant answer.
    """

    model: Path
    data: Mapping[str, Array] | Any
    evaluation: dict[str, Any]
    own: float
    constant: float


Trainer = Callable[[Path, bool], Real]
MODELS: dict[str, Trainer] = {}


def real(name: str) -> Callable[[Trainer], Trainer]:
    """Names a function that trains a model into a folder; the second argument says whether quickly."""

    def add(trainer: Trainer) -> Trainer:
        MODELS[name] = trainer
        return trainer

    return add


def judge(one: Real, folder: Path) -> EvaluationReport:
    """What a panel says of it; data and the packed model are written into *folder*."""
    data = folder / "data"
    if isinstance(one.data, Mapping):
        with data.open("wb") as file:
            np.savez(file, **one.data)
    else:
        one.data.to_csv(data, index=False)
    with one_file(one.model) as packed:
        return evaluate(packed, data, EvaluationSpec.model_validate(one.evaluation))


def fault(one: Real, report: EvaluationReport) -> str:
    """What is wrong with what was said of it; nothing if all is well."""
    if report.status.name != "ANSWERED":
        return f"{report.status.name}: {report.log}"
    if report.score < SHARE * one.own * 1e6:
        return f"scores {report.score}, and its framework says {one.own:.3f}"
    return "" if report.score > (one.constant + 0.2) * 1e6 else "is no better than a constant"


def classification(name: str, output: dict[str, str], classes: int, **data: Any) -> dict[str, Any]:
    """An order for arrays x and labels y from 0."""
    mapping = {"format": "npz", "inputs": [{"name": name, "columns": ["x"]}], "label": "y"}
    mapping |= {"classes": [str(i) for i in range(classes)], **data}
    return {"task": "classification", "metric": "accuracy", "step": 1, "data": mapping, "output": output}


def digits(size: int = 8) -> tuple[Array, Array]:
    """Handwritten digits, [1797, size, size] from 0 to 1, in a random order."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    order = np.random.default_rng(0).permutation(len(loaded.target))
    images = loaded.images[order].astype(np.float32) / 16
    return images.repeat(size // 8, axis=1).repeat(size // 8, axis=2), loaded.target[order]


KNOWN = 1200
"""Digits to train on; the others are hidden."""


def constant_share(labels: Array) -> float:
    """How often the most frequent label occurs."""
    return float(np.unique(labels, return_counts=True)[1].max() / len(labels))


def declared(model: Path) -> tuple[str, str]:
    """The names of the first input and output."""
    graph = onnx.load(model, load_external_data=False).graph
    return graph.input[0].name, graph.output[0].name


def resnet18(width: int) -> Any:
    """ResNet-18 (He et al., 2015) for images of one channel; its own first layer has a *width* of 64."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, given: int, made: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(given, made, 3, stride, 1, bias=False),
                nn.BatchNorm2d(made),
                nn.ReLU(),
                nn.Conv2d(made, made, 3, 1, 1, bias=False),
                nn.BatchNorm2d(made),
            )
            same = stride == 1 and given == made
            shortcut = nn.Sequential(nn.Conv2d(given, made, 1, stride, bias=False), nn.BatchNorm2d(made))
            self.shortcut = nn.Identity() if same else shortcut

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.body(images) + self.shortcut(images))

    stem = [nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    stages, given = [], width
    for made, stride in ((width, 1), (2 * width, 2), (4 * width, 2), (8 * width, 2)):
        stages += [Block(given, made, stride), Block(made, made, 1)]
        given = made
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(given, 10))


def trained_resnet(quick: bool) -> tuple[Any, Array, Array, float]:
    """The network, hidden images [rows, 1, 16, 16], their labels, and its accuracy on them."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    images, labels = digits(16)
    network = resnet18(8 if quick else 64)
    x, y = torch.from_numpy(images[:, None]), torch.from_numpy(labels)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3 if quick else 1e-3)
    for _ in range(3):
        for start in range(0, KNOWN, 64):
            rows = slice(start, min(start + 64, KNOWN))
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
            optimiser.step()
    network.eval()
    with torch.no_grad():
        own = float((network(x[KNOWN:]).argmax(1) == y[KNOWN:]).float().mean())
    return network, images[KNOWN:, None], labels[KNOWN:], own


def _resnet(folder: Path, quick: bool, *, dynamo: bool) -> Real:
    import torch

    network, images, labels, own = trained_resnet(quick)
    path = folder / "resnet.onnx"
    names: dict[str, Any] = {"input_names": ["images"], "output_names": ["logits"]}
    example = torch.from_numpy(images[:2])
    if dynamo:
        shapes = ({0: torch.export.Dim("rows")},)
        torch.onnx.export(
            network, (example,), path, dynamo=True, dynamic_shapes=shapes, verbose=False, **names
        )
    else:
        axes = {"images": {0: "rows"}, "logits": {0: "rows"}}
        torch.onnx.export(network, (example,), path, dynamo=False, dynamic_axes=axes, **names)
    order = classification("images", {"logits": "logits"}, 10)
    return Real(path, {"x": images, "y": labels}, order, own, constant_share(labels))


@real("ResNet-18, torch.onnx of TorchScript")
def resnet_by_script(folder: Path, quick: bool) -> Real:
    """Ends in logits, as classifiers of torch do."""
    return _resnet(folder, quick, dynamo=False)


@real("ResNet-18, torch.onnx of torch.export, in two files")
def resnet_by_export(folder: Path, quick: bool) -> Real:
    """This exporter keeps the weights in a file of their own."""
    return _resnet(folder, quick, dynamo=True)


@real("ResNet-18, quantised by calibration")
def resnet_quantised(folder: Path, quick: bool) -> Real:
    """By ONNX Runtime's own tool, to integers of 8 bits."""
    from onnxruntime import quantization

    plain = _resnet(folder, quick, dynamo=False)
    images, _ = digits(16)
    batches = iter([{"images": images[start : start + 64, None]} for start in (0, 64)])

    class Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, Array] | None:
            return next(batches, None)

    path = folder / "quantised.onnx"
    form = quantization.QuantFormat.QOperator
    quantization.quantize_static(plain.model, path, Calibration(), quant_format=form)
    return Real(path, plain.data, plain.evaluation, plain.own, plain.constant)


@real("network, quantised as it runs")
def network_quantised(folder: Path, quick: bool) -> Real:
    """MatMulInteger, by ONNX Runtime's own tool."""
    from onnxruntime import quantization
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier

    images, labels = digits()
    rows = images.reshape(len(images), -1)
    fitted = MLPClassifier((64,), max_iter=60, random_state=0).fit(rows[:KNOWN], labels[:KNOWN])
    plain, path = folder / "plain.onnx", folder / "network.onnx"
    plain.write_bytes(to_onnx(fitted, rows[:1]).SerializeToString())
    quantization.quantize_dynamic(plain, path)
    order = classification("X", {"probabilities": "output_probability"}, 10)
    own = fitted.score(rows[KNOWN:], labels[KNOWN:])
    return Real(path, {"x": rows[KNOWN:], "y": labels[KNOWN:]}, order, own, constant_share(labels[KNOWN:]))


@real("Keras 3, channels last")
def keras_network(folder: Path, quick: bool) -> Real:
    """Keras on torch; its exporter numbers the output."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    keras.utils.set_random_seed(0)
    images, labels = digits()
    images = images[..., None]
    layers = [
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    network = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(images[:KNOWN], labels[:KNOWN], epochs=4, batch_size=64, verbose=0)
    path = folder / "keras.onnx"
    network.export(str(path), format="onnx", verbose=False)
    own = network.evaluate(images[KNOWN:], labels[KNOWN:], verbose=0)[1]
    fed, answered = declared(path)
    order = classification(fed, {"probabilities": answered}, 10)
    order["data"]["inputs"][0]["shape"] = [8, 8, 1]
    return Real(path, {"x": images[KNOWN:], "y": labels[KNOWN:]}, order, own, constant_share(labels[KNOWN:]))


def _boosted(folder: Path, fitted: Any, convert: Callable[..., onnx.ModelProto]) -> Real:
    """Trees for breast cancer, exported as the documentation of onnxmltools says."""
    from onnxmltools.convert.common.data_types import FloatTensorType
    from sklearn.datasets import load_breast_cancer

    loaded = load_breast_cancer(as_frame=True)
    order = np.random.default_rng(0).permutation(len(loaded.target))
    rows, labels = loaded.data.to_numpy(np.float32)[order], loaded.target.to_numpy()[order]
    fitted.fit(rows[:350], labels[:350])
    path = folder / "trees.onnx"
    types = [("X", FloatTensorType([None, rows.shape[1]]))]
    path.write_bytes(convert(fitted, initial_types=types, target_opset=15).SerializeToString())
    outputs = [one.name for one in onnx.load(path).graph.output]
    spec = classification("X", {"labels": outputs[0], "probabilities": outputs[1]}, 2)
    own = float((fitted.predict(rows[350:]) == labels[350:]).mean())
    return Real(path, {"x": rows[350:], "y": labels[350:]}, spec, own, constant_share(labels[350:]))


@real("XGBoost")
def xgboost_trees(folder: Path, quick: bool) -> Real:
    """With its defaults."""
    import xgboost
    from onnxmltools import convert_xgboost

    return _boosted(folder, xgboost.XGBClassifier(n_estimators=50, n_jobs=1), convert_xgboost)


@real("LightGBM")
def lightgbm_trees(folder: Path, quick: bool) -> Real:
    """With its defaults, so with a sequence of maps."""
    import lightgbm
    from onnxmltools import convert_lightgbm

    model = lightgbm.LGBMClassifier(n_estimators=50, verbose=-1, n_jobs=1)
    return _boosted(folder, model, convert_lightgbm)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the exporters' warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
