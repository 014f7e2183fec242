"""Views of ValidationOracle. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def FALSE_REPORT() -> View[bytes]:
    return View("ValidationOracle", "FALSE_REPORT", bytes)


def MAX_PANEL() -> View[int]:
    return View("ValidationOracle", "MAX_PANEL", int)


def MAX_SUBJECTS() -> View[int]:
    return View("ValidationOracle", "MAX_SUBJECTS", int)


def MIN_PANEL() -> View[int]:
    return View("ValidationOracle", "MIN_PANEL", int)


def RANDOMNESS() -> View[str]:
    return View("ValidationOracle", "RANDOMNESS", str)


def REGISTRY() -> View[str]:
    return View("ValidationOracle", "REGISTRY", str)


def SILENT() -> View[bytes]:
    return View("ValidationOracle", "SILENT", bytes)


def STAKING() -> View[str]:
    return View("ValidationOracle", "STAKING", str)


def WITHHELD() -> View[bytes]:
    return View("ValidationOracle", "WITHHELD", bytes)


def is_full(panel_id: int) -> View[bool]:
    return View("ValidationOracle", "isFull", bool, panel_id)


def is_member(panel_id: int, account: str) -> View[bool]:
    return View("ValidationOracle", "isMember", bool, panel_id, account)


def members_of(panel_id: int) -> View[tuple[str, ...]]:
    return View("ValidationOracle", "membersOf", tuple[str, ...], panel_id)


def panel(panel_id: int) -> View[structs.Panel]:
    return View("ValidationOracle", "panel", structs.Panel, panel_id)


def request_of(request_id: int) -> View[structs.ValidationRequest]:
    return View("ValidationOracle", "requestOf", structs.ValidationRequest, request_id)


def result_of(request_id: int) -> View[structs.Result]:
    return View("ValidationOracle", "resultOf", structs.Result, request_id)


def vote_hash(request_id: int, validator: str, report: structs.Report, salt: bytes) -> View[bytes]:
    return View("ValidationOracle", "voteHash", bytes, request_id, validator, report, salt)


def vote_of(request_id: int, seat_number: int) -> View[structs.Vote]:
    return View("ValidationOracle", "voteOf", structs.Vote, request_id, seat_number)
