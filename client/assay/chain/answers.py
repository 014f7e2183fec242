"""A node's answers as Python values. What does not fit raises ValueError, TypeError or LookupError."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from assay.chain.abi import checksum_address
from assay.words.printable import printable

Answer = dict[str, Any]
"""A JSON-RPC answer: has either a ``result`` or an ``error``."""
Fields = dict[str, Any]
"""A transaction or receipt with JSON-RPC's field names, numbers as int and hashes as bytes."""

_NUMBERS = {
    *("blockNumber", "chainId", "cumulativeGasUsed", "effectiveGasPrice", "gas", "gasPrice", "gasUsed"),
    *("maxFeePerGas", "maxPriorityFeePerGas", "nonce", "status", "transactionIndex", "type", "v", "value"),
}
_HASHES = {"blockHash", "hash", "transactionHash"}


@dataclass(frozen=True)
class Header:
    """What identifies a block: number and hash (0x hex), time (Unix seconds), and the parent's hash."""

    number: int
    hash: str
    at: int
    parent: str


class Log(TypedDict):
    """A log entry of a contract, with JSON-RPC's field names."""

    address: str
    topics: list[bytes]
    data: bytes
    blockNumber: int
    blockHash: bytes
    transactionHash: bytes
    logIndex: int


def number(text: str) -> int:
    """A block number, a time or an index."""
    found = quantity(text)
    if found >= 2**63:
        raise ValueError("a number out of range")
    return found


def quantity(text: str) -> int:
    """An amount of at most one word."""
    if text[:2] != "0x" or not 2 < len(text) <= 66:
        raise ValueError("no hexadecimal number")
    return int(text[2:], 16)


def octets(text: str) -> bytes:
    """Bytes of any length."""
    if text[:2] != "0x":
        raise ValueError("no hexadecimal number")
    return bytes.fromhex(text[2:])


def word(text: str) -> bytes:
    """A hash or topic."""
    found = octets(text)
    if len(found) != 32:
        raise ValueError("not 32 bytes")
    return found


def header(raw: Any) -> Header:
    """A block."""
    hashes = ["0x" + word(raw[name]).hex() for name in ("hash", "parentHash")]
    return Header(number(raw["number"]), hashes[0], number(raw["timestamp"]), hashes[1])


def log(raw: Any) -> Log:
    """A log entry of a contract."""
    return {
        "address": checksum_address(raw["address"]),
        "topics": [word(topic) for topic in raw["topics"]],
        "data": octets(raw["data"]),
        "blockNumber": number(raw["blockNumber"]),
        "blockHash": word(raw["blockHash"]),
        "transactionHash": word(raw["transactionHash"]),
        "logIndex": number(raw["logIndex"]),
    }


def fields(raw: Mapping[str, Any]) -> Fields:
    """A transaction or receipt; missing or null fields stay that way."""
    return {name: _field(name, value) for name, value in raw.items()}


def _field(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _NUMBERS:
        return quantity(value)
    if name == "logs":
        return [log(one) for one in value]
    return word(value) if name in _HASHES else value


def refusal(answer: Mapping[str, Any]) -> str:
    """The node's message for a request it declines, as one line that is safe to print."""
    error = answer["error"]
    message = error.get("message") if isinstance(error, dict) else error
    return printable(str(message or error))[:200].rstrip(".")


def revert(answer: Mapping[str, Any]) -> tuple[str, str] | None:
    """Data (0x hex) and message of a call that the contract refused, or None if the node itself declined.

    Nodes differ: geth returns code 3 and data; others only a message, data that begins with "Reverted ", or
    an object instead of data.
    """
    error = answer["error"]
    if not isinstance(error, dict):
        return None
    message, data = str(error.get("message") or ""), error.get("data", "")
    if isinstance(data, str) and (data.startswith("Reverted ") or len(data) >= 10):
        return data, message
    if data is None or isinstance(data, dict) or error.get("code") == 3 or "execution reverted" in message:
        return "", message
    return None
