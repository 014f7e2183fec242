"""Views of Chambers. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def CLOCK_MODE() -> View[str]:
    return View("Chambers", "CLOCK_MODE", str)


def REGISTRY() -> View[str]:
    return View("Chambers", "REGISTRY", str)


def SEAT_DELAY() -> View[int]:
    return View("Chambers", "SEAT_DELAY", int)


def chamber_of(account: str) -> View[structs.Role]:
    return View("Chambers", "chamberOf", structs.Role, account)


def clock() -> View[int]:
    return View("Chambers", "clock", int)


def delegates(account: str) -> View[str]:
    return View("Chambers", "delegates", str, account)


def get_past_total_supply(timepoint: int) -> View[int]:
    return View("Chambers", "getPastTotalSupply", int, timepoint)


def get_past_votes(account: str, timepoint: int) -> View[int]:
    return View("Chambers", "getPastVotes", int, account, timepoint)


def get_votes(account: str) -> View[int]:
    return View("Chambers", "getVotes", int, account)


def holder_of(entity: bytes) -> View[str]:
    return View("Chambers", "holderOf", str, entity)


def nonces(owner: str) -> View[int]:
    return View("Chambers", "nonces", int, owner)


def past_chamber_of(account: str, timepoint: int) -> View[structs.Role]:
    return View("Chambers", "pastChamberOf", structs.Role, account, timepoint)


def past_votes_in(chamber: structs.Role, timepoint: int) -> View[int]:
    return View("Chambers", "pastVotesIn", int, chamber, timepoint)


def seat_of(account: str) -> View[structs.SeatRecord]:
    return View("Chambers", "seatOf", structs.SeatRecord, account)


def votes_in(chamber: structs.Role) -> View[int]:
    return View("Chambers", "votesIn", int, chamber)
