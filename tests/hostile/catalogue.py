"""What a hostile file is, and the limits within which all of them are tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay.manifests.reason import Code
from assay_validation.limits import MIB, Limits

Kind = Literal["model file", "model run", "data"]
"""Stopped by the gate, stopped while it runs, or data."""
LIMITS = Limits(
    model_bytes=16 * MIB,
    data_bytes=32 * MIB,
    cpu_seconds=2,
    memory_bytes=2048 * MIB,
    file_bytes=64 * MIB,
    wall_seconds=600,
)
ROWS = 40


@dataclass(frozen=True)
class Case:
    """A hostile file.

    Attributes:
        kind: what it is, and where it is stopped.
        code: what is answered.
        build: makes its bytes.
        form: of data, as a DataMapping has it.
        output: of a model, as an OutputMapping has it.
        slow: whether it takes a second or more of processor time.
    """

    kind: Kind
    code: Code
    build: Callable[[], bytes]
    form: str = "csv"
    output: str = "probabilities"
    slow: bool = False

    @property
    def name(self) -> str:
        return self.build.__name__.strip("_").replace("_", " ")

    @property
    def tries(self) -> str:
        return " ".join((self.build.__doc__ or "").split())

    @property
    def spec(self) -> EvaluationSpec:
        """What it is offered to: a column or an array x, the classes 0 and 1, the output p."""
        mapping = DataMapping(
            format=self.form,
            inputs=(InputMapping(name="x", columns=("x",)),),
            label="y",
            classes=("0", "1"),
            max_rows=1000,
        )
        return EvaluationSpec(
            task="classification", metric="accuracy", data=mapping, output=OutputMapping(**{self.output: "p"})
        )


CASES: list[Case] = []


def collector(kind: Kind) -> tuple[list[Case], Callable[..., Callable[[Callable[[], bytes]], Case]]]:
    """A list, and a decorator that puts functions on it."""
    cases: list[Case] = []

    def hostile(code: Code, **more: object) -> Callable[[Callable[[], bytes]], Case]:
        def add(build: Callable[[], bytes]) -> Case:
            cases.append(Case(kind, code, build, **more))  # type: ignore[arg-type]
            return cases[-1]

        return add

    return cases, hostile
