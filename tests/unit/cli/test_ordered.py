"""What is ordered and what is due, in words and as data."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from ordered import spec_of

from assay.cli.ordered import asked, time_left
from assay.cli.output import due
from assay.deal.round_step import NextStep
from assay.manifests import CommissionSpec
from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping


@given(st.integers(1, 2**40), st.integers(0, 2**40))
def test_time_left_never_says_more_than_there_is(deadline, now):
    shown = time_left(deadline, now)
    assert shown.value == max(0, deadline - now)
    words = shown.text.replace(",", "").split()
    if shown.value:
        length = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
        said = sum(int(n) * length[unit.rstrip("s")] for n, unit in zip(words[::2], words[1::2], strict=True))
        assert 0 < said <= shown.value
    else:
        assert shown.text == "no time"


def test_no_deadline_has_no_time_left():
    assert (time_left(0, 5).value, time_left(0, 5).text) == (None, "-")


def test_what_is_asked_is_told_in_the_readers_units():
    data = DataMapping(format="csv", inputs=(InputMapping(name="X", columns=("a",)),), label="y")
    evaluation = EvaluationSpec.model_validate(
        {
            "task": "regression",
            "metric": "rmse",
            "data": data,
            "output": OutputMapping(values="v"),
            "criteria": [{"kind": "model_size", "bound": 5_000_000}],
        }
    )
    spec = CommissionSpec.model_construct(evaluation=evaluation, threshold=-60_000_000)
    assert asked(spec) == "RMSE at most 60, model size at most 5,000,000 bytes"


def test_of_which_class_and_quantile_is_told():
    for metric, options, said in (
        ("f1", {"positive": "c"}, 'F1 of "c" at least 90 %'),
        ("top_k_accuracy", {"k": 2}, "top-k accuracy for k = 2 at least 90 %"),
    ):
        spec = CommissionSpec.model_construct(evaluation=spec_of(metric, options=options), threshold=900_000)
        assert asked(spec) == said
    pinball = spec_of("pinball", options={"quantile": 900_000})
    spec = CommissionSpec.model_construct(evaluation=pinball, threshold=-2_000_000)
    assert asked(spec) == "pinball loss for the quantile 0.9 at most 2"


@given(st.sampled_from(["customer", "anyone"]), st.integers(0, 2**33))
def test_what_is_due_is_data(who, by):
    step = NextStep(who, "grant: `assay commission grant 1` or `assay model grant 1`", by)
    record = json.loads(json.dumps(due(step).value))
    assert record["commands"] == ["assay commission grant 1", "assay model grant 1"]
    assert (record["who"], record["deadline_unix"]) == (who, by or None)
    assert due(step).text == str(step)
