"""From revert data to an exception that says what happened and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from assay.chain.abi import decode_named, errors_by_selector
from assay.chain.sentences import SENTENCES
from assay.errors import ChainError, ContractError
from assay.printable import printable
from assay.structs import Cause, Choice, Conflict, Phase, ProposalState, Role, State

_CHOICES: dict[str, type[Choice]] = {
    "state": State,
    "current": ProposalState,
    "role": Role,
    "conflict": Conflict,
    "phase": Phase,
    "cause": Cause,
}
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
}


def contract_error(data: str, message: str = "", contract: str = "") -> ContractError:
    """Decode revert *data* (0x hex) with all our ABIs, so that errors of nested calls are understood as well.

    Args:
        data: what the node says the call reverted with; anything may stand there.
        message: the node's own words, used when *data* says nothing.
        contract: that was called; its own errors come before others of the same selector.
    """
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
        known = errors_by_selector(contract)
        if selector in known:
            name, components = known[selector]
            return _known(name, decode_named(components, body))
    except ChainError:
        pass
    if raw:
        return ContractError(
            f"The contract refuses with an error that this version does not know (0x{selector.hex()}).",
            name="Unknown",
            hint="Update Assay, or check that the deployment file belongs to this market.",
        )
    return ContractError(f"The contract refuses: {_quoted(message)}.", name="Unknown")


def _known(name: str, arguments: dict[str, Any]) -> ContractError:
    sentence, hint = SENTENCES.get(name, (f"The contract refuses: {name}.", ""))
    shown = _Shown({key: _show(key, value) for key, value in arguments.items()})
    return ContractError(
        sentence.format_map(shown), name=name, arguments=arguments, hint=hint.format_map(shown)
    )


def _panic(code: int) -> ContractError:
    return ContractError(
        f"The contract failed an internal check (panic 0x{code:02x}).",
        name="Panic",
        arguments={"code": code},
        hint="An amount may be out of range; else this is a defect, please report it.",
    )


class _Shown(dict[str, str]):
    """Arguments for a sentence; the same error has fewer of them in some contracts."""

    def __missing__(self, key: str) -> str:
        return ""


def _show(name: str, value: Any) -> str:
    if name in _CHOICES and value in list(_CHOICES[name]):
        return _CHOICES[name](value).words
    if name in _TIMES and isinstance(value, int):
        return _time(value)
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        return (
            text.decode() if text and text.isascii() and text.decode().isprintable() else "0x" + value.hex()
        )
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else _quoted(str(value))


def _time(seconds: int) -> str:
    if not 0 < seconds < 32_503_680_000:  # the year 3000
        return "no time"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _quoted(text: str) -> str:
    return printable(text)[:200].rstrip(".")
