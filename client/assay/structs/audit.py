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
    """Each auditor's fee, base units of *token*."""
    token: Address
    bond: Amount
    developer: Address
    domain: int
    auditors: int
    regulator: bool
    window: int
    cooling_off: int
    conformity_set: int
    """The third-party test set that the model must have passed; 0 for none."""
    reverify_interval: int
    """Seconds for which that pass is valid; 0 for no limit."""
    scopes: int
    """Bitmap of what a report that approves must cover: :func:`~assay.manifests.audit_report.scopes_in`."""
    share_ppm: int
    """The largest share of an auditor's fees that may come from one party; 0 for no cap."""
    share_period: int
    """Seconds over which those fees are counted."""
    share_min_volume: Amount
    """Base units of *token* below which the cap does not apply."""


class Enrolment(Struct):
    """What backs an auditor's seats. Amounts are base units of the staking token."""

    bond: Amount
    locked: Amount
    """The part of the bond that backs held seats; an auditor with too little left is passed over."""
    domains: int
    """Three domains, lowest byte first; 0 if not enrolled."""
    seats: int
    """Seats drawn whose verdict is not posted yet."""
    regulator: bool


class Verdict(Struct):
    """A seat of an audit, and what its auditor said; never erased once posted."""

    auditor: Address
    """The zero address while the seat is vacant."""
    at: int
    """Unix seconds; 0 until the verdict is posted."""
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
        """Whether the verdict has been posted."""
        return self.at != 0


class Audit(Struct):
    """An audit as it stands."""

    terms: AuditTerms
    opener: Address
    deal_id: int
    previous: int
    """The previous audit of the same model version; 0 if there is none."""
    seats: tuple[Verdict, ...]
    seals: tuple[Bytes32, ...]
    """Seals of verdicts not posted yet, by seat; zero if there is none."""
    opening: bool
    """Whether sealed verdicts are being opened; from then on, nobody is drawn."""
    silent: tuple[Address, ...]
    """Auditors who let a deadline pass and lost seat and bond."""
    armed_block: int
    draws: int
    """How often the seats have been drawn."""
    deadline: int
    outcome: AuditOutcome

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts that have been posted."""
        return tuple(seat for seat in self.seats if seat.posted)

    @property
    def sealed(self) -> int:
        """How many verdicts are sealed but not opened."""
        return sum(seal != bytes(32) for seal in self.seals)

    @property
    def owing(self) -> int:
        """How many seated auditors have neither sealed nor posted a verdict."""
        filled = zip(self.seats, self.seals, strict=True)
        return sum(not seat.vacant and not seat.posted and seal == bytes(32) for seat, seal in filled)

    @property
    def one_seat(self) -> bool:
        """Whether there is only one seat, whose verdict is posted at once, as nobody could copy it."""
        return self.terms.auditors == 1

    @property
    def approved_by_majority(self) -> bool:
        """Whether more than half of the seats approve; a test required by the terms may still be missing."""
        return 2 * sum(seat.approved for seat in self.verdicts) > len(self.seats)

    def seat_of(self, account: str) -> int | None:
        """The number of the seat for which *account* was drawn."""
        return next((number for number, seat in enumerate(self.seats) if seat.auditor == account), None)


class FeesPaid(Struct):
    """An auditor's fees in the present period, base units; fees agreed on count as paid."""

    from_party: int
    total: int
