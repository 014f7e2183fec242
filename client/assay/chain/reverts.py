"""Turns revert data into an exception that says what happened and what to do.

The sentences for our own errors are written above each error in ``contracts/interfaces/`` and shipped with
the ABIs.
"""

from __future__ import annotations

from typing import Any, cast

from eth_typing import ABIComponent

from assay.chain.abi import KnownError, decode_named, errors_by_selector
from assay.chain.library_errors import LIBRARY_ERRORS
from assay.chain.saying import adapted, measured, panel_name, thing_number
from assay.errors import ChainError, ContractError
from assay.structs import (
    AssessmentState,
    Cause,
    Choice,
    Conflict,
    CourtState,
    FactKind,
    JobState,
    JobStatus,
    LineageClaimState,
    OpinionState,
    PledgeState,
    ProposalState,
    Purpose,
    Role,
    RoundState,
    SaleState,
    State,
    TrialState,
)
from assay.words import times
from assay.words.printable import printable

ENUMS: dict[str, type[Choice]] = {
    "IAgenticCommerce.Status": JobStatus,
    "ICommissionMarket.Cause": Cause,
    "IGovernor.ProposalState": ProposalState,
    "ILicences.Purpose": Purpose,
    "IParticipantRegistry.Conflict": Conflict,
    "IParticipantRegistry.Role": Role,
    "IReputation.Kind": FactKind,
}
"""The enums used as arguments of errors, by their names in Solidity."""
DEAL_STATES: dict[str, type[Choice]] = {
    "CommissionMarket": State,
    "Conformity": AssessmentState,
    "Court": CourtState,
    "JobEvaluator": JobState,
    "Licences": SaleState,
    "LineageClaims": LineageClaimState,
    "Opinions": OpinionState,
    "Pledges": PledgeState,
    "Rounds": RoundState,
    "Trials": TrialState,
}
"""Each contract's enum of states. Errors that ``Deals`` declares for all of them carry only the number."""
_MARKETS = {"CommissionMarket", "Conformity", "JobEvaluator", "Trials"}
_PASSED_ON = {
    "Deliveries.deliverAgreed": "CommissionMarket",
    "Deliveries.refute": "CommissionMarket",
    "Disputes.appeal": "Court",
    "Disputes.open": "CommissionMarket",
}
"""Calls that pass on another contract's errors from ``Deals``, and raise none of these themselves."""
_FIRST_PANEL_ID = 2**32  # the low 32 bits of a panel's id are its room
_ERROR_STRING = bytes.fromhex("08c379a0")  # Error(string)
_PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)
_TIMES = {
    "at",
    "until",
    "deadline",
    "opensAt",
    "endsAt",
    "availableAt",
    "validUntil",
    "commitEnds",
    "revealEnds",
    "countsFrom",
    "haltableFrom",
    "executableFrom",
    "snapshot",
    "expiredAt",
    "earliest",
    "latest",
    "formerly",
}


def contract_error(data: str, message: str = "", contract: str = "") -> ContractError:
    """Decode revert *data* (0x hex) with all our ABIs, so that errors of nested calls are recognised too.

    Args:
        data: what the node says the call reverted with; it may be anything.
        message: the node's own words, used if *data* says nothing.
        contract: the contract called, or ``Contract.function``; its own errors take precedence over others
            with the same selector.
    """
    speaker, contract = _PASSED_ON.get(contract, ""), contract.partition(".")[0]
    try:
        raw = bytes.fromhex(data.removeprefix("Reverted ").removeprefix("0x"))
    except ValueError:
        raw = b""
    selector, body = raw[:4], raw[4:]
    try:
        if selector == _ERROR_STRING:
            reason = decode_named([{"type": "string", "name": "reason"}], body)["reason"]
            return ContractError(f"The contract refuses: {_quoted(reason)}.", name="Error")
        if selector == _PANIC:
            return _panic(decode_named([{"type": "uint256", "name": "code"}], body)["code"])
        known = errors_by_selector(*((contract,) if contract else ()))
        if selector in known:
            error = known[selector]
            return _known(error, decode_named(error.components, body), speaker or _speaker(contract, body))
    except ChainError:
        pass
    if raw:
        return ContractError(
            f"The contract refuses with an error that this version does not know (0x{selector.hex()}).",
            name="Unknown",
            hint="Update Assay, or check that the deployment file belongs to this market.",
        )
    return ContractError(f"The contract refuses: {_quoted(message)}.", name="Unknown")


def _speaker(contract: str, body: bytes) -> str:
    """The contract that was called, or Rounds if a market passes on what Rounds says about a panel.

    Both have the errors of ``Deals``, such as ``NothingDue``; the id tells them apart.
    """
    about_a_panel = contract in _MARKETS and int.from_bytes(body[:32]) >= _FIRST_PANEL_ID
    return "Rounds" if about_a_panel else contract


def _known(error: KnownError, arguments: dict[str, Any], contract: str) -> ContractError:
    notice, hint = error.notice, error.hint
    if not notice:
        notice, hint = LIBRARY_ERRORS.get(error.name, (f"The contract refuses: {error.name}.", ""))
    values = zip(error.components, arguments.values(), strict=True)
    shown = {name: _show(contract, *value) for name, value in zip(arguments, values, strict=True)}
    if contract == "Rounds" and isinstance(arguments.get("id"), int):
        shown["id"] = panel_name(arguments["id"])
    notice, hint = (measured(adapted(contract, sentence), arguments, shown) for sentence in (notice, hint))
    return ContractError.told(error.name, notice, hint, arguments, shown)


def _panic(code: int) -> ContractError:
    return ContractError(
        f"The contract failed an internal check (panic 0x{code:02x}).",
        name="Panic",
        arguments={"code": code},
        hint="An amount may be out of range; if not, this is a defect, please report it.",
    )


def _show(contract: str, component: ABIComponent, value: Any) -> str:
    name = component.get("name", "")
    choices = _choices(contract, component)
    if choices and value in list(choices):
        return choices(value).words
    if name in _TIMES and isinstance(value, int):
        return times.local(value)
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        return (
            text.decode() if text and text.isascii() and text.decode().isprintable() else "0x" + value.hex()
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return thing_number(name, value) if _is_number(name) else f"{value:,}"
    return _quoted(str(value))


def _is_number(name: str) -> bool:
    """Whether an argument numbers a thing, so it is shown as it can be typed into a hint's command."""
    return name == "id" or name.endswith(("Id", "ID", "Number"))


def _choices(contract: str, component: ABIComponent) -> type[Choice] | None:
    """The enum of an argument, including roles and states of deals, which are passed as plain numbers."""
    kind = cast(dict[str, str], component).get("internalType", "")
    if kind.startswith("enum "):
        return ENUMS.get(kind.removeprefix("enum "))
    return {"role": Role, "state": DEAL_STATES.get(contract)}.get(component.get("name", ""))


def _quoted(text: str) -> str:
    return printable(text)[:200].rstrip(".")
