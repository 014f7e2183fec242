"""An ONNX graph as a network whose weights can be trained further, and written back into the same graph.

The libraries that translate graphs to torch need torchvision, of which there is no build for the pinned
torch; and they write another graph in the end. Here the nodes are carried out one by one, and nothing but
numbers changes, so that the model keeps its inputs, outputs and class names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from assay.words.printable import quoted
from assay_learning.errors import LearningError

T: TypeAlias = torch.Tensor
Given = list[Any]
Attributes = dict[str, Any]
_FLOAT = onnx.TensorProto.FLOAT
_TRAINED = {"Gemm": (1, 2), "MatMul": (0, 1), "Conv": (1, 2), "Add": (0, 1), "BatchNormalization": (1, 2)}
"""Which inputs of which operators are weights; other constants, such as a scaler's, stay as they are."""


class GraphNetwork(torch.nn.Module):
    """The part of *model* that leads to the output *output*, in torch.

    Raises:
        LearningError: the graph has an operator that cannot be trained here, or no weights.
    """

    def __init__(self, model: onnx.ModelProto, output: str) -> None:
        super().__init__()
        self._model, self._output = model, output
        self._nodes = _leading_to(model.graph, output)
        for node in self._nodes:
            if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx", "ai.onnx.ml"):
                raise LearningError(
                    f"The model has the operator {quoted(node.op_type)}, which cannot be trained here.",
                    hint="Networks of dense and convolutional layers can be; others can be distilled.",
                )
        constants = {one.name: one for one in model.graph.initializer}
        fed = next(one for one in model.graph.input if one.name not in constants)
        sizes = [one.dim_value for one in fed.type.tensor_type.shape.dim][1:]
        self._fed, self.row_shape = fed.name, sizes if all(sizes) else None
        trained = {
            node.input[i]
            for node in self._nodes
            for i in _TRAINED.get(node.op_type, ())
            if i < len(node.input) and _is_weight(constants.get(node.input[i]))
        }
        if not trained:
            raise LearningError("The model has no weights that could be trained further.")
        self._places = {name: f"weight_{i}" for i, name in enumerate(sorted(trained))}
        self._constants: dict[str, T] = {}
        used = {name for node in self._nodes for name in node.input}
        for name, tensor in constants.items():
            if name not in used:  # such as the names of classes
                continue
            value = torch.tensor(numpy_helper.to_array(tensor).copy())
            if name in trained:
                self.register_parameter(self._places[name], torch.nn.Parameter(value))
            else:
                self._constants[name] = value

    def forward(self, x: T) -> T:
        """The output for rows *x* in the shape that the graph takes."""
        values: dict[str, Any] = {**self._constants, self._fed: x, "": None}
        values |= {name: getattr(self, place) for name, place in self._places.items()}
        for node in self._nodes:
            attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
            try:
                result = OPERATORS[node.op_type]([values[name] for name in node.input], attributes)
            except (RuntimeError, KeyError, IndexError, TypeError, ValueError) as error:
                said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
                raise LearningError(f"The operator {quoted(node.op_type)} failed: {said}") from None
            values[node.output[0]] = result
        answer: T = values[self._output]
        return answer

    def forget(self, seed: int) -> None:
        """Give every weight a new random value, as before any training."""
        generator = torch.Generator().manual_seed(seed)
        for weight in self.parameters():
            fan_in = weight[0].numel() if weight.ndim > 2 else weight.shape[0]
            scale = fan_in**-0.5 if weight.ndim > 1 else 0.0
            weight.data = torch.randn(weight.shape, generator=generator) * scale

    def to_onnx(self) -> bytes:
        """The graph with the weights as they are now."""
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        for tensor in model.graph.initializer:
            if tensor.name in self._places:
                value = getattr(self, self._places[tensor.name]).detach().numpy()
                tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
        return bytes(model.SerializeToString())


class AsLogits(torch.nn.Module):
    """*network* with rows brought into its shape, and its answers as logits.

    Raises:
        LearningError: it does not take rows like *x*, or does not answer a score for each of *classes*.
    """

    def __init__(self, network: GraphNetwork, x: Any, classes: int) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            answer = self(torch.tensor(x))
        if tuple(answer.shape) != (len(x), classes):
            found = " x ".join(map(str, answer.shape[1:]))
            raise LearningError(
                f"The model answers {found} numbers a row, and the rows have {classes} classes."
            )
        sums = answer.sum(dim=1)
        self._probabilities = bool((answer >= 0).all() and ((sums - 1).abs() < 1e-3).all())

    _probabilities = False

    def forward(self, x: T) -> T:
        """Logits [rows, classes]."""
        answer: T = self.network(x.reshape(len(x), *self.network.row_shape or x.shape[1:]))
        return answer.clamp_min(1e-9).log() if self._probabilities else answer


def _leading_to(graph: onnx.GraphProto, output: str) -> list[onnx.NodeProto]:
    needed, kept = {output}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    return kept[::-1]


def _is_weight(tensor: onnx.TensorProto | None) -> bool:
    return tensor is not None and tensor.data_type == _FLOAT and len(tensor.dims) > 0


def _conv(x: Given, a: Attributes) -> T:
    dims = x[1].ndim - 2
    if dims not in (1, 2):
        raise ValueError("only convolutions in one or two dimensions")
    bias = x[2] if len(x) > 2 else None
    given = _padded(x[0], a, dims, 0.0)
    run = F.conv1d if dims == 1 else F.conv2d
    each = (1,) * dims
    return run(
        given,
        x[1],
        bias,
        tuple(a.get("strides", each)),
        0,
        tuple(a.get("dilations", each)),
        a.get("group", 1),
    )


def _max_pool(x: Given, a: Attributes) -> T:
    size = tuple(a["kernel_shape"])
    given = _padded(x[0], a, len(size), float("-inf"))
    run = F.max_pool1d if len(size) == 1 else F.max_pool2d
    return run(given, size, tuple(a.get("strides", (1,) * len(size))))


def _average_pool(x: Given, a: Attributes) -> T:
    size = tuple(a["kernel_shape"])
    if any(a.get("pads", ())):
        raise ValueError("no padding of averages")
    run = F.avg_pool1d if len(size) == 1 else F.avg_pool2d
    return run(x[0], size, tuple(a.get("strides", (1,) * len(size))))


def _padded(x: T, a: Attributes, dims: int, filler: float) -> T:
    if a.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError("no automatic padding")
    pads = a.get("pads", [0] * (2 * dims))
    both = [side for i in reversed(range(dims)) for side in (pads[i], pads[i + dims])]
    return F.pad(x, both, value=filler) if any(both) else x


def _gemm(x: Given, a: Attributes) -> T:
    left = x[0].T if a.get("transA") else x[0]
    right = x[1].T if a.get("transB") else x[1]
    product: T = a.get("alpha", 1.0) * (left @ right)
    return product + a.get("beta", 1.0) * x[2] if len(x) > 2 and x[2] is not None else product


def _batch_norm(x: Given, a: Attributes) -> T:
    return F.batch_norm(x[0], x[3], x[4], x[1], x[2], training=False, eps=a.get("epsilon", 1e-5))


def _reshape(x: Given, _: Attributes) -> T:
    sizes = [int(x[0].shape[i]) if size == 0 else size for i, size in enumerate(x[1].tolist())]
    shaped: T = x[0].reshape(sizes)
    return shaped


def _clip(x: Given, a: Attributes) -> T:
    low, high = (x[1] if len(x) > 1 else a.get("min")), (x[2] if len(x) > 2 else a.get("max"))
    return torch.clamp(x[0], low, high)


def _axes(x: Given, a: Attributes) -> list[int]:
    return list(x[1].tolist()) if len(x) > 1 else list(a.get("axes", ()))


def _squeeze(x: Given, a: Attributes) -> T:
    return torch.squeeze(x[0], tuple(_axes(x, a)))


def _unsqueeze(x: Given, a: Attributes) -> T:
    result: T = x[0]
    for axis in sorted(_axes(x, a)):
        result = result.unsqueeze(axis)
    return result


def _cast(x: Given, a: Attributes) -> T:
    kinds = {1: torch.float32, 11: torch.float64, 7: torch.int64, 6: torch.int32}
    cast: T = x[0].to(kinds[a["to"]])
    return cast


OPERATORS: dict[str, Callable[[Given, Attributes], T]] = {
    "Add": lambda x, a: x[0] + x[1],
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda x, a: torch.cat(x, a["axis"]),
    "Constant": lambda x, a: torch.tensor(numpy_helper.to_array(a["value"]).copy()),
    "Conv": _conv,
    "Div": lambda x, a: x[0] / x[1],
    "Dropout": lambda x, a: x[0],
    "Elu": lambda x, a: F.elu(x[0], a.get("alpha", 1.0)),
    "Erf": lambda x, a: torch.erf(x[0]),
    "Flatten": lambda x, a: x[0].flatten(a.get("axis", 1)),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda x, a: x[0].mean(tuple(range(2, x[0].ndim)), keepdim=True),
    "Identity": lambda x, a: x[0],
    "LeakyRelu": lambda x, a: F.leaky_relu(x[0], a.get("alpha", 0.01)),
    "MatMul": lambda x, a: x[0] @ x[1],
    "MaxPool": _max_pool,
    "Mul": lambda x, a: x[0] * x[1],
    "Pow": lambda x, a: x[0] ** x[1],
    "ReduceMean": lambda x, a: x[0].mean(_axes(x, a), keepdim=bool(a.get("keepdims", 1))),
    "Relu": lambda x, a: F.relu(x[0]),
    "Reshape": _reshape,
    "Scaler": lambda x, a: (x[0] - torch.tensor(a["offset"])) * torch.tensor(a["scale"]),
    "Sigmoid": lambda x, a: torch.sigmoid(x[0]),
    "Softmax": lambda x, a: torch.softmax(x[0], a.get("axis", -1)),
    "Sqrt": lambda x, a: torch.sqrt(x[0]),
    "Squeeze": _squeeze,
    "Sub": lambda x, a: x[0] - x[1],
    "Tanh": lambda x, a: torch.tanh(x[0]),
    "Transpose": lambda x, a: x[0].permute(*a["perm"]),
    "Unsqueeze": _unsqueeze,
}
"""What can be trained further: dense and convolutional networks as torch and scikit-learn export them."""
