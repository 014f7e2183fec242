"""Tensors of a graph with rounding errors in their elements."""

from collections.abc import Callable

import numpy as np
from onnx import helper

from assay_validation.jobs.factors import SIZE, Factors
from assay_validation.jobs.graph_editor import GraphEditor


class Varied:
    """Adds tensors with errors to the graph that *edit* passes over; each takes errors of its own.

    Tensors that do not hold floating-point numbers stay as they are.
    """

    def __init__(self, edit: GraphEditor) -> None:
        self._edit, self.factors = edit, Factors(edit)
        self.fine = self.factors.fine

    def broken(self, name: str, limit: float | str) -> str:
        """Which numbers are not whole, or larger than *limit* (may be a tensor)."""
        edit, most = self._edit, limit
        if not isinstance(most, str):
            dtype = helper.tensor_dtype_to_np_dtype(edit.types[name])
            most = edit.constant(np.asarray(limit, dtype))
        broken = edit.add("Greater", [name, edit.add("Floor", [name])])
        return edit.add("Or", [broken, edit.add("Greater", [edit.add("Abs", [name]), most])])

    def unless_whole(self, name: str, limit: float | str, vary: Callable[[str], str]) -> str:
        """*name* with errors as by *vary*, except for whole numbers up to *limit* (may be a tensor)."""
        if self.kind(name) is None or not self.fine:
            return self.each(name)
        return self._edit.add("Where", [self.broken(name, limit), vary(name), name])

    def each(self, name: str, output: str | None = None) -> str:
        """*name* with an error in each element."""
        kind = self.kind(name)
        if kind is None:
            return name
        varied = self._edit.add("Mul", [name, self.factors.like(name, kind)], output)
        self._edit.types[varied] = kind
        return varied

    def both(self, name: str) -> str:
        """*name* with an error in each element, and another for each position along its last axis."""
        return self.terms(self.each(name))

    def terms(self, name: str) -> str:
        """*name* with an error for each position along its last axis, along which it is summed."""
        kind, edit = self.kind(name), self._edit
        if kind is None or not self.fine:
            return self.each(name)
        last = edit.add("Gather", [edit.add("Shape", [name]), edit.constant(np.array([-1], np.int64))])
        varied = edit.add("Mul", [name, self.factors.walk(last, kind)])
        edit.types[varied] = kind
        return varied

    def taps(self, name: str) -> str:
        """The filter weights *name* with an error for each position in a filter."""
        kind, edit = self.kind(name), self._edit
        if kind is None or not self.fine:
            return self.each(name)
        first = edit.add("Gather", [name, edit.constant(np.array([0], np.int64))], axis=0)
        size = edit.add("Reshape", [edit.add("Size", [first]), edit.constant(np.array([1], np.int64))])
        taps = edit.add("Reshape", [self.factors.walk(size, kind), edit.add("Shape", [first])])
        return edit.add("Mul", [name, taps])

    def kind(self, name: str) -> int | None:
        """The type of the floating-point numbers *name*; None for other tensors."""
        kind = self._edit.types.get(name)
        return kind if kind in SIZE else None

    def errors(self, name: str) -> str:
        """Errors of the size that numbers of about 1 have, in the shape of *name*."""
        kind = self._edit.types[name]
        one = self._edit.constant(np.asarray(1, helper.tensor_dtype_to_np_dtype(kind)))
        return self._edit.add("Sub", [self.factors.like(name, kind), one])
