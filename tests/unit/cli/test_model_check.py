"""What `assay model check` says of a model, and of the rows that it was checked on."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cli import model
from assay.errors import InvalidInput
from assay.manifests.evaluation import Metric, ReportStatus
from assay.manifests.node_report import EvaluationReport
from assay.manifests.reason import Code, Reason
from assay.markets.checks import ModelCheck


def _found(*reasons: Reason, log: str = "") -> ModelCheck:
    return ModelCheck(
        EvaluationReport(
            status=ReportStatus.REJECTED,
            model_sha256="0" * 64,
            data_sha256="0" * 64,
            reasons=reasons,
            log=log,
        )
    )


def test_faulty_rows_are_not_the_models_fault() -> None:
    empty = Reason(code=Code.EMPTY_CELLS, name="age", found=1, row=2)
    with pytest.raises(InvalidInput, match=r"rows in own.csv cannot be used.*\n.*\"age\" is empty in 1 row"):
        model._require_rows((empty,), Path("own.csv"), Metric.RMSE)
    model._require_rows((Reason(code=Code.DOES_NOT_RUN),), Path("own.csv"), Metric.RMSE)


def test_made_up_rows_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    log = "the model does not run: [ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got 3 columns"
    found = _found(Reason(code=Code.DOES_NOT_RUN), log=log)
    monkeypatch.setattr(model, "model_shown", lambda check, _: {"log": check.report.log})
    record = model._checked(found, None, None)  # type: ignore[arg-type]
    assert record["log"] == "the model does not run: Got 3 columns"
    assert "--rows FILE" in record["rows"].text
