"""On what terms an artifact may be used."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from assay.manifests.base import Manifest
from assay.manifests.fields import CidText, Digest, Line, Uint256

SpdxExpression = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.+()\- ]{1,128}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""

Purpose = Literal["use", "serve", "derive", "research"]
"""Purposes of use. The index in this list is the bit on the chain, so new ones go at the end."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PURPOSE_WORDS: dict[Purpose, str] = {
    "use": "the holder's own work, by as many people or machines as it has seats",
    "serve": "answering others' queries, for pay or not",
    "derive": "making models from it by fine-tuning, distillation or composition, which owe royalties",
    "research": "research that is not for profit",
}

Restriction = Literal[
    "unlawful", "minors", "falsehoods", "personal-data", "harassment", "automated-decisions",
    "discrimination", "vulnerable", "medical-advice", "policing", "surveillance", "weapons",
    "identify-people", "extract-data",
]  # fmt: skip
"""Use restrictions; the first eleven follow attachment A of the BigScience OpenRAIL-M licence (2022)."""

RESTRICTIONS: tuple[Restriction, ...] = get_args(Restriction)
RESTRICTION_WORDS: dict[Restriction, str] = {
    "unlawful": "to break a law or regulation that applies",
    "minors": "to exploit, harm, or attempt to exploit or harm minors",
    "falsehoods": "to make or spread information known to be false in order to harm others",
    "personal-data": "to make or spread personal data that can be used to harm a person",
    "harassment": "to defame, disparage or harass others",
    "automated-decisions": "for fully automated decisions that affect a person's legal rights or obligations",
    "discrimination": "to discriminate against persons for what they are, believe, or are thought to become",
    "vulnerable": "to exploit the vulnerabilities of a group of persons so as to distort their behaviour",
    "medical-advice": "to give medical advice or interpret medical results without a qualified person",
    "policing": "to predict who will commit an offence, or for the administration of justice",
    "surveillance": "to watch or track persons who have not agreed to it",
    "weapons": "to develop, make or use weapons",
    "identify-people": "to find out who stands behind a row of data",
    "extract-data": "to recover data that the model was trained on",
}


def _is_none(value: object) -> bool:
    return value is None


def _is_empty(value: tuple[object, ...]) -> bool:
    return not value


class Licence(Manifest):
    """Either an SPDX licence expression (https://spdx.org/licenses) or a text of one's own, by its CID.

    The other fields are the terms of an offer; the chain keeps those that it checks beside the digest. A
    licence that leaves one out does not limit it.
    """

    kind: Literal["Licence"] = "Licence"
    version: Literal[1] = 1
    spdx: SpdxExpression | None = None
    text: CidText | None = None
    terms: Annotated[tuple[Line, ...], Field(max_length=32)] = ()
    """What the parties agreed besides the licence, one line each."""
    purposes: tuple[Purpose, ...] = Field(default=(), max_length=len(PURPOSES), exclude_if=_is_empty)
    """What it may be used for, in the order of the list."""
    audience: Line | None = Field(default=None, exclude_if=_is_none)
    """Whom it is meant for, in words."""
    jurisdictions: tuple[Country, ...] = Field(default=(), max_length=64, exclude_if=_is_empty)
    """Where it may be used."""
    term_seconds: int | None = Field(default=None, ge=1, le=2**40, exclude_if=_is_none)
    """How long it lasts, from the purchase."""
    seats: int | None = Field(default=None, ge=1, le=2**31, exclude_if=_is_none)
    """How many people or machines may use it at a time."""
    restrictions: tuple[Restriction, ...] = Field(
        default=(), max_length=len(RESTRICTIONS), exclude_if=_is_empty
    )
    """What it may not be used for, in the order of the list."""
    further_restrictions: tuple[Line, ...] = Field(default=(), max_length=16, exclude_if=_is_empty)
    """Further forbidden uses in free text, each completing the sentence "It may not be used ..."."""
    breach_bond: Uint256 | None = Field(default=None, exclude_if=_is_none)
    """What the holder puts up, and loses if a jury confirms a breach; base units of the offer's token."""
    agreement: Digest | None = Field(default=None, exclude_if=_is_none)
    """The text that a holder must have signed."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.spdx is None) == (self.text is None):
            raise ValueError("a licence is either an SPDX expression or a text")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        ordered = (self.purposes, PURPOSES), (self.restrictions, RESTRICTIONS)
        if any(tuple(one for one in all_of if one in said) != said for said, all_of in ordered):
            raise ValueError("purposes and restrictions are each named once, in the order of their list")
        if len(set(self.jurisdictions)) != len(self.jurisdictions):
            raise ValueError("a jurisdiction is named twice")
        return self

    def forbids(self) -> tuple[str, ...]:
        """Everything that it may not be used for, each as the end of a sentence."""
        return (*(RESTRICTION_WORDS[one] for one in self.restrictions), *self.further_restrictions)

    def missing_from(self, other: "Licence") -> tuple[str, ...]:
        """The restrictions that *other* drops. The licence of a model made from this one keeps them all."""
        kept = set(other.forbids())
        return tuple(one for one in self.forbids() if one not in kept)


def bits_of(purposes: Iterable[Purpose]) -> int:
    """The bitmap of *purposes*, as stored in contracts."""
    return sum({1 << PURPOSES.index(purpose) for purpose in purposes})


def purposes_of(bits: int) -> tuple[Purpose, ...]:
    """The purposes of a bitmap; bits that this version has no name for are left out."""
    return tuple(purpose for place, purpose in enumerate(PURPOSES) if bits >> place & 1)
