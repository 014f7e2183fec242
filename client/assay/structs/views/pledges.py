"""Views of Pledges. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def FRESH() -> View[int]:
    return View("Pledges", "FRESH", int)


def MAX_TERM() -> View[int]:
    return View("Pledges", "MAX_TERM", int)


def MIN_TERM() -> View[int]:
    return View("Pledges", "MIN_TERM", int)


def deal_of(id: int) -> View[structs.DisputableDeal]:
    return View("Pledges", "dealOf", structs.DisputableDeal, id)


def disputes() -> View[str]:
    return View("Pledges", "disputes", str)


def plays_part(id: int, account: str) -> View[bool]:
    return View("Pledges", "playsPart", bool, id, account)


def pledge_count() -> View[int]:
    return View("Pledges", "pledgeCount", int)


def pledge_of(agreement: bytes, party: str) -> View[int]:
    return View("Pledges", "pledgeOf", int, agreement, party)


def require_agreed(agreement: bytes, party: str) -> View[None]:
    return View("Pledges", "requireAgreed", None, agreement, party)


def state_of(id: int) -> View[structs.PledgeStanding]:
    return View("Pledges", "stateOf", structs.PledgeStanding, id)


def terms_of(agreement: bytes) -> View[structs.PledgeTerms]:
    return View("Pledges", "termsOf", structs.PledgeTerms, agreement)
