"""Disputes and Court: what is contested, and who judges it."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import ZERO_ADDRESS, ZERO_DIGEST, Amount, Bytes32, Choice, Struct
from assay.structs.policy import Timeouts


class Side(Choice):
    """Whom a vote or ruling is for; NONE is a refusal to rule."""

    NONE = 0
    CUSTOMER = 1
    DEVELOPER = 2


class Ground(Choice):
    """What is claimed to be wrong."""

    DELIVERY = 0
    PANEL_CONDUCT = 1
    AUDIT_MISCONDUCT = 2
    BREACH = 3


class CourtState(Choice):
    """Where a dispute stands in the market's own court."""

    NONE = 0
    SEATING = 1
    VOTING = 2
    REVEALING = 3
    APPEALING = 4
    PAYING = 5
    RULING = 6
    CLOSED = 7


class DisputeStatus(Choice):
    """Where a dispute stands before an outside arbitrator, as in ERC-792."""

    WAITING = 0
    APPEALABLE = 1
    SOLVED = 2


class Case(Struct):
    """A dispute as stored in the Disputes contract."""

    market: Address
    deal_id: int
    deadline: int
    """Unix seconds; if there is no ruling by then, it is resolved for nobody."""
    resolved: bool
    arbitrator: Address
    ground: Ground
    arbitrator_dispute_id: int


class DisputableDeal(Struct):
    """What a market tells the judges of a deal about it."""

    customer: Address
    developer: Address
    """Zero until there is one."""
    arbitrator: Address
    """The arbitrator; zero for the market's own court."""
    token: Address
    domain: int
    subject: Bytes32
    """The manifest last submitted; zero if there is none yet."""
    opened_at: int
    """Unix seconds."""
    cooling_off: int
    """Seconds for which a past dealing is a conflict of interest."""
    fee: Amount
    """Fee of a jury of three, base units of *token*."""
    bond: Amount
    """A juror's bond, base units of the staking token."""
    audit_id: int
    """The deal's last audit; 0 if there is none."""
    timeouts: Timeouts


class AppealPeriod(Struct):
    """When an outside arbitrator's ruling can be appealed, Unix seconds."""

    start: int
    end: int


class JurySeat(Struct):
    """One juror's seat."""

    juror: Address
    """The zero address while the seat is vacant."""
    accepted: bool
    vote: int
    """The vote plus 1; 0 until it is revealed."""
    sealed_vote: Bytes32

    @property
    def vacant(self) -> bool:
        """Whether nobody has been drawn for it."""
        return self.juror == ZERO_ADDRESS

    @property
    def committed(self) -> bool:
        """Whether a sealed vote has been committed."""
        return self.sealed_vote != ZERO_DIGEST


class Jury(Struct):
    """One round of a dispute."""

    payer: Address
    fee: Amount
    size: int
    accepted: int
    committed: int
    revealed: int
    unfilled: bool


class CourtDispute(Struct):
    """A dispute as stored in the court."""

    arbitrable: Address
    market: Address
    deal_id: int
    state: CourtState
    round: int
    """Round of the present jury, from 0."""
    ruling: Side
    deadline: int
    armed_block: int
    draws: int
    juries: int
    """The most rounds possible, by the pool's size when the dispute was opened; the last ruling is final."""
    rounds: tuple[Jury, ...]
