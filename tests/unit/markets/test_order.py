"""Orders as people write them: every form means the same, and all that is wrong is said at once."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ordered import spec_of
from pydantic import ValidationError

from assay.errors import InvalidInput
from assay.manifests.evaluation import PPM, Metric
from assay.markets.order import Order
from assay.markets.order_forms import FormError, millionths, seconds
from assay.markets.order_schema import schema

WRITTEN = Path(__file__).parents[3] / "examples" / "order.json"
EXAMPLE = json.loads(Order.load(WRITTEN).model_dump_json(exclude_defaults=True))
"""In the contract's forms."""
DAY = 86_400


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("orders")


def changed(**changes: Any) -> dict[str, Any]:
    """The example with other fields; None takes one out."""
    document = {**copy.deepcopy(EXAMPLE), **changes}
    return {name: value for name, value in document.items() if value is not None}


def regression(**changes: Any) -> dict[str, Any]:
    """The example as a regression that is scored by its RMSE."""
    document = changed(threshold=-60_000_000, effort_score=-70_000_000)
    evaluation = document["evaluation"] | {"task": "regression", "metric": "rmse", "output": {"values": "y"}}
    evaluation["data"] = {**evaluation["data"], "classes": []}
    document["dataset"]["counts"] = {"rows": 169}
    document["reference"] = {"name": "mean", "kind": "mean", "low": -80_000_000, "high": -75_000_000}
    document = document | {"evaluation": evaluation, **changes}
    return {name: value for name, value in document.items() if value is not None}


def load(folder: Path, document: Any) -> Order:
    path = folder / "order.json"
    path.write_text(json.dumps(document))
    return Order.load(path)


def faults(folder: Path, document: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        load(folder, document)
    return [line.strip() for line in str(refused.value).splitlines()[1:]]


EVERYDAY = {
    "threshold": None,
    "at_most": {"rmse": 60},
    "effort_score": None,
    "effort": {"at_most": {"rmse": "70"}},
    "reference": {"name": "mean", "kind": "mean", "between": [75, "80.0"]},
    "bidding_seconds": "1 day",
    "revealing_seconds": None,
    "revealing": "12 hours",
    "building_seconds": None,
    "building": "30 days",
}


def test_everyday_forms_mean_the_same_as_the_contracts(folder):
    assert load(folder, regression(**EVERYDAY)) == load(folder, regression())
    share = changed(threshold=None, at_least={"balanced_accuracy": "90 %"}, tolerance="1.5 %")
    assert load(folder, share) == load(folder, EXAMPLE)
    assert load(folder, changed(effort_score=None)).effort_score == EXAMPLE["threshold"]


def test_what_an_order_writes_of_itself_is_an_order(folder):
    order = load(folder, regression(**EVERYDAY))
    assert load(folder, json.loads(order.model_dump_json())) == order


@given(
    st.integers(1, 10**9), st.sampled_from(["s", "second", "m", "minutes", "h", "hour", "d", "days", "week"])
)
def test_durations(number, unit):
    length = {"s": 1, "m": 60, "h": 3_600, "d": DAY, "w": 7 * DAY}[unit[0]]
    number %= 10**9
    assert seconds(f"{number} {unit}") == seconds(f" {number}{unit.upper()} ") == number * length
    assert seconds(number) == number


@given(st.integers(-(10**12), 10**12))
def test_numbers_are_exact(ppm):
    value = Decimal(ppm) / PPM
    assert millionths(f"{value:f}") == millionths(f"{value * 100:f} %") == ppm
    assert millionths(value.quantize(Decimal("0.000001"))) == ppm


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(JSON)
def test_no_value_is_read_as_what_it_is_not(value):
    for form in (seconds, millionths):
        with suppress(FormError):
            assert type(form(value)) is int


OF_LIBRARIES = [metric for metric in Metric if metric.option != "graph"]
FIELDS = [
    *EXAMPLE,
    "at_least",
    "at_most",
    "effort",
    "bidding",
    "tolerance",
    "required_criteria",
    "token",
    "nonsense",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=4))
def test_any_document_is_an_order_or_every_fault_has_a_line(folder, changes):
    """And what is read as an order, an editor with our schema accepts too."""
    document = {**EXAMPLE, **changes}
    try:
        load(folder, document)
    except InvalidInput as refused:
        lines = str(refused).splitlines()
        assert "not a valid order" in lines[0]
        assert len(lines) > 1
        assert all(line.startswith("  ") and ": " in line for line in lines[1:])
    else:
        jsonschema.validate(document, SCHEMA)


SCHEMA = schema(Order)


@pytest.mark.parametrize(
    "document", [json.loads(WRITTEN.read_text()), EXAMPLE, regression(), regression(**EVERYDAY)]
)
def test_the_schema_takes_every_form(document):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize(
    "document",
    [
        changed(threshold=None),
        changed(at_least={"balanced_accuracy": 0.9}),
        changed(titel="x"),
        changed(bidding_seconds="soon"),
        changed(bidding="1 day"),
        changed(reserve=5000),
    ],
)
def test_the_schema_refuses_what_is_no_order(folder, document):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
    assert faults(folder, document)


def test_all_faults_at_once_with_path_and_what_was_expected(folder):
    document = changed(
        title=5, bidding_seconds="soon", threshold="a lot", reserve=None, titel="x", at_least=None
    )
    document["evaluation"]["metric"] = "rmse"
    said = faults(folder, document)
    assert any(line.startswith("title: ") for line in said)
    assert any(line.startswith("bidding_seconds: not a duration; write it like") for line in said)
    assert any(line.startswith("threshold: not a number; write it like") for line in said)
    assert "reserve: this is missing" in said
    assert "titel: there is no such field; perhaps title is meant" in said
    assert any("rmse is a regression metric" in line for line in said)


WRONG_BOUNDS = [
    (changed(threshold=None, at_most={"balanced_accuracy": 0.9}), "more balanced accuracy is better"),
    (changed(threshold=None, at_least={"auroc": 0.9}), "the evaluation's metric is balanced_accuracy"),
    (changed(at_least={"balanced_accuracy": 0.9}), "leave one of them out"),
    (changed(threshold=None, at_least={"balanced_accuracy": 0.9}, at_most={"rmse": 1}), "write one of"),
    (changed(threshold=None, at_least=0.9), 'write it like "at_least": {"balanced_accuracy": 0.9}'),
    (changed(threshold=None, at_least={"balanced_accuracy": "most"}), "not a number"),
    (regression(threshold=None, at_least={"rmse": 60}), "less RMSE is better, so write at_most"),
    (changed(threshold=None), 'this is missing; write "at_least"'),
    (changed(bidding="1 day"), "bidding_seconds says it already"),
    (changed(reference=EXAMPLE["reference"] | {"between": [0, 1]}), "low and high say it already"),
]


@pytest.mark.parametrize(("document", "fault"), WRONG_BOUNDS)
def test_a_wrong_bound_is_one_fault(folder, document, fault):
    (said,) = faults(folder, document)
    assert fault in said


def test_a_threshold_that_nobody_can_reach_is_refused_in_the_readers_units(folder):
    (said,) = faults(folder, regression(threshold=60))
    assert "RMSE at most -0.00006 cannot be reached" in said
    assert 'write "at_most": {"rmse": 60}' in said
    (said,) = faults(folder, regression(threshold=55_940_000))
    assert 'write "at_most": {"rmse": 55.94}' in said
    (said,) = faults(folder, changed(threshold="101 %"))
    assert "at least 101 % cannot be reached: no model has more than 100 %" in said
    (said,) = faults(folder, changed(effort_score=2_000_000))
    assert "effort_score" in said


@given(
    st.sampled_from(OF_LIBRARIES),
    st.integers(-2, 2) | st.integers(-3 * PPM, 3 * PPM),
    st.integers(1, PPM),
)
def test_what_a_perfect_model_publishes_is_the_bound(metric, above, step):
    perfect = 0 if metric.is_error else PPM
    threshold = perfect // step * step + above
    evaluation = json.loads(spec_of(metric, step=step).model_dump_json())
    document = changed(evaluation=evaluation, threshold=threshold, effort_score=-(10**12), tolerance=None)
    if metric.is_share and threshold < 0:
        with pytest.raises(ValidationError, match="asks nothing"):
            Order.model_validate_json(json.dumps(document))
    elif above <= 0:
        Order.model_validate_json(json.dumps(document))
    else:
        with pytest.raises(ValidationError, match="cannot be reached"):
            Order.model_validate_json(json.dumps(document))


FORBIDDEN = [
    ({"reserve": "0"}, "reserve: this is 0"),
    ({"kill_fee": "5000.01"}, "kill_fee: 5000.01 is more than the reserve, 5000"),
    ({"effort_fee": "6000"}, "effort_fee: 6000 is more than the reserve, 5000"),
    ({"effort_score": 950_000}, "effort_score: balanced accuracy at least 95 % asks for more"),
    ({"submission_cap": 11}, "submission_cap: 11 is more than 10"),
    ({"building_seconds": 59}, "building_seconds: this is shorter than 1 minute"),
    ({"building_seconds": None, "building": "366 days"}, "building: this is longer than 365 days"),
    ({"building_seconds": None, "building": "900 days"}, "building: not from 1 minute to 365 days"),
    ({"tolerance": "150 %"}, "tolerance: not from 0 % to 100 %"),
    ({"tolerance": "0.05 %"}, "tolerance: 0.05 % is too little: honest validators may differ by a step"),
    ({"tolerance": "-1"}, "tolerance: not from 0 to 4,294.967295"),
    ({"tolerance": "4295"}, "tolerance: not from 0 to 4,294.967295"),
    ({"bidding_seconds": None, "bidding": "900 years"}, 'bidding: not a duration: the unit "years" is not'),
    ({"bidding_seconds": None, "bidding": "-3 days"}, "bidding: not a duration: it is negative"),
    ({"bidding_seconds": None, "bidding": "900 days"}, "bidding: not from 1 second to 730 days"),
    ({"bidding_seconds": None, "bidding": "soon"}, "bidding: not a duration; write it like"),
    (
        {"threshold": None, "at_least": {"balanced_accuracy": -1}, "effort_score": None},
        "at_least: balanced accuracy at least -100 % asks nothing",
    ),
    (
        {"threshold": None, "at_least": {"auroc": 0.9}, "effort_score": None},
        "at_least.auroc: the evaluation's metric is balanced_accuracy",
    ),
]


@pytest.mark.parametrize(("changes", "fault"), FORBIDDEN)
def test_what_the_market_never_takes_is_one_fault_of_a_field_in_the_file(folder, changes, fault):
    (said,) = faults(folder, changed(**changes))
    assert said.startswith(fault)


def test_a_tolerance_covers_a_step(folder):
    said = faults(folder, changed(tolerance=999))
    assert said == [
        "tolerance: 0.0999 % is too little: honest validators may differ by a step of the score; allow at"
        " least 0.1 %"
    ]
    assert load(folder, changed(tolerance=1_000)).tolerance == 1_000
    assert load(folder, changed(tolerance=None)).tolerance == 1_000
    said = faults(folder, regression(tolerance="0.0009"))
    assert said == [
        "tolerance: 0.0009 is too little: honest validators may differ by a step of the score; allow at least"
        " 0.001"
    ]
    assert load(folder, regression(tolerance=4_000)).tolerance == 4_000
    assert load(folder, regression(tolerance="3000")).tolerance == 3_000_000_000


def test_what_panels_fill_in_is_no_part_of_an_order(folder):
    document = changed()
    document["evaluation"] |= {"beacon": "00" * 32}
    said = faults(folder, document)
    assert [line.split(":")[0] for line in said] == ["evaluation.beacon"]


def test_a_tolerance_that_is_left_out_is_no_fault_beside_others(folder):
    document = changed(tolerance=None)
    document["evaluation"]["step"] = 2 * PPM
    (said,) = faults(folder, document)
    assert "the step of a share is at most 1,000,000 ppm" in said


def test_a_wrong_metric_is_the_only_fault_of_what_depends_on_it(folder):
    document = json.loads(WRITTEN.read_text())
    document["evaluation"]["metric"] = "nonsense"
    (said,) = faults(folder, document)
    assert said.startswith("evaluation.metric: ")


def test_wrong_amounts_are_among_all_faults(folder):
    said = faults(folder, changed(reserve="x", kill_fee="-", tolerance="no"))
    assert sorted(line.split(":")[0] for line in said) == ["kill_fee", "reserve", "tolerance"]
    assert 'reserve: "x" is not an amount; write it like "12.5", without a sign' in said


def test_a_size_that_no_model_has_is_refused(folder):
    document = changed()
    document["evaluation"]["criteria"] = [{"kind": "model_size", "bound": 0}]
    (said,) = faults(folder, document)
    assert "no model has a model size below 1" in said


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": NaN}', "[" * 100_000, "\x00"])
def test_what_is_no_document_is_a_sentence(folder, text):
    path = folder / "order.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"not JSON|not a valid order"):
        Order.load(path)
