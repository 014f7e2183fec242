"""ValidationOracle: panels, requests, reports, results. Lists of scores have one score per subject."""

from __future__ import annotations

from assay.manifests.evaluation import ReportStatus
from assay.manifests.fields import Address
from assay.structs.base import ZERO_DIGEST, Amount, Bytes32, Choice, Struct


class Kind(Choice):
    """The kind of answer a panel gives, which determines how its members' answers agree."""

    VERDICT = 0
    """Yes or no."""
    SCORE = 1
    """Numbers within a tolerance of one another."""
    DIGEST = 2
    """The word is the answer."""


class Outcome(Choice):
    """The outcome of a question."""

    PENDING = 0
    PANEL_SILENT = 1
    UNDECIDED = 2
    ANSWERED = 3
    CANNOT_OPEN = 4
    UNSTABLE = 5
    REJECTED = 6
    NOT_SEATED = 7
    GRANTER_SILENT = 8


class PanelTerms(Struct):
    """Whom a panel works for, and what its members stake."""

    customer: Address
    seat_stake: Amount
    developer: Address
    size: int
    silence_ppm: int
    withhold_ppm: int
    appellant: Address
    """The zero address, except for an appeal panel."""
    cooling_off: int
    reviewed: int
    """The room of the panel under appeal; 0 if there is none."""


class Panel(Struct):
    """A panel as it stands. A dissolved panel remains only in events."""

    opener: Address
    terms: PanelTerms
    armed_block: int
    """The block whose seed draws it; 0 if none is set."""
    seated: bool
    members: tuple[Address, ...]
    """By seat; the zero address for a vacant one."""
    request_id: int
    """Its last request; 0 if there was none."""


class RequestTerms(Struct):
    """How a panel answers, and by when (seconds)."""

    kind: Kind
    subjects: int
    """Scores in an answer; 0 unless the kind is SCORE."""
    slashable: bool
    """Whether an answer that differs from the panel's costs the seat's stake."""
    tolerance: int
    commit_window: int
    reveal_window: int


class Report(Struct):
    """What one validator reports."""

    status: ReportStatus
    scores: tuple[int, ...] = ()
    criteria: int = 0
    word: Bytes32 = ZERO_DIGEST
    """The word on which those who answered must agree."""
    manifest: Bytes32 = ZERO_DIGEST
    """Digest of the ValidationReport, for readers."""


class Result(Struct):
    """What a panel found."""

    outcome: Outcome
    scores: tuple[int, ...]
    criteria: int
    word: Bytes32


class ValidationRequest(Struct):
    """A panel's last request as it stands; bitmaps are over seats, times Unix seconds."""

    panel_id: int
    terms: RequestTerms
    commit_ends: int
    reveal_ends: int
    seats: int
    committed: int
    revealed: int
    judged: bool
    result: Result
    """Pending until the reveals are in."""


class Vote(Struct):
    """What one seat has done in a panel's last request."""

    committed: bool
    revealed: bool
    report: Report
    """The report as revealed, without its manifest, which is in the events."""
