"""Reasons: a fixed list, each with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.manifests.evaluation import Metric
from assay.manifests.reason import Code, Reason
from assay.words.printable import quoted
from assay.words.reasons import sentence, sentences

NUMBERS = st.integers(-(10**12), 10**12)
NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40)
REASONS = st.builds(
    Reason,
    code=st.sampled_from(Code),
    name=st.none() | NAMES,
    found=st.none() | NUMBERS,
    least=st.none() | NUMBERS,
    most=st.none() | NUMBERS,
    row=st.none() | st.integers(1, 2**40),
)


@given(REASONS, st.none() | st.sampled_from(Metric))
def test_every_reason_is_a_sentence_and_survives_its_journey(reason, metric):
    said = sentence(reason, metric)
    assert said
    assert "{" not in said.replace(quoted(reason.name or ""), "")
    assert Reason.model_validate_json(reason.model_dump_json()) == reason


@given(REASONS)
def test_an_outline_is_a_bare_code(reason):
    """Whatever is said of somebody's data or file, others read one of two codes."""
    outline = reason.outline()
    if reason.code.subject in ("data", "model file"):
        assert outline in (Reason(code=Code.DATA_REFUSED), Reason(code=Code.MODEL_REFUSED))
    else:
        assert outline == reason


@pytest.mark.parametrize("code", Code)
def test_each_code_has_a_subject(code):
    assert code.subject in ("data", "model file", "model run", "handover")


def test_a_score_is_told_in_its_metrics_unit():
    reason = Reason(code=Code.REFERENCE_OUTSIDE, found=-55_940_000, least=-60_000_000, most=-50_000_000)
    assert "RMSE 55.94" in sentence(reason, Metric.RMSE)
    assert "60" in sentence(reason, Metric.RMSE)
    assert sentences([reason, reason], Metric.RMSE) == sentence(reason, Metric.RMSE)
