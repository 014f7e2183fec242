"""Nobody's model is called unstable that people export as its makers say, and each gets its own score."""

import os

import numpy as np
import pandas as pd
import pytest
from honest_models import exports
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import EvaluationSpec
from assay_validation.evaluation import evaluate
from assay_validation.jobs.predict import load, predict


def spec_of(export):
    rows = export.rows
    columns = [f"c{i}" for i in range(rows.features.shape[1])]
    data = {"format": "csv", "inputs": [{"name": export.input, "columns": columns}], "label": "y"}
    if rows.regression:
        task = {"task": "regression", "metric": "rmse", "output": {"values": export.output}}
    else:
        data["classes"] = [str(label) for label in np.unique(rows.labels)]
        task = {"task": "classification", "metric": "accuracy", "output": {"labels": export.output}}
    return EvaluationSpec.model_validate({**task, "step": 1, "data": data})


def bare(model, export):
    """What the bare runtime says of the hidden rows; of ties in forests not what scikit-learn says."""
    session = load(os.open(model, os.O_RDONLY), [export.input], [export.output])
    hidden = export.rows.features[export.rows.hidden].astype(np.float32)
    return predict(session, {export.input: hidden}, [export.output])[0].ravel()


@pytest.mark.slow
def test_a_hundred_honest_exports_are_scored_as_the_bare_runtime_does(tmp_path):
    wrong, count = [], 0
    model, file = tmp_path / "model.onnx", tmp_path / "data.csv"
    for export in exports():
        rows = export.rows
        model.write_bytes(export.model)
        frame = pd.DataFrame(rows.features[rows.hidden]).add_prefix("c")
        frame.assign(y=rows.labels[rows.hidden]).to_csv(file, index=False)
        with jobs_in_this_process():
            report = evaluate(model, file, spec_of(export))
        truth, count = rows.labels[rows.hidden], count + 1
        said = bare(model, export)
        expected = -np.sqrt(np.mean((truth - said) ** 2)) if rows.regression else np.mean(truth == said)
        near = abs(report.score - expected * 1e6) <= 1 + 10 * abs(expected)
        if report.status.name != "ANSWERED" or not near:
            wrong.append((rows.name, export.name, report.status.name, report.score, report.log[:200]))
    assert wrong == []
    assert count >= 100
