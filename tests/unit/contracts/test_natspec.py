"""The check of NatSpec finds every kind of gap, and none where there is none."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SPEC = importlib.util.spec_from_file_location("natspec", ROOT / "scripts" / "natspec.py")
assert SPEC
assert SPEC.loader
natspec = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(natspec)

COMPLETE = """
pragma solidity 0.8.30;
/// @title A shop, as an example.
interface IShop {
    struct Item {
        uint96 price; // base units
        uint40 until; // Unix seconds
    }
    /// @notice `buyer` has bought for `price` base units.
    event Bought(address indexed buyer, uint96 price);
    /// @notice The shop is closed for {buyer}
    /// until {until}.
    /// @custom:hint Come back later; see `shop --help`.
    /// @dev `until` is in seconds.
    error Closed(address buyer, uint40 until);
    /// @notice Buys; anyone.
    function buy() external;
}
"""
GAPS = {
    "an event without a notice": ("/// @notice `buyer` has bought for `price` base units.", "", 2),
    "a function without a notice": ("/// @notice Buys; anyone.", "", 1),
    "a comment without a notice": ("@notice Buys; anyone.", "@dev Buys.", 1),
    "an error without a notice": ("@notice The shop is closed for {buyer}", "@param buyer who came", 1),
    "an error without a hint": ("@custom:hint Come back later; see `shop --help`.", "", 1),
    "a sentence without an end": ("until {until}.", "until {until}", 1),
    "a placeholder that is no argument": ("{until}.", "{deadline}.", 1),
    "a placeholder in a hint": ("`shop --help`.", "{shop}.", 1),
    "a placeholder that is none": ("{until}.", "{until} or }.", 1),
    "an empty placeholder": ("{until}.", "{}.", 1),
    "an amount without a unit": ("for `price` base units", "for `price`", 1),
    "a time without a unit": ("`until` is in seconds", "`until` is the end", 1),
    "a field without a unit": ("// base units", "", 1),
}


def gaps(source: str, path: str = "contracts/interfaces/IShop.sol") -> list[str]:
    return natspec.gaps({path: source})


def test_nothing_is_missing_from_a_complete_interface() -> None:
    assert gaps(COMPLETE) == []


@pytest.fixture(scope="module")
def planted() -> dict[str, list[str]]:
    """What is found by the name of the gap; all in one run of the compiler."""
    names = {f"contracts/interfaces/I{number}.sol": gap for number, gap in enumerate(GAPS)}
    assert all(old in COMPLETE for old, _, _ in GAPS.values())
    found = natspec.gaps({path: COMPLETE.replace(*GAPS[gap][:2]) for path, gap in names.items()})
    return {gap: [line for line in found if line.startswith(path)] for path, gap in names.items()}


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_is_found(planted: dict[str, list[str]], gap: str) -> None:
    assert len(planted[gap]) == GAPS[gap][2]


def test_an_interface_may_name_a_unit_once_for_all() -> None:
    without = COMPLETE.replace("// base units", "").replace("for `price` base units", "for `price`")
    assert len(gaps(without)) == 2
    assert gaps(without.replace("as an example.", "as an example. Amounts are base units.")) == []


@pytest.mark.parametrize("declaration", ["library Shelves { error Empty(); }", "error Empty();"])
def test_an_error_outside_the_interfaces_needs_its_sentences_too(declaration: str) -> None:
    found = gaps(f"pragma solidity 0.8.30; {declaration}", "contracts/market/Shelves.sol")
    assert [gap.split(": ", 2)[2] for gap in found] == [
        "the error has no @notice that ends with a full stop",
        "the error has no @custom:hint that ends with a full stop",
    ]


def test_the_place_is_named() -> None:
    found = gaps(COMPLETE.replace("/// @notice Buys; anyone.", ""))
    assert found == ["contracts/interfaces/IShop.sol:17: IShop.buy: the function has no @notice"]


def test_what_does_not_parse_is_no_success() -> None:
    with pytest.raises(ValueError, match="Expected"):
        gaps("pragma solidity 0.8.30; interface {")


def test_our_contracts_lack_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    natspec.main()
    assert capsys.readouterr().out.strip() == ""
