"""Views of Conformity. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def ESCROW() -> View[str]:
    return View("Conformity", "ESCROW", str)


def MAX_PANEL() -> View[int]:
    return View("Conformity", "MAX_PANEL", int)


def MIN_PANEL() -> View[int]:
    return View("Conformity", "MIN_PANEL", int)


def POLICY() -> View[str]:
    return View("Conformity", "POLICY", str)


def REGISTRY() -> View[str]:
    return View("Conformity", "REGISTRY", str)


def ROUNDS() -> View[str]:
    return View("Conformity", "ROUNDS", str)


def assessment(id: int) -> View[structs.ConformityAssessment]:
    return View("Conformity", "assessment", structs.ConformityAssessment, id)


def assessment_count() -> View[int]:
    return View("Conformity", "assessmentCount", int)


def attested(set_id: int, manifest: bytes) -> View[bytes]:
    return View("Conformity", "attested", bytes, set_id, manifest)


def first_applicant(manifest: bytes) -> View[str]:
    return View("Conformity", "firstApplicant", str, manifest)


def is_current(set_id: int, manifest: bytes, interval: int) -> View[bool]:
    return View("Conformity", "isCurrent", bool, set_id, manifest, interval)


def quote(set_id: int, evaluation_fee: int) -> View[int]:
    return View("Conformity", "quote", int, set_id, evaluation_fee)


def standing_of(set_id: int, manifest: bytes) -> View[structs.Standing]:
    return View("Conformity", "standingOf", structs.Standing, set_id, manifest)


def test_set(set_id: int) -> View[structs.TestSet]:
    return View("Conformity", "testSet", structs.TestSet, set_id)


def test_set_count() -> View[int]:
    return View("Conformity", "testSetCount", int)
