"""Replaces the operators that versions of the C library compute differently.

glibc 2.41 changed some functions in 32 bits. The runtime calls six of them for every number; these are
replaced here by formulas in 64 bits, whose functions are the same in all versions (tried: 2.35 to 2.43). It
calls others only for the remainder after groups of four numbers, so tensors are padded to a multiple of four.
Options of operators that call others are refused.
"""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto

from assay_validation.jobs import RefusalError
from assay_validation.jobs.graph_editor import GraphEditor
from assay_validation.jobs.subgraphs import nodes

_IN_FOURS = frozenset({"Acos", "Asin", "Atan", "Mish", "Softplus"})
_CASTS_TAKE_NUMBERS, _PADS_ARE_INPUTS, _SHAPES_MAY_HAVE_ZEROS = 6, 11, 14
"""Operator sets from which on this is so. Before the last, an empty tensor does not get its shape back."""
_SMALL = 2e-3
"""Below it, two terms of a series are exact to 32 bits, and the usual formula loses digits."""


def replace_libc_functions(model: onnx.ModelProto) -> None:
    """Replace them in *model*, in place.

    Raises:
        RefusalError: the type of a tensor cannot be told, or an option is refused.
    """
    every = list(nodes(model.graph))
    for node in every:
        _refuse_options(node)
    if any(node.op_type in _FUNCTIONS or node.op_type in _IN_FOURS for node in every):
        editor = GraphEditor(model)
        editor.each(lambda node: _replace(node, editor))


def _refuse_options(node: onnx.NodeProto) -> None:
    capped = any(one.name == "softcap" and one.f for one in node.attribute)  # a tanh
    fused = any(one.name == "activation" and one.s == b"Softplus" for one in node.attribute)
    if capped or fused:
        option = "softcap" if capped else "Softplus"
        message = f"{node.op_type} with {option} differs between versions of the C library"
        raise RefusalError(message, "operator_refused", name=node.op_type)


def _replace(node: onnx.NodeProto, editor: GraphEditor) -> None:
    kind = editor.types.get(node.output[0] if node.output else "")
    if kind in (None, TensorProto.DOUBLE) or len(node.input) != 1:
        editor.keep(node)
    elif node.op_type in _FUNCTIONS:
        wide = editor.add("Cast", node.input, to=TensorProto.DOUBLE)
        editor.add("Cast", [_FUNCTIONS[node.op_type](_Steps(editor), wide)], node.output[0], to=kind)
    elif node.op_type in _IN_FOURS:
        _pad(node, editor, kind)
    else:
        editor.keep(node)


def _pad(node: onnx.NodeProto, editor: GraphEditor, kind: int) -> None:
    """Apply *node* to its numbers and some zeros, or before operator set 11, to each number four times."""
    if editor.opset < _CASTS_TAKE_NUMBERS:
        raise RefusalError(
            f"{node.op_type} of operator set {editor.opset}", "operator_refused", name=node.op_type
        )
    given, output = node.input[0], node.output[0]
    zero = editor.constant(np.array([0]))
    shape = editor.add("Shape", [given])
    wide = editor.add("Cast", [given], to=TensorProto.FLOAT)
    node.output[0] = found = editor.name()
    if editor.opset >= _PADS_ARE_INPUTS:
        flat = editor.add("Reshape", [wide, editor.constant(np.array([-1]))])
        size = editor.add("Shape", [flat])
        missing = editor.add("Mod", [editor.add("Neg", [size]), editor.constant(np.array([4]))])
        ends = editor.add("Concat", [zero, missing], axis=0)
        node.input[0] = editor.add("Pad", [flat, ends])
        editor.keep(node)
        found = editor.add("Slice", [found, zero, size])
    else:
        column = editor.add("Reshape", [wide, editor.constant(np.array([-1, 1]))])
        node.input[0] = editor.add("Concat", [column] * 4, axis=1)
        editor.keep(node)
        found = editor.add("Gather", [found, zero], axis=1)
    if editor.opset >= _SHAPES_MAY_HAVE_ZEROS:
        found = editor.add("Reshape", [found, shape], allowzero=1)
    else:
        found = editor.add("Reshape", [found, shape])
    editor.add("Cast", [found], output, to=kind)


class _Steps:
    """Adds operators on 64-bit numbers; each returns the name of its result."""

    def __init__(self, editor: GraphEditor) -> None:
        self._editor = editor

    def __call__(self, kind: str, *inputs: str | float) -> str:
        """*inputs* are names of tensors, or numbers."""
        constant = self._editor.constant
        return self._editor.add(
            kind, [one if isinstance(one, str) else constant(np.array(one, np.float64)) for one in inputs]
        )

    def unless_small(self, x: str, cubic: float, usual: str) -> str:
        """*usual*, but x + cubic · x³ where x is small."""
        series = self("Add", x, self("Mul", self("Mul", x, self("Mul", x, x)), cubic))
        return self("Where", self("Less", self("Abs", x), _SMALL), series, usual)


def _tan(do: _Steps, x: str) -> str:
    return do("Div", do("Sin", x), do("Cos", x))


def _sinh(do: _Steps, x: str) -> str:
    difference = do("Sub", do("Exp", x), do("Exp", do("Neg", x)))
    return do.unless_small(x, 1 / 6, do("Mul", difference, 0.5))


def _cosh(do: _Steps, x: str) -> str:
    return do("Mul", do("Add", do("Exp", x), do("Exp", do("Neg", x))), 0.5)


def _asinh(do: _Steps, x: str) -> str:
    size = do("Abs", x)
    grown = do("Log", do("Add", size, do("Sqrt", do("Add", do("Mul", x, x), 1))))
    return do.unless_small(x, -1 / 6, do("Mul", do("Sign", x), grown))


def _acosh(do: _Steps, x: str) -> str:
    return do("Log", do("Add", x, do("Sqrt", do("Sub", do("Mul", x, x), 1))))


def _atanh(do: _Steps, x: str) -> str:
    ratio = do("Div", do("Add", 1, x), do("Sub", 1, x))
    return do.unless_small(x, 1 / 3, do("Mul", do("Log", ratio), 0.5))


_FUNCTIONS: dict[str, Callable[[_Steps, str], str]] = {
    "Acosh": _acosh,
    "Asinh": _asinh,
    "Atanh": _atanh,
    "Cosh": _cosh,
    "Sinh": _sinh,
    "Tan": _tan,
}
