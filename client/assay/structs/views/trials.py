"""Views of Trials. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def allowance_of(offer_id: int) -> View[structs.TrialAllowance]:
    return View("Trials", "allowanceOf", structs.TrialAllowance, offer_id)


def quote(request: structs.TrialRequest) -> View[int]:
    return View("Trials", "quote", int, request)


def trial(id: int) -> View[structs.Trial]:
    return View("Trials", "trial", structs.Trial, id)


def trial_count() -> View[int]:
    return View("Trials", "trialCount", int)
