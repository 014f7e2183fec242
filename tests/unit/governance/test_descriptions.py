"""Every call that governance can make has a sentence; whatever else a proposal holds is shown as it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from eth_utils.abi import function_signature_to_4byte_selector
from hypothesis import given
from hypothesis import strategies as st

from assay.chain.abi import functions_by_selector, load_abi
from assay.errors import ContractError
from assay.governance.descriptions import SENTENCES, Change, RulesInWords
from assay.words.times import duration

POLICY, REGISTRY, GOVERNOR = ("0x" + digit * 40 for digit in "123")


class NoChain:
    """Whatever is asked of it is refused."""

    contracts: ClassVar = {"Policy": POLICY, "ParticipantRegistry": REGISTRY, "MarketGovernor": GOVERNOR}
    tokens = SimpleNamespace(payment=POLICY, staking=POLICY)

    def __getattr__(self, name: str) -> Any:
        if name == "deployment":
            return self
        return self._refuse

    def _refuse(self, *_arguments: Any) -> Any:
        raise ContractError("There is no chain.", name="Unknown")


@pytest.fixture(scope="module")
def words() -> RulesInWords:
    """Without a chain: whatever needs one is refused."""
    nothing: Any = NoChain()
    return RulesInWords(nothing, nothing, nothing)


def changing(contract: str) -> set[str]:
    return {
        item["name"]
        for item in load_abi(contract)
        if item["type"] == "function" and item["stateMutability"] == "nonpayable"
    }


def test_every_function_of_policy_has_a_sentence() -> None:
    assert {name for contract, name in SENTENCES if contract == "Policy"} == changing("Policy")


def test_the_powers_have_sentences() -> None:
    roles = {"grantRole", "revokeRole", "renounceRole"}
    for contract in ("Escrow", "ParticipantRegistry", "ValidatorStaking", "ModelRegistry", "MarketTimelock"):
        assert roles <= {name for owner, name in SENTENCES if owner == contract}
    assert {("Escrow", "authorise"), ("Escrow", "retire"), ("MarketTimelock", "updateDelay")} <= set(
        SENTENCES
    )


def test_every_sentence_is_of_a_function() -> None:
    for contract, function in SENTENCES:
        assert function in {one["name"] for one in functions_by_selector(contract).values()}


def test_what_needs_no_chain_reads_plainly(words: RulesInWords) -> None:
    data = function_signature_to_4byte_selector("addDomain(bytes32)") + b"energy".ljust(32, b"\0")
    assert words.describe(POLICY, 0, data) == Change("The market gains the domain energy")


def is_warning(change: Change, *shown: str) -> bool:
    return (
        not change.known and "WARNING" in str(change) and all(part in str(change).lower() for part in shown)
    )


@given(
    target=st.one_of(st.sampled_from([POLICY, REGISTRY, GOVERNOR]), st.just("0x" + "4" * 40)),
    data=st.binary(max_size=80),
)
def test_any_other_bytes_are_shown_as_they_are(words: RulesInWords, target: str, data: bytes) -> None:
    change = words.describe(target, 0, data)
    assert change.known or is_warning(change, target, "0x" + data.hex())


@given(arguments=st.binary(max_size=63), selector=st.sampled_from(sorted(functions_by_selector("Policy"))))
def test_a_call_that_does_not_decode(words: RulesInWords, arguments: bytes, selector: bytes) -> None:
    """Too short for `setFee`, and without a chain to compare with: never an exception, never hidden."""
    change = words.describe(POLICY, 0, selector + arguments)
    assert change.known or is_warning(change, POLICY, (selector + arguments).hex())


def test_calls_that_could_hide_others(words: RulesInWords) -> None:
    for target, signature in (
        (GOVERNOR, "relay(address,uint256,bytes)"),
        (REGISTRY, "multicall(bytes[])"),
        (POLICY, "addDomain(bytes32)"),  # with money
    ):
        data = function_signature_to_4byte_selector(signature) + bytes(32)
        assert is_warning(words.describe(target, int(target == POLICY), data), target, data.hex())


def test_a_long_call_is_cut_and_says_so(words: RulesInWords) -> None:
    assert str(words.describe(GOVERNOR, 0, b"\xaa" * 5_000)).endswith("aa….")


def test_names_that_would_move_a_cursor(words: RulesInWords) -> None:
    data = function_signature_to_4byte_selector("addDomain(bytes32)") + b"\x1b[2J".ljust(32, b"\0")
    assert is_warning(words.describe(POLICY, 0, data), data.hex())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "no time"), (1, "1 second"), (90, "1 minute 30 seconds"), (90_000, "1 day 1 hour")],
)
def test_durations(seconds: int, text: str) -> None:
    assert duration(seconds) == text
