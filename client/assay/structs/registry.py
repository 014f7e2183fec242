"""ParticipantRegistry: who takes part, in which roles."""

from __future__ import annotations

from pydantic import Field

from assay.manifests.fields import Address
from assay.structs.base import Bytes32, Choice, Struct


class Role(Choice):
    """What a participant does in the market (paper, section II)."""

    NONE = 0
    CUSTOMER = 1
    DEVELOPER = 2
    DATA_OWNER = 3
    AUDITOR = 4
    VALIDATOR = 5
    REGULATOR = 6


class Conflict(Choice):
    """Why an account cannot judge a party, in order of precedence."""

    NONE = 0
    SAME_PARTY = 1
    DEALING = 2
    DECLARED_TIE = 3
    SAME_ORGANISATION = 4


class ParticipantRecord(Struct):
    """The packed record; see :class:`assay.participants.Participant` for the readable one."""

    index: int
    primary_role: Role
    roles: int
    jurisdiction: int
    organisation: int
    domains: int
    trusted_from: int
    domains_changed_at: int
    accredited_until: int
    dealt: bool
    tied: bool


class Registration(Struct):
    """What :meth:`assay.participants.Participants.register` sends."""

    primary_role: Role
    secondary_roles: int
    jurisdiction: int
    domains: int
    organisation: Bytes32
    encryption_key: Bytes32


class Credential(Struct):
    """An accreditor's statement about an auditor or regulator (EIP-712)."""

    subject: Address
    role: Role
    organisation: Bytes32
    valid_until: int
    """Unix seconds: the accreditation's end."""
    nonce: int = Field(ge=0)
    deadline: int
    """Unix seconds by which it must be presented."""
