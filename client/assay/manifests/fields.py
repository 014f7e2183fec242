"""The kinds of field that manifests are made of.

Digests, keys and ciphertexts are lower-case hex without a prefix; addresses are EIP-55; integers that may
exceed JSON's exact range (2^53) are decimal strings in JSON and ``int`` in Python. Texts refuse control
characters and bidirectional overrides, which could forge what a terminal or a web page shows.
"""

import re
from functools import lru_cache
from typing import Annotated

from eth_utils.address import is_checksum_formatted_address, is_hex_address, to_checksum_address
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from assay.errors import AssayError
from assay.store.cid import Cid

_UNPRINTABLE = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
_LINE = rf"^[^\t\n{_UNPRINTABLE}]+$"
_PROSE = rf"^[^{_UNPRINTABLE}]*$"

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
"""One line of text for people, or a name taken from somebody else's file."""

Prose = Annotated[str, StringConstraints(max_length=10_000, pattern=_PROSE)]
"""Paragraphs; line feeds and tabs are allowed."""

LongText = Annotated[str, StringConstraints(min_length=1, max_length=200_000, pattern=_PROSE)]
"""A document for people."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
"""A short machine name, such as a domain; fits a ``bytes32`` on-chain."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""32 bytes: a digest, a ``bytes32`` id, an X25519 public key."""

Ppm = Annotated[int, Field(ge=0, le=1_000_000)]
"""A rate in parts per million."""

Size = Annotated[int, Field(ge=0, le=2**50)]
"""Bytes."""

ChainId = Annotated[int, Field(ge=1, le=2**53 - 1)]
"""EIP-155 chain id."""


def _cid(text: str) -> str:
    try:
        return str(Cid.parse(text))
    except AssayError as error:
        raise ValueError(error.message) from error


CidText = Annotated[str, StringConstraints(pattern=r"^baf[a-z2-7]{56}$"), AfterValidator(_cid)]
"""The canonical text of a :class:`assay.store.cid.Cid`."""


@lru_cache(maxsize=4096)  # a dossier names the same few accounts hundreds of times
def _address(text: str) -> str:
    if is_checksum_formatted_address(text) and to_checksum_address(text) != text:
        raise ValueError("the address's checksum is wrong (EIP-55)")
    if not is_hex_address(text):
        raise ValueError("not an address")
    return to_checksum_address(text)


Address = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$"), AfterValidator(_address)]
"""An account or contract; any capitalisation is taken, EIP-55 is kept."""


def _decimal(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"0|[1-9][0-9]{0,77}", value):
            raise ValueError("not a decimal number")
        return int(value)
    return value


Uint256 = Annotated[
    int,
    Field(ge=0, lt=2**256),
    BeforeValidator(_decimal),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^(0|[1-9][0-9]{0,77})$"}),
]
"""An on-chain counter or amount in base units."""
