"""ABI data that does not fit is a ChainError; structs of the SDK are those of the contracts."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

import assay
from assay import structs
from assay.chain.abi import decode_log, decode_named, event_of, function_of, load_abi
from assay.errors import ChainError, DeploymentError
from assay.structs import views

ENUMS = {
    "ICommissionMarket.State": structs.State,
    "ICommissionMarket.Cause": structs.Cause,
    "Artifact.Artifact": structs.Artifact,
    "IParticipantRegistry.Role": structs.Role,
    "IParticipantRegistry.Conflict": structs.Conflict,
    "IValidationOracle.Kind": structs.Kind,
    "IValidationOracle.Outcome": structs.Outcome,
    "IAuditRegistry.Outcome": structs.AuditOutcome,
    "IConformity.State": structs.AssessmentState,
    "IRounds.State": structs.RoundState,
    "IConformity.Cause": structs.VoidCause,
    "IReputation.Kind": structs.FactKind,
    "IOpinions.State": structs.OpinionState,
    "IModelRegistry.LineageKind": structs.LineageKind,
    "IVickreyAuction.Direction": structs.Direction,
}


@pytest.mark.parametrize("view", views.ALL, ids=lambda view: f"{view.contract}.{view.function}")
def test_views_answer_with_the_contracts_fields(view):
    outputs = function_of(view.contract, view.function)["outputs"]
    many = get_origin(view.answer) is tuple
    struct = get_args(view.answer)[0] if many else view.answer
    if len(outputs) == 1:  # a struct or several; else the values of one side by side
        (output,) = outputs
        assert output["type"].startswith("tuple[") if many else output["type"] == "tuple"
        outputs = output["components"]
    assert fields(struct) == [part["name"] for part in outputs]


def fields(struct) -> list[str]:
    return [to_camel(name) for name in struct.model_fields]


def test_every_view_is_written_once():
    assert len({(view.contract, view.function) for view in views.ALL}) == len(views.ALL) > 30


def test_a_view_is_read_through_its_type_alone():
    """Nobody else asks for it by the names of its contract and function."""
    root = Path(assay.__file__).parent
    for view in views.ALL:
        raw = re.compile(rf'read\((?:"{view.contract}"|_?[A-Z]+), "{view.function}"')
        where = [path.name for path in root.rglob("*.py") if raw.search(path.read_text())]
        assert where == [], f"{view.contract}.{view.function}"


@given(st.one_of(st.none(), st.integers(), st.binary(max_size=40), st.dictionaries(st.text(), st.integers())))
def test_an_answer_of_another_type_is_a_chain_error(answer):
    for view in views.ALL:
        with pytest.raises(ChainError, match=f"What {view.contract}.{view.function} answers"):
            view.typed(answer)


def test_an_enum_that_the_sdk_does_not_know_is_a_chain_error():
    with pytest.raises(ChainError, match="is not what it should be"):
        views.SEAT.typed({"role": 99})


@pytest.mark.parametrize(("name", "enum"), ENUMS.items(), ids=lambda value: str(value))
def test_enums_have_the_contracts_members(name, enum):
    interface, enum_name = name.split(".")
    source = Path(__file__).parents[3] / "contracts" / "interfaces" / f"{interface}.sol"
    body = source.read_text().split(f"enum {enum_name} {{")[1].split("}")[0]
    members = [line.split("//")[0].strip(" ,") for line in body.splitlines()]
    assert [member.name.replace("_", "") for member in enum] == [name.upper() for name in members if name]


@given(st.binary(max_size=400))
def test_any_answer_is_decoded_or_a_chain_error(data):
    with contextlib.suppress(ChainError):
        decode_named(function_of("CommissionLens", "commission")["outputs"], data)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=4), st.binary(max_size=400))
def test_any_log_is_decoded_or_a_chain_error(topics, data):
    with contextlib.suppress(ChainError):
        decode_log(event_of("CommissionMarket", "CommissionOpened"), topics, data)


def test_what_the_abi_does_not_have():
    with pytest.raises(DeploymentError):
        load_abi("Nonsense")
    with pytest.raises(DeploymentError):
        function_of("Escrow", "nonsense")
