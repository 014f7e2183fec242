"""Views of JobEvaluator. Written by `scripts/views.py` from its ABI: do not edit."""

from __future__ import annotations

from assay import structs
from assay.structs.view import View


def MAX_DURATION() -> View[int]:
    return View("JobEvaluator", "MAX_DURATION", int)


def earliest_expiry() -> View[int]:
    return View("JobEvaluator", "earliestExpiry", int)


def enrolment(id: int) -> View[structs.Job]:
    return View("JobEvaluator", "enrolment", structs.Job, id)


def enrolment_count() -> View[int]:
    return View("JobEvaluator", "enrolmentCount", int)


def enrolment_of(jobs: str, job_id: int) -> View[int]:
    return View("JobEvaluator", "enrolmentOf", int, jobs, job_id)


def on_refuted(id: int, key_1: bytes) -> View[None]:
    return View("JobEvaluator", "onRefuted", None, id, key_1)


def quote(terms: structs.JobTerms) -> View[int]:
    return View("JobEvaluator", "quote", int, terms)
