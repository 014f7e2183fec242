"""Views of Trials. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay.structs.view import View


def trial_count() -> View[int]:
    return View("Trials", "trialCount", int)
