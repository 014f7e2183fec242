"""Views of Court. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def BOND_TOKEN() -> View[str]:
    return View("Court", "BOND_TOKEN", str)


def ENROLMENT_WAIT() -> View[int]:
    return View("Court", "ENROLMENT_WAIT", int)


def EPOCH() -> View[int]:
    return View("Court", "EPOCH", int)


def FINE_PPM() -> View[int]:
    return View("Court", "FINE_PPM", int)


def MAX_CHOICES() -> View[int]:
    return View("Court", "MAX_CHOICES", int)


def MAX_DRAWS() -> View[int]:
    return View("Court", "MAX_DRAWS", int)


def MAX_ROUNDS() -> View[int]:
    return View("Court", "MAX_ROUNDS", int)


def appeal_cost(dispute_id: int, extra_data: bytes) -> View[int]:
    return View("Court", "appealCost", int, dispute_id, extra_data)


def arbitration_cost(extra_data: bytes) -> View[int]:
    return View("Court", "arbitrationCost", int, extra_data)


def current_ruling(dispute_id: int) -> View[int]:
    return View("Court", "currentRuling", int, dispute_id)


def dispute(dispute_id: int) -> View[structs.CourtDispute]:
    return View("Court", "dispute", structs.CourtDispute, dispute_id)


def dispute_count() -> View[int]:
    return View("Court", "disputeCount", int)


def dispute_status(dispute_id: int) -> View[structs.DisputeStatus]:
    return View("Court", "disputeStatus", structs.DisputeStatus, dispute_id)


def enrolled_at(account: str) -> View[int]:
    return View("Court", "enrolledAt", int, account)


def epoch() -> View[int]:
    return View("Court", "epoch", int)


def jury_fee(fee_of_three: int, round: int) -> View[int]:
    return View("Court", "juryFee", int, fee_of_three, round)


def longest(market: str, deal_id: int) -> View[int]:
    return View("Court", "longest", int, market, deal_id)


def paid_by(dispute_id: int, account: str) -> View[int]:
    return View("Court", "paidBy", int, dispute_id, account)


def pool_size() -> View[int]:
    return View("Court", "poolSize", int)


def seats_of(dispute_id: int, round: int) -> View[tuple[structs.JurySeat, ...]]:
    return View("Court", "seatsOf", tuple[structs.JurySeat, ...], dispute_id, round)


def vote_hash(dispute_id: int, round: int, juror: str, vote: int, salt: bytes) -> View[bytes]:
    return View("Court", "voteHash", bytes, dispute_id, round, juror, vote, salt)
