"""Views of Opinions. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def MAX_WINDOW() -> View[int]:
    return View("Opinions", "MAX_WINDOW", int)


def MIN_WINDOW() -> View[int]:
    return View("Opinions", "MIN_WINDOW", int)


def OPINION_LIFE() -> View[int]:
    return View("Opinions", "OPINION_LIFE", int)


def opinion(opinion_id: int) -> View[structs.Opinion]:
    return View("Opinions", "opinion", structs.Opinion, opinion_id)


def opinion_count() -> View[int]:
    return View("Opinions", "opinionCount", int)


def require_qualified(market: str, deal_id: int, auditor: str) -> View[None]:
    return View("Opinions", "requireQualified", None, market, deal_id, auditor)
