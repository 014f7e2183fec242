"""ABI data that does not fit is a ChainError; enums of the SDK are those of the contracts."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path

import pytest
from eth_abi.tools import get_abi_strategy
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3
from web3.providers import BaseProvider

from assay import structs
from assay.chain.abi import (
    decode_data,
    decode_log,
    decode_named,
    encode_call,
    event_of,
    function_of,
    load_abi,
)
from assay.errors import ChainError, DeploymentError, InvalidInput

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


ADDRESS = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"


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


EVENTS = [
    item
    for name in ("AuditRegistry", "CommissionMarket", "Escrow", "Licences", "Rounds", "VickreyAuction")
    for item in load_abi(name)
    if item["type"] == "event" and not all(part["indexed"] for part in item["inputs"])
]
NUMBERS = st.sampled_from([2, 2**8, 2**40, 2**160, 2**256]).flatmap(lambda end: st.integers(0, end))
WORDS = NUMBERS.map(lambda number: (number % 2**256).to_bytes(32, "big"))


@settings(max_examples=300)
@given(st.sampled_from(EVENTS), st.lists(WORDS, min_size=40, max_size=40))
def test_words_are_read_as_the_library_reads_them(event, words):
    parts = [part for part in event["inputs"] if not part["indexed"]]
    content = b"".join(words[: sum(map(fields, parts))])
    assert read(decode_data, event, content) == read(decode_named, parts, content)


def fields(part):
    """How many values there are in an argument, those of structs counted one by one."""
    return sum(map(fields, part["components"])) if part["type"] == "tuple" else 1


def read(decode, kind, content):
    """What is read; none where nothing can be."""
    with contextlib.suppress(ChainError):
        return decode(kind, content)


def test_what_the_abi_does_not_have():
    with pytest.raises(DeploymentError):
        load_abi("Nonsense")
    with pytest.raises(DeploymentError):
        function_of("Escrow", "nonsense")


# --- calls ------------------------------------------------------------------------------------------------

FUNCTIONS = [
    (name, item["name"])
    for name in ("AuditRegistry", "CommissionMarket", "Conformity", "Court", "Policy", "Rounds", "TestToken")
    for item in load_abi(name)
    if item["type"] == "function" and item["inputs"]
]
WRONG = {
    "too few": ("Escrow", "withdraw", (ADDRESS,)),
    "too many": ("Escrow", "withdraw", (ADDRESS, 1, 2)),
    "no address": ("Escrow", "withdraw", ("0x12", 1)),
    "an address with a typing error": ("Escrow", "withdraw", (ADDRESS.replace("A9", "a9"), 1)),
    "negative": ("Escrow", "withdraw", (ADDRESS, -1)),
    "too large": ("Escrow", "withdraw", (ADDRESS, 2**256)),
    "a truth for a number": ("Escrow", "withdraw", (ADDRESS, True)),
    "no number": ("Escrow", "withdraw", (ADDRESS, "1")),
    "nothing": ("Escrow", "withdraw", (ADDRESS, None)),
    "short bytes": ("ModelRegistry", "grantRole", (b"1" * 31, ADDRESS)),
    "long bytes": ("ModelRegistry", "grantRole", (b"1" * 33, ADDRESS)),
    "a number for bytes": ("ModelRegistry", "grantRole", (32, ADDRESS)),
    "no hex": ("ModelRegistry", "grantRole", ("x" * 64, ADDRESS)),
    "a field too few": ("Policy", "setStakes", ({"validator": 1},)),
    "a field too many": ("Policy", "setStakes", ((1, 2, 3, 4, 5),)),
}


@cache
def web3_s(name):
    return Web3(BaseProvider(), middleware=[]).eth.contract(abi=load_abi(name))


def named(component, value):
    """The value with a dict for each struct, and addresses as we write them."""
    kind = component["type"]
    if kind.endswith("]"):
        return [named({**component, "type": kind[: kind.rindex("[")]}, item) for item in value]
    if kind == "tuple":
        return {
            part["name"]: named(part, item) for part, item in zip(component["components"], value, strict=True)
        }
    return to_checksum_address(value) if kind == "address" else value


@given(st.sampled_from(FUNCTIONS), st.data())
def test_calls_are_encoded_as_by_web3(function, data):
    inputs = function_of(*function)["inputs"]
    drawn = [data.draw(get_abi_strategy(collapse_if_tuple(part))) for part in inputs]
    arguments = [named(part, value) for part, value in zip(inputs, drawn, strict=True)]
    expected = web3_s(function[0]).encode_abi(function[1], args=arguments)
    assert encode_call(*function, arguments).hex() == expected.removeprefix("0x")


@pytest.mark.parametrize("what", WRONG)
def test_arguments_that_do_not_fit(what):
    with pytest.raises(InvalidInput, match="does not fit its type"):
        encode_call(*WRONG[what])


def test_other_ways_to_say_it():
    role = b"\x12" * 32
    spelled = encode_call("Policy", "grantRole", ("0x" + role.hex(), ADDRESS))
    assert spelled == encode_call("Policy", "grantRole", (role, ADDRESS))
    stakes = {"seat": 1, "auditor": 2, "silencePpm": 3, "withholdPpm": 4}
    by_name = encode_call("Policy", "setStakes", (stakes,))
    assert by_name == encode_call("Policy", "setStakes", (tuple(stakes.values()),))
