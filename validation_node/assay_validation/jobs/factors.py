"""Factors close to 1, computed in a graph from the errors that are fed to it."""

import numpy as np
from onnx import TensorProto

from assay_validation.batches import ERRORS
from assay_validation.jobs.graph_editor import GraphEditor

SIZE: dict[int, float] = {
    TensorProto.FLOAT: 2.0**-20,
    TensorProto.DOUBLE: 2.0**-44,
    TensorProto.FLOAT16: 2.0**-10,
    TensorProto.BFLOAT16: 2.0**-7,
}
"""The largest error relative to a number: about sixteen times the type's own rounding, or one step of it."""
_OF_PARTIAL_SUMS = 0.25
"""The largest error of a partial sum, relative to that of a number."""
_NEEDED = 11
"""The operator set that has all operators needed here; older graphs take one error for a whole tensor."""


class Factors:
    """Adds factors to the graph that *edit* passes over. Each use takes errors from a different place."""

    def __init__(self, edit: GraphEditor) -> None:
        self._edit = edit
        self.fine = edit.opset >= _NEEDED
        """Whether each number can take an error of its own."""
        self.input = ""
        """Name of the graph's input for the errors, once one is used."""
        self._places = np.random.Generator(np.random.PCG64(0))
        self._factors: dict[int, str] = {}

    def like(self, name: str, kind: int) -> str:
        """Factors close to 1 in the shape of *name*."""
        edit = self._edit
        if not self.fine:
            first = int(self._places.integers(ERRORS))
            ends = [first, first + 1]
            if edit.opset < 10:
                one = edit.add("Slice", [self._all(kind)], axes=[0], starts=ends[:1], ends=ends[1:])
            else:
                places = [edit.constant(np.array([place], np.int64)) for place in ends]
                one = edit.add("Slice", [self._all(kind), *places])
            return edit.add("Squeeze", [one], axes=[0])
        size = edit.add("Reshape", [edit.add("Size", [name]), edit.constant(np.array([1], np.int64))])
        return edit.add("Reshape", [self._some(size, kind), edit.add("Shape", [name])])

    def walk(self, size: str, kind: int) -> str:
        """As many factors as *size* says, for numbers that are summed in this order.

        Each factor has an error of its own plus, scaled down, the errors of all factors after it. So every
        partial sum has an error, as real rounding gives it: a long sum is off by more than a short one.
        """
        edit, drawn = self._edit, self._some(size, TensorProto.DOUBLE, self._drawn())
        axis, part = edit.constant(np.array(0, np.int64)), edit.constant(np.array(_OF_PARTIAL_SUMS))
        later = edit.add("Mul", [edit.add("CumSum", [drawn, axis], reverse=1), part])
        by = edit.add("Mul", [edit.add("Add", [drawn, later]), edit.constant(np.array(SIZE[kind]))])
        wide = edit.add("Add", [by, edit.constant(np.array(1.0))])
        return wide if kind == TensorProto.DOUBLE else edit.add("Cast", [wide], to=kind)

    def _some(self, size: str, kind: int, every: str = "") -> str:
        """As many factors (or numbers from *every*) as *size* says, starting at a random place."""
        edit, first = self._edit, int(self._places.integers(ERRORS))
        start, one = edit.constant(np.array([first], np.int64)), edit.constant(np.array([ERRORS], np.int64))
        end = edit.add("Add", [size, start])
        times = edit.add("Div", [edit.add("Add", [end, one]), one])
        return edit.add("Slice", [edit.add("Tile", [every or self._all(kind), times]), start, end])

    def _all(self, kind: int) -> str:
        """All factors, one for each of the errors fed."""
        if kind not in self._factors:
            edit = self._edit
            size = edit.constant(np.array(SIZE[kind], np.float64))
            by = edit.add_first("Mul", [self._drawn(), size])
            wide = edit.add_first("Add", [by, edit.constant(np.array(1.0))])
            narrow = kind != TensorProto.DOUBLE
            self._factors[kind] = edit.add_first("Cast", [wide], to=kind) if narrow else wide
        return self._factors[kind]

    def _drawn(self) -> str:
        """The input for the errors."""
        self.input = self.input or self._edit.name()
        return self.input
