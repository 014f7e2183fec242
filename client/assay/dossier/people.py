"""Who took part, as registered at the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.chain import Event
from assay.dossier.judgements import AuditRecord, DisputeRecord, OpinionRecord
from assay.dossier.parts import (
    Deal,
    Person,
)
from assay.dossier.reading import Reading
from assay.governance.policy import Policy
from assay.structs import Role

_ACCREDITED = 1 << Role.AUDITOR | 1 << Role.REGULATOR
ASKER = "asker of an opinion"
"""The role of whoever ordered an opinion, whether part of the deal or not."""
_Part = tuple[str, str, int, int]
"""Account, part, deal, block."""


def read_people(
    reading: Reading,
    deals: Iterable[Deal],
    audits: Iterable[AuditRecord],
    opinions: Iterable[OpinionRecord],
    disputes: Iterable[DisputeRecord],
    owner: str,
) -> Iterator[Person]:
    """One row per account and part, in order of appearance; unregistered accounts have the role "none"."""
    parts = [(owner, "owner", 0, reading.block.number)]
    for deal in deals:
        parts += _parts(deal)
    for audit in audits:
        parts += [(seat.auditor, "auditor", audit.deal, seat.seated.block) for seat in audit.seats]
    for opinion in opinions:
        parts.append((opinion.asker, ASKER, opinion.deal, opinion.asked.block))
        parts += [
            (one.auditor, "auditor asked", opinion.deal, one.accepted.block) for one in opinion.auditors
        ]
    for dispute in disputes:
        jurors = [juror for jury in dispute.rounds for juror in jury.jurors if juror.accepted]
        parts += [(juror.account, "juror", dispute.deal, juror.drawn.block) for juror in jurors]
    codes = Policy(reading.session)
    known: dict[str, list[Event]] = {}
    for account, part, deal_number, block in dict.fromkeys(parts):
        if account not in known:
            known[account] = reading.about("ParticipantRegistry", account)
        yield _person(codes, account, part, deal_number, block, known[account])


def _parts(deal: Deal) -> Iterator[_Part]:
    yield deal.customer, "customer", deal.number, deal.opened.block
    yield deal.developer, "developer", deal.number, deal.opened.block
    for bidder in deal.bids.bidders:
        if bidder != deal.developer:
            yield bidder, "losing bidder", deal.number, deal.opened.block
    submitted = deal.attempts[-1].submitted.block
    for payee in deal.payees:
        yield payee.account, "payee", deal.number, submitted
    first: dict[str, int] = {}
    for one in deal.rounds:
        for said in one.said:
            first.setdefault(said.validator, one.asked.block)
    for validator, block in first.items():
        yield validator, "validator", deal.number, block


def _person(codes: Policy, account: str, part: str, deal: int, block: int, events: list[Event]) -> Person:
    role, roles, jurisdiction, organisation = Role.NONE, 0, "", bytes(32)
    until, accreditor = 0, None
    for event in events:
        if event.block > block:
            break
        said = event.arguments
        match event.name:
            case "Registered":
                role, roles, organisation = Role(said["primaryRole"]), said["roles"], said["organisation"]
                jurisdiction = codes.jurisdiction_code(said["jurisdiction"])
            case "RolesChanged":
                if not said["roles"] & roles & _ACCREDITED:
                    until, accreditor = 0, None  # an accreditation lapses with its role
                role, roles = Role(said["primaryRole"]), said["roles"]
            case "Accredited":
                until, accreditor, organisation = said["validUntil"], said["accreditor"], said["organisation"]
            case "AccreditationRevoked":
                until, accreditor = 0, None
    return Person(
        account=account,
        part=part,
        deal=deal,
        as_of=block,
        primary_role=role.words,
        jurisdiction=jurisdiction or "none",
        organisation=organisation.hex(),
        accredited_until=until,
        accreditor=accreditor,
    )
