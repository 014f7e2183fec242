"""What all structs have in common."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

ZERO_ADDRESS = "0x" + "00" * 20
ZERO_DIGEST = bytes(32)
MAX_UINT96 = 2**96 - 1


def _of_32_bytes(value: bytes) -> bytes:
    if len(value) != 32:
        raise ValueError("not 32 bytes")
    return value


def _from_hex(value: object) -> object:
    return bytes.fromhex(value) if isinstance(value, str) else value


HexBytes = Annotated[
    bytes,
    BeforeValidator(_from_hex),
    PlainSerializer(bytes.hex, return_type=str, when_used="json"),
]
"""Bytes of any length, such as a signature; hex in JSON."""

Bytes32 = Annotated[HexBytes, AfterValidator(_of_32_bytes)]
"""A digest, key or id; hex in JSON."""

Amount = Annotated[int, Field(ge=0, le=MAX_UINT96), PlainSerializer(str, return_type=str, when_used="json")]
"""Base units of a token; a decimal string in JSON, whose numbers are not exact at this size."""


class Struct(BaseModel):
    """A struct as a contract returns or takes it; fields are the contract's in snake_case."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def to_abi(self) -> dict[str, Any]:
        """The values by the contract's own field names, for encoding."""
        return self.model_dump(by_alias=True)


class Choice(IntEnum):
    """A Solidity enum: its number on the chain, its name in words."""

    @property
    def words(self) -> str:
        """The name for people, such as "panel not seated"."""
        return self.name.lower().replace("_", " ")
