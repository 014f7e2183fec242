"""Every custom error has a sentence, and no revert data can do more than become a ContractError."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.chain.abi import errors_by_selector, load_abi
from assay.chain.library_errors import LIBRARY_ERRORS
from assay.chain.reverts import ENUMS, contract_error
from assay.chain.saying import adapted
from assay.errors import ContractError
from assay.structs import CourtState, OpinionState, RoundState, State
from assay.words import times

ABIS = Path(assay.__file__).with_name("abi")
ERRORS = sorted(errors_by_selector().items(), key=lambda item: item[1].name)


def values_of(kind: str) -> st.SearchStrategy:
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
    if kind == "bool":
        return st.booleans()
    if kind == "string":
        return st.text(max_size=50)
    if kind.startswith("bytes"):
        return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))
    size, signed = int(kind.removeprefix("u").removeprefix("int")) // 8, not kind.startswith("u")
    raw = st.binary(min_size=size, max_size=size)
    return raw.map(lambda word: int.from_bytes(word, "big", signed=signed))


def test_the_contracts_have_errors():
    assert len(ERRORS) > 100


@pytest.mark.parametrize(
    ("selector", "error"), ERRORS, ids=[f"{error.name}-{selector.hex()}" for selector, error in ERRORS]
)
def test_every_error_has_a_sentence_and_what_to_do(selector, error):
    name, components = error.name, error.components
    assert bool(error.notice) != (name in LIBRARY_ERRORS)
    for sentence in (error.notice, error.hint) if error.notice else LIBRARY_ERRORS[name]:
        assert sentence.endswith((".", "`."))

    @settings(max_examples=15)
    @given(st.tuples(*(values_of(part["type"]) for part in components)))
    def decodes(values):
        types = [collapse_if_tuple(part) for part in components]
        decoded = contract_error("0x" + (selector + encode(types, values)).hex())
        assert isinstance(decoded, ContractError)
        assert decoded.name == name
        assert len(decoded.arguments) == len(components)
        assert decoded.message.strip() == decoded.message != ""
        assert "\n" not in str(decoded)
        assert "  " not in decoded.message or any(isinstance(value, str) for value in values)

    decodes()


@given(st.binary(max_size=300))
def test_any_data_becomes_a_contract_error(data):
    assert isinstance(contract_error("0x" + data.hex(), "message"), ContractError)


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_text_becomes_a_contract_error(data, message):
    error = contract_error(data, message)
    assert isinstance(error, ContractError)
    assert all(c.isprintable() for c in str(error))


@given(st.sampled_from([selector for selector, _ in ERRORS]), st.binary(max_size=100))
def test_a_known_selector_with_any_arguments(selector, data):
    assert isinstance(contract_error("0x" + (selector + data).hex()), ContractError)


def test_reasons_and_panics():
    reason = contract_error("0x08c379a0" + encode(["string"], ["not today"]).hex())
    assert (reason.name, "not today" in str(reason)) == ("Error", True)
    panic = contract_error("0x4e487b71" + encode(["uint256"], [0x11]).hex())
    assert (panic.name, panic.arguments) == ("Panic", {"code": 0x11})
    unknown = contract_error("0xdeadbeef")
    assert (unknown.name, "0xdeadbeef" in str(unknown)) == ("Unknown", True)


@pytest.mark.parametrize(
    ("contract", "number", "choice"),
    [
        ("CommissionMarket", 7, State(4)),
        ("CommissionMarket", 1 << 32 | 7, RoundState(4)),
        ("Conformity", 1 << 32 | 7, RoundState(4)),
        ("Rounds", 1 << 32 | 7, RoundState(4)),
        ("Court", 7, CourtState(4)),
        ("Opinions", 7, OpinionState(4)),
        ("Disputes.appeal", 7, CourtState(4)),
        ("Disputes.open", 7, State(4)),
        ("Deliveries.refute", 7, State(4)),
    ],
)
def test_states_times_and_roles_are_in_words(contract, number, choice):
    """By the called contract, where several have an error of these types; panels' are those of Rounds."""
    selector = next(s for s, error in ERRORS if error.name == "NothingDue")
    data = "0x" + (selector + encode(["uint256", "uint8", "uint40"], [number, 4, 1_800_000_000])).hex()
    text = str(contract_error(data, contract=contract))
    assert f"is {choice.words} until {times.local(1_800_000_000)}" in text


def test_who_lacks_a_role_is_told_how_to_register():
    found = [error for _, error in ERRORS if error.hint.startswith("Register with the role")]
    assert len(found) >= 2
    for error in found:
        said = adapted("CommissionMarket", error.hint)
        assert said.startswith("Register with the role (`assay participant register`, or `assay participant")
        assert said.endswith(error.hint.removeprefix("Register with the role"))


@pytest.mark.parametrize("contract", sorted(path.stem for path in ABIS.glob("*.json")))
def test_a_contracts_own_errors_come_first(contract):
    """All with sentences, which speak of their own arguments."""
    errors = (item for item in load_abi(contract) if item["type"] == "error")
    own = [(error["name"], [part["name"] for part in error["inputs"]]) for error in errors]
    known = [error for error in errors_by_selector(contract).values()]
    assert all(names in [(error.name, names_of(error)) for error in known] for names in own)
    for error in known:
        assert bool(error.notice) != (error.name in LIBRARY_ERRORS)
        shown = dict.fromkeys(names_of(error), "x")
        assert "{" not in error.notice.format_map(shown) + error.hint.format_map(shown)


def names_of(error):
    return [part["name"] for part in error.components]


@pytest.mark.parametrize(
    ("contract", "notice"),
    [
        ("VickreyAuction", "{bidder} has already committed a bid in auction {auctionId}."),
        ("ValidationOracle", "{validator} has already committed a report in request {requestId}."),
        ("Court", "{juror} has already committed a vote in dispute {disputeID}."),
    ],
)
def test_a_contract_speaks_of_its_own_things(contract, notice):
    """Three contracts have an error of this name and these types, each with its own sentence."""
    notices = [e.notice for e in errors_by_selector(contract).values() if e.name == "AlreadyCommitted"]
    assert notices == [notice]


def test_amounts_are_grouped_and_numbers_of_things_can_be_typed():
    selector = next(s for s, error in ERRORS if error.name == "WrongState")
    data = "0x" + (selector + encode(["uint256", "uint8"], [12_345, 1])).hex()
    error = contract_error(data, contract="CommissionMarket")
    assert error.message.startswith("Commission 12345 is bidding")
    assert "`assay commission show 12345`" in error.hint
    selector = next(s for s, error in ERRORS if error.name == "TotalExceeded")
    data = "0x" + (selector + encode(["uint256", "uint96"], [12_345, 1])).hex()
    assert "12,345 base units" in contract_error(data, contract="CommissionMarket").message


def test_the_enums_of_all_errors_are_shown_in_words():
    kinds = {part.get("internalType", "") for _, error in ERRORS for part in error.components}
    assert {kind.removeprefix("enum ") for kind in kinds if kind.startswith("enum ")} == set(ENUMS)
