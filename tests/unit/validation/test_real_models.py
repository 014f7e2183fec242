"""Real models, small and quickly trained; `make models` trains more of them, and larger ones."""

import pytest
import real_tables  # noqa: F401 - adds its own
import real_tasks  # noqa: F401 - adds its own
from real_models import MODELS, fault, judge, quiet
from unjailed import jobs_in_this_process

QUICK = ("ResNet-18, torch.onnx of TorchScript", "network, quantised as it runs", "XGBoost", "LightGBM")
QUICK_DATA = (
    "scikit-learn pipeline of texts, categories and gaps",
    "LightGBM with categories",
    "stacked scikit-learn models behind a ColumnTransformer",
)
QUICK_TASKS = ("transformer on text, as DistilBERT", "U-Net on pictures")


@pytest.mark.parametrize("name", QUICK + QUICK_DATA + QUICK_TASKS)
def test_a_real_model_scores_what_its_framework_says(name, tmp_path):
    with quiet():
        one = MODELS[name](tmp_path, True)
        with jobs_in_this_process():
            report = judge(one, tmp_path)
    assert fault(one, report) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MODELS.keys() - {*QUICK, *QUICK_DATA, *QUICK_TASKS}))
def test_a_slower_one_too(name, tmp_path):
    test_a_real_model_scores_what_its_framework_says(name, tmp_path)
