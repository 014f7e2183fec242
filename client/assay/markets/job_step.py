"""What a job of another contract is waiting for: who has to do what, and by when."""

from __future__ import annotations

from functools import partial

from assay.deal.metric import metric_of
from assay.deal.round_step import NOBODY, NextStep, round_step
from assay.errors import InvalidInput
from assay.manifests import CommissionSpec
from assay.markets.job_contract import read_job
from assay.session import Session
from assay.structs import Job, JobCause, JobState, JobStatus

_WHY = {
    JobCause.PASSED: "the model has passed and was delivered",
    JobCause.CLIENT_SILENT: "the client did not grant its data's key",
    JobCause.BAD_DATA: "the panel could not attest the data",
    JobCause.NOTHING_ASKED: "no score was asked for in time",
    JobCause.BELOW_THRESHOLD: "the model did not pass",
    JobCause.PROVIDER_SILENT: "the provider did not grant its model's key",
    JobCause.NO_ANSWER: "there was no panel, or none that agreed",
    JobCause.BAD_MODEL: "the model does not open, or was refused",
    JobCause.NOT_DELIVERED: "nobody delivered in time",
}


def job_step(session: Session, number: int, job: Job) -> NextStep:
    """Read from the chain what is due now."""
    advance = f"`assay job advance {number}`"
    match job.state:
        case JobState.ATTESTING | JobState.JUDGING:
            grant = f"assay job grant {number}"
            metric = partial(metric_of, session, job.spec, CommissionSpec)
            grants = {0: ("client", grant), 1: ("provider", grant)}
            return round_step(session, job.panel_id, advance, metric, grants)
        case JobState.PASSED | JobState.FAILED:
            return _to_conclude(session, number, job)
        case JobState.COMPLETED | JobState.REJECTED:
            return NextStep(NOBODY, _ended(number, job), 0)
    if session.now() >= job.deadline:
        return NextStep("anyone", f"the time is over: {advance}", 0)
    if job.state == JobState.DELIVERING:
        what = f"deliver the model's key: `assay job deliver {number}`"
        return NextStep("provider or anyone who holds the key", what, job.deadline)
    return _ready(session, number, job, advance)


def _ready(session: Session, number: int, job: Job, advance: str) -> NextStep:
    there = _status(session, job)
    if there is not None and there > JobStatus.SUBMITTED:
        return NextStep(
            "anyone", f"the job is {there.words} in its own contract; let the panel go: {advance}", 0
        )
    ask = f"have the model scored: `assay job evaluate {number} MODEL.onnx CARD.json`"
    what = (
        ask if there == JobStatus.SUBMITTED else f"submit in the job contract, once it is funded, and {ask}"
    )
    return NextStep("provider", what, job.deadline)


def _to_conclude(session: Session, number: int, job: Job) -> NextStep:
    there = _status(session, job)
    if there is not None and there > JobStatus.SUBMITTED:
        return NextStep(NOBODY, f"the job is {there.words} in its own contract; {_WHY[job.cause]}", 0)
    end = "completed" if job.state == JobState.PASSED else "rejected"
    what = f"{_WHY[job.cause]}: tell the job contract that it is {end}: `assay job conclude {number}`"
    return NextStep("anyone", what, 0)


def _status(session: Session, job: Job) -> JobStatus | None:
    """What the job contract says, or None if it says nothing that can be read."""
    try:
        return read_job(session, job.jobs, job.job_id).status
    except InvalidInput:
        return None


def _ended(number: int, job: Job) -> str:
    if job.cause == JobCause.PASSED:
        return f"completed; `assay job fetch {number} FILE` opens the model"
    return f"{job.state.words}: {_WHY[job.cause]}"
