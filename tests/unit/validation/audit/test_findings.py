"""Faults that were built in are found, and honest models are not accused."""

from dataclasses import replace

import numpy as np
import pytest

from assay.manifests import Column, DatasetManifest, Licence, ModelManifest, SealedArtifact
from assay.manifests.evaluation import Criterion, DatasetCounts
from assay_validation.audit.adversary import Attack
from assay_validation.audit.conduct import conduct
from assay_validation.audit.effort import FULL
from assay_validation.errors import ValidationError
from assay_validation.evaluation import file_digest


def said(outcome, *severities):
    return [f"{f.scope}: {f.summary}" for f in outcome.findings if not severities or f.severity in severities]


def figure(outcome, name):
    (found,) = (f for f in outcome.figures if f.name == name)
    return found


def drawn(outcome):
    return [plot.svg for section in outcome.sections for plot in section.plots]


@pytest.fixture(scope="module")
def honest(audit, training_csv):
    return audit(training=training_csv, threshold=900_000)


def test_an_honest_model_is_not_accused(honest):
    assert said(honest, "critical") == []
    # two thirds of the training rows come first in the file: the data itself has drifted, and is said to
    assert [text for text in said(honest, "major") if "differ from the training data" not in text] == []


def test_figures_are_scikit_learns(honest, cancer_model, hidden, cancer):
    right = cancer_model.predict(hidden[cancer.feature_names].to_numpy(np.float32)) == hidden["target"]
    accuracy = figure(honest, "accuracy")
    assert accuracy.value == round(right.mean() * 1e6)
    assert accuracy.low < accuracy.value <= accuracy.high <= 1_000_000
    north = figure(honest, "accuracy, group north")
    assert north.value == round(right[hidden["site"] == "north"].mean() * 1e6)


def test_the_same_seed_gives_the_same_figures(audit, honest, training_csv):
    again = audit(training=training_csv, threshold=900_000)
    assert again.figures == honest.figures
    assert again.findings == honest.findings
    assert [p.svg for s in again.sections for p in s.plots] == [
        p.svg for s in honest.sections for p in s.plots
    ]
    other = audit(seed=1, scopes=("performance",))
    assert figure(other, "log loss").low != figure(honest, "log loss").low


def test_a_score_below_the_threshold_is_said(audit):
    outcome = audit(scopes=("performance",), threshold=999_000)
    assert any("Below the deal's threshold" in text for text in said(outcome, "major", "critical"))
    assert not outcome.approved


def test_a_biased_model_is_caught_by_fairness(audit, biased):
    model, data, spec = biased
    outcome = audit(model=model, data=data, spec=spec, scopes=("fairness",))
    grave = said(outcome, "major", "critical")
    assert any("demographic parity" in text for text in grave)
    assert any("equalised odds" in text for text in grave)
    assert not outcome.approved


def test_groups_too_small_to_judge_are_named(audit, hidden, tmp_path):
    few = hidden.copy()
    few.loc[few.index[:5], "site"] = "tiny"
    few.to_csv(tmp_path / "few.csv", index=False)
    outcome = audit(data=tmp_path / "few.csv", scopes=("fairness",))
    assert any("too few to be judged: the selection rate of tiny (5)" in text for text in outcome.limitations)


def test_an_overfitted_model_betrays_its_members(audit, overfitted_onnx, memorised_csv):
    outcome = audit(model=overfitted_onnx, training=memorised_csv, scopes=("privacy",))
    assert figure(outcome, "membership AUROC").low > 600_000
    assert any("told from others" in text for text in said(outcome))


def test_an_honest_model_keeps_its_members(honest):
    assert not any("told from others" in text for text in said(honest))


def test_without_members_privacy_is_a_limitation(audit):
    outcome = audit(scopes=("performance", "privacy"))
    assert outcome.scopes == ("performance",)
    assert any(
        "Membership inference: not tried, since no training data" in text for text in outcome.limitations
    )


def test_a_scope_that_nobody_could_examine_is_no_audit(audit):
    with pytest.raises(ValidationError, match="Nothing could be examined") as refused:
        audit(scopes=("privacy",))
    assert "--training" in refused.value.hint


def test_an_audit_on_the_training_data_is_worth_nothing(audit, hidden_csv):
    outcome = audit(training=hidden_csv, scopes=("performance",))
    assert any("269 of 269 audit rows" in text for text in said(outcome, "critical"))
    assert not outcome.approved


def test_an_attack_that_never_succeeds_has_no_distance(audit, monkeypatch):
    without = replace(FULL, libraries=True, noise_repeats=1)
    monkeypatch.setattr("assay_validation.audit.conduct.FULL", without)
    monkeypatch.setattr("assay_validation.audit.robustness.attack", lambda subject: Attack([np.inf] * 5))
    outcome = audit(quick=False, scopes=("robustness",))
    assert any("no attack succeeded" in text for text in outcome.limitations)
    assert not any("median distance" in f.name for f in outcome.figures)
    assert figure(outcome, "decisions flipped within 1 spreads").value == 0


def test_a_boastful_model_is_caught_by_calibration(audit, boastful_onnx):
    outcome = audit(model=boastful_onnx, scopes=("performance",))
    assert any("overconfident" in text for text in said(outcome, "major", "critical"))


def test_a_planted_column_of_pixels_is_found(planted_audit):
    outcome = conduct(planted_audit)
    assert figure(outcome, "accuracy").value > 900_000  # by score alone it is a good model
    assert any("pixel column 0" in text for text in said(outcome, "major"))


def test_an_honest_image_model_looks_at_an_area(digits_audit):
    outcome = conduct(digits_audit)
    assert not any("line of pixels" in text for text in said(outcome))
    assert figure(outcome, "deletion advantage over random order").low > 0
    captions = [plot.caption for section in outcome.sections for plot in section.plots]
    assert any("Parts that decided" in caption for caption in captions)


def test_a_regression(audit, diabetes_onnx, diabetes_parquet, diabetes_spec, diabetes, diabetes_regressor):
    outcome = audit(model=diabetes_onnx, data=diabetes_parquet, spec=diabetes_spec)
    hidden = diabetes.data[300:].to_numpy(np.float32)
    error = np.sqrt(np.mean((diabetes_regressor.predict(hidden) - diabetes.target[300:]) ** 2))
    assert figure(outcome, "rmse").value == pytest.approx(error * 1e6, rel=1e-4)
    assert any("a regression was not attacked" in text for text in outcome.limitations)
    assert "explainability" in outcome.scopes
    assert "fairness" not in outcome.scopes


def test_the_threshold_of_an_error_is_negative(audit, diabetes_onnx, diabetes_parquet, diabetes_spec):
    given = {"model": diabetes_onnx, "data": diabetes_parquet, "spec": diabetes_spec}
    with pytest.raises(ValidationError, match="is not positive") as refused:
        audit(**given, threshold=60_000_000)
    assert "-60000000 asks for a rmse of at most 60" in refused.value.hint
    outcome = audit(**given, threshold=-40_000_000, scopes=("performance",))
    assert any("at most 40 asked" in text for text in said(outcome, "critical"))
    assert not any("equal bins" in section.prose for section in outcome.sections)


def test_another_file_than_declared_is_critical(audit, cancer_onnx, order):
    manifest = declared(cancer_onnx)
    assert not any(
        "declares another" in text for text in said(audit(manifest=manifest, scopes=("compliance",)))
    )
    lie = manifest.model_copy(update={"opset": 7, "limits": " "})
    lie = lie.model_copy(update={"artifact": lie.artifact.model_copy(update={"plaintext_sha256": "00" * 32})})
    outcome = audit(manifest=lie, scopes=("compliance",))
    assert any("digest of the file" in text for text in said(outcome, "critical"))
    assert any("operator set" in text for text in said(outcome, "major"))
    assert any("states no limits" in text for text in said(outcome, "minor"))


def declared(path):
    from assay.markets.onnx_graph import read_signature

    artifact = SealedArtifact(
        cid="bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", size=10_000,
        plaintext_sha256=file_digest(path), plaintext_size=path.stat().st_size, chunk_size=1024,
        key_hash="33" * 32,
    )  # fmt: skip
    return ModelManifest(
        artifact=artifact, name="m", framework="sklearn", intended_use="Second reader.", limits="Unseen.",
        licence=Licence(spdx="MIT"), **read_signature(path),
    )  # fmt: skip


def test_a_condition_of_the_order_that_fails(audit, cancer_spec):
    strict = cancer_spec.model_copy(update={"criteria": (Criterion(kind="model_size", bound=10),)})
    outcome = audit(spec=strict, scopes=("compliance",))
    assert any("model size" in text for text in said(outcome, "major"))


def test_other_data_than_declared(audit, cancer, cancer_onnx):
    manifest = DatasetManifest(
        artifact=declared(cancer_onnx).artifact, name="d", description="", licence=Licence(spdx="MIT"),
        format="csv", columns=(Column(name="mean radius", type="float"),), counts=DatasetCounts(rows=5),
    )  # fmt: skip
    outcome = audit(dataset=manifest, scopes=("compliance",))
    (found,) = [f for f in outcome.findings if "not what its manifest declares" in f.summary]
    assert "269 rows, declared are 5" in found.details
    assert "mean texture is used and not declared" in found.details


def test_drifted_data_is_said(audit, training_csv, hidden, tmp_path):
    moved = hidden.copy()
    moved["mean radius"] += 10
    moved.to_csv(tmp_path / "moved.csv", index=False)
    outcome = audit(data=tmp_path / "moved.csv", training=training_csv, scopes=("compliance",))
    assert any("most of all mean radius" in text for text in said(outcome, "major"))


def test_only_a_full_audit_needs_the_libraries(audit, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert audit(scopes=("performance",)).scopes == ("performance",)
    with pytest.raises(ValidationError, match="needs shap and adversarial-robustness-toolbox"):
        audit(scopes=("performance",), quick=False)


def test_an_unknown_favourable_class_is_refused(audit):
    with pytest.raises(ValidationError, match="is not a class"):
        audit(favourable="maybe")


@pytest.mark.slow
def test_the_full_audit_attacks_and_explains_with_libraries(audit, training_csv, digits_audit):
    first = audit(quick=False, training=training_csv)
    assert figure(first, "decisions flipped within 1 spreads").value > 0
    explained = next(s for s in first.sections if s.scope == "explainability")
    assert "shap" in explained.prose
    assert figure(first, "deletion advantage over random order").low > 0
    again = audit(quick=False, training=training_csv)
    assert again.figures == first.figures
