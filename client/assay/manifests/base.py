"""The basis of every manifest: one canonical form, one digest, one strict reader.

A manifest is one raw IPFS block of canonical JSON (RFC 8785) below 1 MiB, identified on-chain by its sha2-256
digest. There is exactly one block for a given content: every field present, in canonical order and spelling.
"""

import hashlib
import re
from typing import Annotated, TypeVar

import rfc8785
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from assay.errors import ManifestError

MAX_BYTES = 1024 * 1024
"""A manifest is smaller than this: IPFS nodes exchange blocks up to about this size."""


class Part(BaseModel):
    """A component of manifests: immutable, closed, and without silent conversions.

    Raises:
        pydantic.ValidationError: when built from Python values that do not fit.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, json_schema_serialization_defaults_required=True
    )


class Manifest(Part):
    """A document of its own. Each kind narrows ``kind`` and ``version`` to one literal."""

    kind: str
    version: int = 1

    def to_bytes(self) -> bytes:
        """The block: canonical JSON.

        Raises:
            ManifestError: it is 1 MiB or larger.
        """
        try:
            block = rfc8785.dumps(self.model_dump(mode="json"))
        except rfc8785.CanonicalizationError as error:
            raise ManifestError(f"This {self.kind} has no canonical form: {error}.") from error
        if len(block) >= MAX_BYTES:
            raise ManifestError(
                f"This {self.kind} has {len(block):,} bytes.",
                hint="A manifest stays under 1 MiB; shorten it.",
            )
        return block

    def digest(self) -> bytes:
        """sha2-256 of the block (32 bytes): the on-chain pointer."""
        return hashlib.sha256(self.to_bytes()).digest()


M = TypeVar("M", bound=Manifest)


def parse(data: bytes, expected: type[M]) -> M:
    """Read the manifest of kind *expected* from a block.

    The parser limits nesting (200 levels) and digits; any other freedom in JSON (duplicate keys, order,
    spelling of numbers and escapes, byte order marks) is ruled out by comparing with the canonical form.

    Raises:
        ManifestError: too large, malformed, of the wrong kind or version, or not canonical.
    """
    if len(data) >= MAX_BYTES:
        raise ManifestError(f"A block of {len(data):,} bytes is too large for a manifest (1 MiB).")
    try:
        manifest = expected.model_validate_json(data)
    except ValidationError as error:
        raise ManifestError(f"Not a valid {expected.__name__}: {problems(error)}.") from None
    if manifest.to_bytes() != data:
        raise ManifestError(
            f"This {expected.__name__} is not in canonical form (RFC 8785).",
            hint="Publish what to_bytes() returns.",
        )
    return manifest


class _Kind(BaseModel):
    kind: Annotated[str, StringConstraints(max_length=64)]


def kind_of(data: bytes) -> str:
    """The kind stated in a block; raises :class:`ManifestError` if it states none."""
    if len(data) >= MAX_BYTES:
        raise ManifestError(f"A block of {len(data):,} bytes is too large for a manifest (1 MiB).")
    try:
        return _Kind.model_validate_json(data).kind
    except ValidationError as error:
        raise ManifestError(f"Not a manifest: {problems(error)}.") from None


def problems(error: ValidationError) -> str:
    """The first few faults of *error* in one line, without the offending values."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(map(_problem, faults[:5])) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")


def _problem(fault: ErrorDetails) -> str:
    where = ".".join(map(str, fault["loc"]))[:200]  # empty if it is not JSON at all
    said = fault_words(fault)[:200]
    if not where:
        return said
    return f"{where} {said}" if fault["type"] == "missing" else f"{where}: {said}"


def fault_words(fault: ErrorDetails) -> str:
    """What is wrong with a value, in our own words rather than the library's."""
    if fault["type"] in _FAULTS:
        return _FAULTS[fault["type"]]
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return re.sub(r"^(Input|Value|String|URL) should ", "this should ", message)


_WHOLE, _NUMBER, _TEXT = ("this should be a whole number", "this should be a number", "this should be text")
_FAULTS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "string_type": _TEXT,
    "bool_type": "this should be true or false",
    "bool_parsing": "this should be true or false",
    "list_type": "this should be a list",
    "tuple_type": "this should be a list",
    "dict_type": "this should be an object in braces",
    "model_type": "this should be an object in braces",
    "model_attributes_type": "this should be an object in braces",
}
"""Sentences by pydantic's name of the fault."""
