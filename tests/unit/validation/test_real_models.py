"""Real models, small and quickly trained; `make models` trains more of them, and larger ones."""

import pytest
from real_models import MODELS, fault, judge, quiet
from unjailed import jobs_in_this_process

QUICK = ("ResNet-18, torch.onnx of TorchScript", "network, quantised as it runs", "XGBoost", "LightGBM")
QUICK += ("scikit-learn pipeline of texts, categories and gaps",)


@pytest.mark.parametrize("name", QUICK)
def test_a_real_model_scores_what_its_framework_says(name, tmp_path):
    with quiet():
        one = MODELS[name](tmp_path, True)
        with jobs_in_this_process():
            report = judge(one, tmp_path)
    assert fault(one, report) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MODELS.keys() - set(QUICK)))
def test_a_slower_one_too(name, tmp_path):
    test_a_real_model_scores_what_its_framework_says(name, tmp_path)
