"""AuditRegistry: audits and verdicts."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import ZERO_ADDRESS, Amount, Bytes32, Choice, Struct

MAX_DRAWS = 3
"""How often the seats of one audit can be drawn."""


class AuditOutcome(Choice):
    """How an audit ended."""

    PENDING = 0
    APPROVED = 1
    REJECTED = 2
    UNFILLED = 3


class AuditTerms(Struct):
    """What is audited, by how many, by when."""

    subject: Bytes32
    customer: Address
    fee: Amount
    """Each auditor's, base units of *token*."""
    token: Address
    bond: Amount
    developer: Address
    domain: int
    auditors: int
    regulator: bool
    window: int
    cooling_off: int
    conformity_set: int
    """The third-party test set that the model must have passed, 0 for none."""
    reverify_interval: int
    """Seconds for which that pass counts, 0 for no end."""
    scopes: int
    """Bitmap of what a report that approves must cover: :func:`~assay.manifests.audit_report.scopes_in`."""
    share_ppm: int
    """The most of an auditor's fees that may come from one party, 0 for no cap."""
    share_period: int
    """Seconds over which those fees are counted."""
    share_min_volume: Amount
    """Base units of *token* below which the cap is not asked."""


class Enrolment(Struct):
    """What stands behind an auditor's seats. Amounts are base units of the staking token."""

    bond: Amount
    locked: Amount
    """Of the bond, behind seats that are held; who has less left than a deal asks for is passed over."""
    domains: int
    """Three domains, lowest byte first; 0 when not enrolled."""
    seats: int
    """Drawn, and the verdict not posted yet."""
    regulator: bool


class Verdict(Struct):
    """A seat of an audit, and what its auditor said; never erased once posted."""

    auditor: Address
    """The zero address while the seat is vacant."""
    at: int
    """Unix seconds, 0 until the verdict is posted."""
    expires: int
    approved: bool
    scopes: int
    """Bitmap of what the report covers."""

    @property
    def vacant(self) -> bool:
        """Whether nobody has been drawn for the seat."""
        return self.auditor == ZERO_ADDRESS

    @property
    def posted(self) -> bool:
        """Whether the verdict is there."""
        return self.at != 0


class Audit(Struct):
    """An audit as it stands."""

    terms: AuditTerms
    opener: Address
    deal_id: int
    previous: int
    """The audit of the same model version before this one, 0 for none."""
    seats: tuple[Verdict, ...]
    seals: tuple[Bytes32, ...]
    """Of verdicts that are not posted yet, by seat; zero for none."""
    opening: bool
    """Whether sealed verdicts are opened; nobody is drawn any more then."""
    silent: tuple[Address, ...]
    """Who let a deadline pass, and lost seat and bond."""
    armed_block: int
    draws: int
    """How often the seats were drawn."""
    deadline: int
    outcome: AuditOutcome

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Those that have been posted."""
        return tuple(seat for seat in self.seats if seat.posted)

    @property
    def sealed(self) -> int:
        """How many verdicts are sealed and not opened."""
        return sum(seal != bytes(32) for seal in self.seals)

    @property
    def owing(self) -> int:
        """How many auditors sit there and have neither sealed nor posted a verdict."""
        filled = zip(self.seats, self.seals, strict=True)
        return sum(not seat.vacant and not seat.posted and seal == bytes(32) for seat, seal in filled)

    @property
    def one_seat(self) -> bool:
        """Whether the verdict is posted at once: there is nobody to follow."""
        return self.terms.auditors == 1

    @property
    def approved_by_majority(self) -> bool:
        """Whether more than half of the seats approve; a test that the terms name may be missing still."""
        return 2 * sum(seat.approved for seat in self.verdicts) > len(self.seats)

    def seat_of(self, account: str) -> int | None:
        """The number of the seat that *account* was drawn for."""
        return next((number for number, seat in enumerate(self.seats) if seat.auditor == account), None)


class FeesPaid(Struct):
    """An auditor's fees in the present period, base units; agreed on counts as paid."""

    from_party: int
    total: int
