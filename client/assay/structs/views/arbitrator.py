"""Views of IArbitrator. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def appeal_cost(dispute_id: int, extra_data: bytes) -> View[int]:
    return View("IArbitrator", "appealCost", int, dispute_id, extra_data)


def appeal_period(dispute_id: int) -> View[structs.AppealPeriod]:
    return View("IArbitrator", "appealPeriod", structs.AppealPeriod, dispute_id)


def arbitration_cost(extra_data: bytes) -> View[int]:
    return View("IArbitrator", "arbitrationCost", int, extra_data)


def current_ruling(dispute_id: int) -> View[int]:
    return View("IArbitrator", "currentRuling", int, dispute_id)


def dispute_status(dispute_id: int) -> View[structs.DisputeStatus]:
    return View("IArbitrator", "disputeStatus", structs.DisputeStatus, dispute_id)
