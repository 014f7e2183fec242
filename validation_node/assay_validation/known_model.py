"""A model that gives the right answers only on a machine that computes as validators' do, to the last bit.

Each answer is one bit. It depends on the last bits of about thirty functions and products of the row.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

ROWS, COLUMNS = 256, 64
EXPECTED = "9986d34c599751ec7a2716c56f8b891fb1ce661a37d1d859413a756249ce215a"
"""The bits of all rows in order, in hexadecimal."""
_LARGEST = 1_000
_PRIME = 65_521
_FRACTIONS = {np.float32: 2.0**30, np.float64: 2.0**52}
"""The factor that turns all digits of a number into a whole number, by its type."""
_FUNCTIONS = {
    "u": "Acos Asin Atanh",
    "v": "Asinh Atan Cos Cosh Elu Erf Exp Gelu Mish Selu Sigmoid Sin Sinh Softmax Softplus Tan Tanh",
    "w": "Acosh Log Reciprocal Sqrt",
}
"""Grouped by their input: u is from -1 to 1, v from -4 to 4, and w from 1 to 5."""
_WIDE_FUNCTIONS = {"v": "Cos Exp Sigmoid Sin Softmax Tanh", "w": "Log Sqrt"}
_POWERS = (-2.3, 0.3, 1.7, 2.3, 3.1)
"""Only few powers are rounded differently with other instructions, so several exponents are tried."""


def known_rows() -> NDArray[np.float32]:
    """The rows that it is asked, [ROWS, COLUMNS]; whole numbers, so that the nudged pass leaves them."""
    return _whole(ROWS, COLUMNS)


def known_labels() -> NDArray[np.int64]:
    """What it has to answer, [ROWS]."""
    return np.array([int(EXPECTED, 16) >> (ROWS - 1 - row) & 1 for row in range(ROWS)])


def known_model() -> bytes:
    """The model, from "x" to "label"."""
    return _Graph().written()


def _whole(*shape: int) -> NDArray[np.float32]:
    """Whole numbers from -_LARGEST to _LARGEST without a pattern."""
    index = np.arange(np.prod(shape), dtype=np.int64)
    mixed = (index * index * 7_919 + index * 104_729) % (2 * _LARGEST + 1) - _LARGEST
    return mixed.reshape(shape).astype(np.float32)


class _Graph:
    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def written(self) -> bytes:
        u = self._add("Mul", "x", np.float32(0.999 / _LARGEST))
        v = self._add("Mul", u, np.float32(4))
        w = self._add("Add", self._add("Abs", v), np.float32(1.01))
        of = {"u": u, "v": v, "w": w}
        narrow = [*self._functions(of, _FUNCTIONS), *self._products(u), self._add("Pow", w, np.float32(2.3))]
        doubles = {name: self._add("Cast", one, to=TensorProto.DOUBLE) for name, one in of.items()}
        wide = self._functions(doubles, _WIDE_FUNCTIONS)
        wide += [self._add("Pow", doubles["w"], np.float64(power)) for power in _POWERS]
        sums = [self._digits(one, _FRACTIONS[np.float32]) for one in narrow]
        sums += [self._digits(one, _FRACTIONS[np.float64]) for one in wide]
        total = self._add("ReduceSum", self._add("Concat", *sums, axis=1), np.array([1]), keepdims=0)
        for one in (self._of_few(of), self._letters()):
            total = self._add("Add", total, one)
        self._add("Mod", self._add("Mod", total, np.array(_PRIME)), np.array(2), output="label")
        graph = helper.make_graph(
            self._nodes,
            "known",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, COLUMNS])],
            [helper.make_tensor_value_info("label", TensorProto.INT64, [None])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _functions(self, of: dict[str, str], kinds: dict[str, str]) -> list[str]:
        return [self._add(kind, of[name]) for name, listed in kinds.items() for kind in listed.split()]

    def _products(self, u: str) -> list[str]:
        """Sums of products, each [rows, COLUMNS] or fewer."""
        matrix, bias = _whole(COLUMNS, COLUMNS) / _LARGEST, _whole(COLUMNS) / _LARGEST
        pictures = self._add("Reshape", u, np.array([-1, 1, 8, 8]))
        convolved = self._add("Conv", pictures, _whole(1, 1, 3, 3) / _LARGEST, pads=[1, 1, 1, 1])
        return [
            self._add("MatMul", u, matrix),
            self._add("Gemm", u, matrix, bias),
            self._add("Flatten", convolved),
            self._add("LayerNormalization", u, bias),
            self._add("ReduceMean", u, np.array([1])),
        ]

    def _of_few(self, of: dict[str, str]) -> str:
        """The same of three numbers, [1]: the runtime computes four at a time, and the rest differently."""
        few = {name: self._add("Slice", one, np.array([0, 0]), np.array([1, 3])) for name, one in of.items()}
        functions = self._functions(few, _FUNCTIONS)
        sums = [self._digits(one, _FRACTIONS[np.float32], columns=3) for one in functions]
        return self._add("ReduceSum", self._add("Concat", *sums, axis=1), np.array([1]), keepdims=0)

    def _letters(self) -> str:
        """A number for some letters in lower case, [1]."""
        lower = self._add(
            "StringNormalizer", np.array(["\u00c4\u0416"]), case_change_action="LOWER", locale="C.UTF-8"
        )
        keys, values = ["\u00e4\u0436"], [1]
        return self._add("LabelEncoder", lower, domain="ai.onnx.ml", keys_strings=keys, values_int64s=values)

    def _digits(self, of: str, fraction: float, columns: int = COLUMNS) -> str:
        """A whole number for each row that depends on all digits of its numbers, [rows, 1]."""
        digits = self._add("Mul", self._add("Cast", of, to=TensorProto.DOUBLE), np.float64(fraction))
        rest = self._add("Mod", self._add("Cast", digits, to=TensorProto.INT64), np.array(_PRIME))
        return self._add("ReduceSum", self._add("Mul", rest, np.arange(1, columns + 1)), np.array([1]))

    def _add(self, kind: str, *inputs: str | Any, output: str = "", **attributes: Any) -> str:
        """Add an operator; *inputs* are names of tensors, or constants. Returns the name of its output."""
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        output = output or f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, names, [output], **attributes))
        return output

    def _constant(self, value: Any) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(value), f"c{len(self._constants)}"))
        return self._constants[-1].name
