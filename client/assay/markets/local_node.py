"""What a panel would say, found out beforehand: the panel's own code, in a process on this machine.

This package runs no model itself. ``assay-validation`` reads the files that it is told of in its jail.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from assay.manifests import Column
from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Reference
from assay.manifests.node_report import (
    DataDescription,
    DatasetReport,
    EvaluationReport,
    ScoresReport,
    TriggerReport,
)
from assay.markets.local_program import LocalProgram, absolute, program_command

PROGRAM, _PACKAGE = "assay-validation", "assay_validation"
_INSTALL = "pip install 'assay[node]' (Linux only), or leave the check out with --unchecked."


class LocalNode(LocalProgram):
    """Asks the validation node on this machine.

    All methods raise :class:`CheckUnavailable` where it is not installed, cannot do the work, or takes longer
    than *seconds*, and :class:`InvalidInput` where there is no such file, or an empty one.
    """

    program, package, arguments, install = PROGRAM, _PACKAGE, ("answer",), _INSTALL

    def attest(
        self,
        data: Path,
        evaluation: EvaluationSpec,
        counts: DatasetCounts,
        reference: Reference,
        reference_model: Path | None = None,
        columns: tuple[Column, ...] = (),
    ) -> DatasetReport:
        """Whether *data* is what its description says, and can be used in the evaluation."""
        request = {
            "ask": "attest",
            "data": absolute(data),
            "evaluation": evaluation.model_dump(mode="json"),
            "counts": counts.model_dump(mode="json"),
            "reference": reference.model_dump(mode="json"),
            "reference_model": reference_model and absolute(reference_model),
            "columns": [column.model_dump(mode="json") for column in columns],
        }
        return self.ask(request, DatasetReport)

    def evaluate(self, model: Path, data: Path, evaluation: EvaluationSpec) -> EvaluationReport:
        """How *model* does on *data*."""
        return self.ask(_about(model, evaluation, ask="evaluate", data=absolute(data)), EvaluationReport)

    def try_out(self, model: Path, evaluation: EvaluationSpec) -> EvaluationReport:
        """Whether a panel would take *model* at all; the report has no score."""
        return self.ask(_about(model, evaluation, ask="try out"), EvaluationReport)

    def describe(
        self, data: Path, form: str, declared: Mapping[str, Any] = MappingProxyType({})
    ) -> DataDescription:
        """What is in *data*, which has the format *form*; *declared* are fields of its CSV dialect."""
        request = {"ask": "describe", "data": absolute(data), "format": form, "declared": dict(declared)}
        return self.ask(request, DataDescription)

    def ask_triggers(self, model: Path, triggers: Path, output: str | None = None) -> TriggerReport:
        """How *model* answers the triggers of a watermark, those in the file *triggers*."""
        request = {"model": absolute(model), "triggers": absolute(triggers), "output": output}
        return self.ask({"ask": "triggers", **request}, TriggerReport)

    def scores(
        self, model: Path, rows: Path, classes: tuple[str, ...], scores: Path, output: str | None = None
    ) -> ScoresReport:
        """Have *model* answer the array in the file *rows* (npy); the file *scores* gets [rows, classes].

        *output* is the graph's that has them; by default the first with scores, else with labels.
        """
        request = {
            "ask": "scores",
            "model": absolute(model),
            "rows": absolute(rows),
            "classes": classes,
            "scores": str(scores.absolute()),
            "output": output,
        }
        return self.ask(request, ScoresReport)


def validation_command(subcommand: str, *, install: str = _INSTALL) -> list[str]:
    """How to start the program: as a module beside this package, or from the path.

    Raises:
        CheckUnavailable: it is not installed; *install* is the hint.
    """
    return program_command(PROGRAM, _PACKAGE, subcommand, install=install)


def _about(model: Path, evaluation: EvaluationSpec, **more: str) -> dict[str, Any]:
    return {"model": absolute(model), "evaluation": evaluation.model_dump(mode="json"), **more}
