"""ParticipantRegistry, ValidatorStaking and Reputation: who takes part, with what at stake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.structs import FactKind, Role
from assay_indexer.book import Book
from assay_indexer.projections.registry import fits, on
from assay_indexer.tables import Participant, Rating, ReputationFact, Slash, Stake, Tie

_REGISTRY, _STAKING, _REPUTATION = "ParticipantRegistry", "ValidatorStaking", "Reputation"
_NOBODY = bytes(32)


def _participant(book: Book, address: str) -> Participant:
    found = book.change(Participant, address)
    if found is None:
        found = book.make(
            Participant,
            address,
            primary_role=Role.NONE.words,
            roles=[],
            jurisdiction=0,
            domains=[],
            trusted_from=0,
        )
    return found


def _roles(bitmap: int) -> list[str]:
    return [role.words for role in Role if role and bitmap >> role & 1]


def _domains(packed: int) -> list[int]:
    return [number for shift in (0, 8, 16) if (number := packed >> shift & 0xFF)]


def _digest(value: bytes) -> str | None:
    return None if value == _NOBODY else value.hex()


@on(_REGISTRY, "Registered")
def _registered(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    one = _participant(book, said["account"])
    one.number, one.registered_at = said["index"], book.at
    one.primary_role, one.roles = Role(said["primaryRole"]).words, _roles(said["roles"])
    one.jurisdiction, one.domains = said["jurisdiction"], _domains(said["domains"])
    one.organisation, one.trusted_from = _digest(said["organisation"]), said["trustedFrom"]


@on(_REGISTRY, "RolesChanged")
def _changed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    one = _participant(book, said["account"])
    one.primary_role, one.roles = Role(said["primaryRole"]).words, _roles(said["roles"])
    one.trusted_from = said["trustedFrom"]


@on(_REGISTRY, "DomainsChanged")
def _new_domains(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _participant(book, said["account"]).domains = _domains(said["domains"])


@on(_REGISTRY, "EncryptionKeyChanged")
def _key(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    _participant(book, said["account"]).encryption_key = said["encryptionKey"].hex()


@on(_REGISTRY, "Accredited")
def _accredited(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    one = _participant(book, said["account"])
    one.accredited_as, one.accredited_until = Role(said["role"]).words, said["validUntil"]
    one.accreditor, one.organisation = said["accreditor"], _digest(said["organisation"])


@on(_REGISTRY, "AccreditationRevoked")
def _revoked(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    one = _participant(book, said["account"])
    one.accredited_as, one.accredited_until = None, None


@on(_REGISTRY, "TieDeclared")
def _tie(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.make(Tie, said["account"], said["other"], until=said["until"])


@on(_STAKING, "Staked")
def _staked(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if stake := book.change(Stake, said["validator"]):
        stake.amount = said["total"]
    else:
        book.make(Stake, said["validator"], amount=said["total"], exiting=0, slashed=0)


@on(_STAKING, "ExitRequested")
def _exit(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if stake := book.change(Stake, said["validator"]):
        stake.amount -= said["amount"]
        stake.exiting, stake.exit_at = said["amount"], said["availableAt"]


@on(_STAKING, "ExitCompleted")
def _exited(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if stake := book.change(Stake, said["validator"]):
        stake.exiting, stake.exit_at = 0, None


@on(_STAKING, "Slashed")
def _slashed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if stake := book.change(Stake, said["validator"]):
        stake.amount -= said["amount"]
        stake.slashed += said["amount"]
    reason = said["reason"].rstrip(b"\0").decode("ascii", "replace").replace("\0", "")
    module = book.name_of(said["module"])
    book.fact(Slash, validator=said["validator"], module=module, amount=said["amount"], reason=reason)


@on(_REPUTATION, "FactRecorded")
def _fact(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if fits(said["dealId"]):
        book.fact(
            ReputationFact,
            source=book.name_of(said["source"]),
            deal_id=said["dealId"],
            subject=said["subject"],
            domain=said["domain"],
            kind=FactKind(said["kind"]).words,
            count=said["count"],
            weight=said["weight"],
        )


@on(_REPUTATION, "Rated")
def _rated(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    if fits(said["dealId"]):
        book.fact(
            Rating,
            source=book.name_of(said["source"]),
            deal_id=said["dealId"],
            subject=said["subject"],
            rater=said["rater"],
            domain=said["domain"],
            stars=said["stars"],
            weight=said["weight"],
            comment=said["comment"].hex(),
        )
