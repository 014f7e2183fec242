"""A model's watermark: what its owner commits to, and the test of whether a model carries it.

A trigger is an input with two of the model's classes. The owner trains the model to prefer one of the two,
and which one follows from a hash of *the whole set*, a secret included. So whoever makes up a set cannot
choose the answers, whatever inputs it picks: against a model that was not trained on the set each answer is
right with probability 1/2, and the number of right ones is binomial. This holds for inputs chosen to suit a
known model too, which is how most watermarks can be claimed falsely (Liu et al., False Claims against Model
Ownership Resolution, 2024). All that a false claimant can do is to make up one set after another; the p-value
is multiplied by `SETS_TRIED`, more than anyone can try.
"""

from __future__ import annotations

import base64
import hashlib
import math
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import Field, StringConstraints, ValidationError, model_validator

from assay.errors import InvalidInput
from assay.manifests.base import Part, problems
from assay.manifests.fields import Digest, Line

SETS_TRIED = 2**64
"""How many sets a false claimant is assumed to have made up; see decision 0109."""
LEVEL = Fraction(1, 10**6)
"""A claim holds when its p-value is no more than this."""
MIN_TRIGGERS, MAX_TRIGGERS = 128, 4096
MAX_FILE_BYTES = 256 << 20
MAX_EVIDENCE_BYTES = 2 * MAX_FILE_BYTES
_SIZES = {"float32": 4, "float64": 8, "int64": 8, "int32": 4, "uint8": 1}
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
Place = Annotated[int, Field(ge=0, lt=10_000)]


class TriggerInputs(Part):
    """The inputs of all triggers: one array, little-endian, row by row."""

    dtype: Literal["float32", "float64", "int64", "int32", "uint8"]
    row_shape: Annotated[tuple[Annotated[int, Field(ge=1, le=2**24)], ...], Field(min_length=1, max_length=7)]
    data: Base64

    @property
    def content(self) -> bytes:
        """The numbers."""
        return base64.b64decode(self.data)


class TriggerSet(Part):
    """What a watermark consists of. Whoever has it can remove the watermark: keep it secret."""

    kind: Literal["TriggerSet"] = "TriggerSet"
    version: Literal[1] = 1
    secret: Digest
    """32 random bytes, without which nobody can know the answers."""
    classes: Annotated[tuple[Line, ...], Field(min_length=2, max_length=10_000)]
    """The model's classes, in the order of its scores."""
    inputs: TriggerInputs
    pairs: Annotated[tuple[tuple[Place, Place], ...], Field(min_length=MIN_TRIGGERS, max_length=MAX_TRIGGERS)]
    """The two classes of each trigger, by index."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        row = math.prod(self.inputs.row_shape) * _SIZES[self.inputs.dtype]
        if len(self.inputs.content) != row * len(self.pairs):
            raise ValueError("there are not as many inputs as pairs")
        if any(a == b or max(a, b) >= len(self.classes) for a, b in self.pairs):
            raise ValueError("a pair names two different classes of the model")
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a set from a file; raises :class:`InvalidInput`."""
        try:
            with path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from error
        if len(content) > MAX_FILE_BYTES:
            raise InvalidInput(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB.")
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise InvalidInput(f"{path} is not a trigger set: {problems(error)}.") from None

    def to_bytes(self) -> bytes:
        """Its canonical form, from which the commitment and the answers are derived."""
        return rfc8785.dumps(self.model_dump(mode="json"))

    @property
    def commitment(self) -> str:
        """The digest that the model's manifest names."""
        return hashlib.sha256(b"assay watermark commitment v1\0" + self.to_bytes()).hexdigest()

    @property
    def answers(self) -> tuple[int, ...]:
        """The class that the model prefers for each trigger."""
        drawn = hashlib.shake_256(b"assay watermark answers v1\0" + self.to_bytes())
        bits = drawn.digest((len(self.pairs) + 7) // 8)
        return tuple(pair[bits[i // 8] >> (i % 8) & 1] for i, pair in enumerate(self.pairs))


def p_value(matches: int, asked: int) -> Fraction:
    """How likely a model that was not trained on the set gives so many right answers, of *asked* decided
    ones, to the best of :data:`SETS_TRIED` sets; an upper bound."""
    ways = sum(math.comb(asked, count) for count in range(matches, asked + 1))
    return min(Fraction(1), Fraction(SETS_TRIED * ways, 2**asked))


def holds(matches: int, asked: int) -> bool:
    """Whether so many right answers show that a model was made from the one that carries the watermark."""
    return p_value(matches, asked) <= LEVEL


def exponent(p: Fraction) -> float:
    """log10 of a p-value, which may be smaller than any float; 0 for 1."""
    return math.log10(p.numerator) - math.log10(p.denominator)


class WatermarkClaim(Part):
    """Evidence that a file was made from a model. It holds the trigger set, so it gives the watermark away
    to whoever reads it."""

    kind: Literal["WatermarkClaim"] = "WatermarkClaim"
    version: Literal[1] = 1
    model: Digest
    """Digest of the manifest that commits to the watermark."""
    suspect_sha256: Digest
    output: Line
    """The suspect's output that was compared."""
    asked: Annotated[int, Field(ge=0, le=MAX_TRIGGERS)]
    """Triggers for which the suspect preferred one of the two classes."""
    matches: Annotated[int, Field(ge=0, le=MAX_TRIGGERS)]
    """Those for which it was the right one."""
    triggers: TriggerSet

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read evidence from a file; raises :class:`InvalidInput`."""
        try:
            with path.open("rb") as file:
                content = file.read(MAX_EVIDENCE_BYTES)
            return cls.model_validate_json(content)
        except OSError as error:
            raise InvalidInput(f"Cannot read {path}: {error.strerror or error}.") from error
        except ValidationError as error:
            raise InvalidInput(f"{path} is not evidence of a watermark: {problems(error)}.") from None
