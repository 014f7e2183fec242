"""ABI data that does not fit is a ChainError; structs of the SDK are those of the contracts."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from assay import structs
from assay.chain.abi import decode_log, decode_named, event_of, function_of, load_abi
from assay.errors import ChainError, DeploymentError

RETURNED = {
    ("CommissionLens", "commission"): structs.Commission,
    ("ValidationOracle", "panel"): structs.Panel,
    ("ValidationOracle", "requestOf"): structs.ValidationRequest,
    ("VickreyAuction", "auction"): structs.Auction,
    ("Rounds", "roundOf"): structs.Round,
    ("ValidatorStaking", "stakeOf"): structs.Stake,
    ("ParticipantRegistry", "participantOf"): structs.ParticipantRecord,
    ("ModelRegistry", "versionOf"): structs.Version,
    ("AuditRegistry", "audit"): structs.Audit,
    ("AuditRegistry", "verdict"): structs.Verdict,
    ("AuditRegistry", "enrolmentOf"): structs.Enrolment,
    ("Conformity", "testSet"): structs.TestSet,
    ("Conformity", "assessment"): structs.ConformityAssessment,
    ("Conformity", "standingOf"): structs.Standing,
    ("Court", "dispute"): structs.CourtDispute,
    ("Disputes", "disputeOf"): structs.Case,
    ("Opinions", "opinion"): structs.Opinion,
    ("Policy", "timeouts"): structs.Timeouts,
    ("Policy", "stakes"): structs.Stakes,
    ("Policy", "riskClass"): structs.RiskClass,
    ("Policy", "tokenRule"): structs.TokenRule,
    ("Policy", "commissionTerms"): structs.CommissionTerms,
}
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
    "ICourt.State": structs.CourtState,
    "IRounds.State": structs.RoundState,
    "IConformity.Cause": structs.VoidCause,
    "IReputation.Kind": structs.FactKind,
    "IOpinions.State": structs.OpinionState,
    "IModelRegistry.LineageKind": structs.LineageKind,
    "IVickreyAuction.Direction": structs.Direction,
}


@pytest.mark.parametrize(("place", "struct"), RETURNED.items(), ids=lambda value: str(value))
def test_structs_have_the_contracts_fields(place, struct):
    (output,) = function_of(*place)["outputs"]
    names = [part["name"] for part in output["components"]]
    assert [to_camel(name) for name in struct.model_fields] == names


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
