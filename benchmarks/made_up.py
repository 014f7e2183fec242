"""Logs as contracts would emit them, for chains that are made up."""

from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic

from assay.chain.abi import event_of
from assay.structs import ZERO_ADDRESS


def encoded(contract: str, name: str, said: dict[str, Any]) -> tuple[list[str], str]:
    """Topics and data of an event, in hex; an argument that is not *said* is nought."""
    event = event_of(contract, name)
    topics, kinds, values = ["0x" + event_abi_to_log_topic(event).hex()], [], []
    for part in event["inputs"]:
        kind = collapse_if_tuple(part)  # type: ignore[arg-type]
        value = said.get(part["name"], zero(kind))
        if part["indexed"]:
            topics.append("0x" + encode([kind], [value]).hex())
        else:
            kinds.append(kind)
            values.append(value)
    return topics, "0x" + encode(kinds, values).hex()


def zero(kind: str) -> Any:
    """The value nought of an ABI type."""
    if kind.endswith("[]"):
        return []
    if kind.startswith("("):
        return tuple(zero(one) for one in kind[1:-1].split(","))
    if kind == "address":
        return ZERO_ADDRESS
    if kind == "bool":
        return False
    return bytes(32) if kind == "bytes32" else 0
