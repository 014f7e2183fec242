"""Each example of a model in the developers' guide is run, and its model judged."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from real_models import quiet
from sklearn.datasets import load_iris
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import EvaluationSpec, ReportStatus
from assay.markets.onnx_file import one_file
from assay_validation.evaluation import evaluate

GUIDE = Path(__file__).parents[3] / "docs/guides/developer.md"
_EXAMPLE = r"\*\*([^*]*)\*\*((?!\*\*).)*?```python\n(.*?)```\n\n```json\n(.*?)```"
EXAMPLES = [(one[0], one[2], one[3]) for one in re.findall(_EXAMPLE, GUIDE.read_text(), re.S)]


def test_there_are_examples():
    assert len(EXAMPLES) == GUIDE.read_text().count("```python") >= 5


@pytest.mark.parametrize(("code", "order"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES])
def test_an_example_is_scored(code, order, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load_iris()
    rows, labels = loaded.data.astype(np.float32), loaded.target
    with quiet():
        exec(code, {"rows": rows, "labels": labels})
    told = json.loads(order)
    columns = [f"c{i}" for i in range(rows.shape[1])]
    pd.DataFrame(rows, columns=columns).assign(y=labels).to_csv("data.csv", index=False)
    data = {"format": "csv", "inputs": [{**told["inputs"][0], "columns": columns}], "label": "y"}
    data["classes"] = ["0", "1", "2"]
    order = {"task": "classification", "metric": "accuracy", "data": data, "output": told["output"]}
    with one_file(Path("model.onnx")) as packed, jobs_in_this_process():
        report = evaluate(packed, Path("data.csv"), EvaluationSpec.model_validate(order))
    assert report.status is ReportStatus.ANSWERED, report.log
    assert report.score > 900_000
