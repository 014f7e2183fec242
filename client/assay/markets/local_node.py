"""Predicts what a panel would say, by running the panel's own code in a process on this machine.

This package itself runs no model. ``assay-validation`` reads the given files inside its jail.
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

    All methods raise :class:`CheckUnavailable` if it is not installed, cannot do the work, or takes longer
    than *seconds*, and :class:`InvalidInput` if a file is missing or empty.
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
        """Whether *data* matches its description and can be used in the evaluation."""
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
        """How *model* performs on *data*."""
        return self.ask(_about(model, evaluation, ask="evaluate", data=absolute(data)), EvaluationReport)

    def try_out(self, model: Path, evaluation: EvaluationSpec) -> EvaluationReport:
        """Whether a panel would accept *model* at all; the report has no score."""
        return self.ask(_about(model, evaluation, ask="try out"), EvaluationReport)

    def describe(
        self, data: Path, form: str, declared: Mapping[str, Any] = MappingProxyType({})
    ) -> DataDescription:
        """What is in *data*, which has the format *form*; *declared* holds fields of its CSV dialect."""
        request = {"ask": "describe", "data": absolute(data), "format": form, "declared": dict(declared)}
        return self.ask(request, DataDescription)

    def ask_triggers(self, model: Path, triggers: Path, output: str | None = None) -> TriggerReport:
        """How *model* answers the triggers of a watermark, given in the file *triggers*."""
        request = {"model": absolute(model), "triggers": absolute(triggers), "output": output}
        return self.ask({"ask": "triggers", **request}, TriggerReport)

    def scores(
        self, model: Path, rows: Path, classes: tuple[str, ...], scores: Path, output: str | None = None
    ) -> ScoresReport:
        """Run *model* on the array in the file *rows* (npy); the file *scores* receives [rows, classes].

        *output* names the graph output to use; by default the first one with scores, else with labels.
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
    """The command that starts the program: as a module beside this package, or from ``PATH``.

    Raises:
        CheckUnavailable: it is not installed; *install* is shown as the hint.
    """
    return program_command(PROGRAM, _PACKAGE, subcommand, install=install)


def _about(model: Path, evaluation: EvaluationSpec, **more: str) -> dict[str, Any]:
    return {"model": absolute(model), "evaluation": evaluation.model_dump(mode="json"), **more}
