"""ValidationOracle: panels, requests, reports, results."""

from __future__ import annotations

from assay.manifests.evaluation import ReportStatus
from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class Kind(Choice):
    """What a panel is asked."""

    ATTESTATION = 0
    EVALUATION = 1
    DELIVERY = 2


class Outcome(Choice):
    """What the panel as a whole says."""

    PENDING = 0
    NO_QUORUM = 1
    INCONCLUSIVE = 2
    SCORED = 3
    CANNOT_OPEN = 4
    UNSTABLE = 5
    REJECTED = 6


class PanelTerms(Struct):
    """For whom a panel works, and what its members put at stake."""

    token: Address
    evaluation_fee: Amount
    customer: Address
    seat_stake: Amount
    developer: Address
    appeal_bond: Amount
    size: int
    silence_ppm: int
    withhold_ppm: int
    cooling_off: int
    draw_window: int
    grant_window: int


class Panel(Struct):
    """A panel as it stands; of a dissolved one only the opener is left."""

    opener: Address
    terms: PanelTerms
    armed_block: int
    """The block whose seed draws it, 0 when none is named."""
    draws: int
    """How often a block was named."""
    seated: bool
    dissolved: bool
    members: tuple[Address, ...]
    """By seat; the zero address for a vacant one."""


class RequestTerms(Struct):
    """What a panel is asked, and by when (seconds)."""

    panel_id: int
    kind: Kind
    subject: Bytes32
    commit_window: int
    reveal_window: int
    appeal_window: int
    tolerance: int


class Report(Struct):
    """What one validator reports."""

    status: ReportStatus
    score: int
    criteria: int
    manifest: Bytes32


class Result(Struct):
    """What a panel found."""

    outcome: Outcome
    score: int
    criteria: int
    manifest: Bytes32
    appealed: bool


class ValidationRequest(Struct):
    """A request as it stands; bitmaps are over seats, times Unix seconds."""

    terms: RequestTerms
    commit_ends: int
    reveal_ends: int
    appeal_ends: int
    committed: int
    revealed: int
    tallied: bool
    finalised: bool
    result: Result
    appeal_panel_id: int
    appeal_request_id: int


class Vote(Struct):
    """What one seat has done in a request."""

    committed: bool
    revealed: bool
    report: Report
    """Empty once the panel was asked again or is dissolved; the events have it for ever."""
