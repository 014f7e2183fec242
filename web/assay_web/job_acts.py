"""What can be done about a job of another contract: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.structs import JobState
from assay_indexer.tables import Deal
from assay_web.acts import Act, Field, call

_CONTRACT = "JobEvaluator"


def of_job(job: Deal, *, anyone: bool) -> Iterator[Act]:
    """What client, provider and anybody can do.

    Args:
        anyone: whether a step is due that anybody may take.
    """
    number, client, provider = job.id, (job.buyer,), (job.seller or job.buyer,)
    about = {"number": number, "market": _CONTRACT}
    if job.state in (JobState.ATTESTING.words, JobState.JUDGING.words):
        yield Act("grant_job_data", "grant", about, only=client)
    if job.state == JobState.JUDGING.words:
        yield Act("grant_job_model", "grant", {**about, "model": True}, only=provider)
    if job.state == JobState.READY.words:
        fields = (Field("model", "file"), Field("card", "file"))
        yield Act("evaluate_job", "evaluate-job", {"number": number}, fields, provider)
    if job.state == JobState.DELIVERING.words:
        yield Act("deliver_job", "deliver", about, only=provider)
    if job.cause == "passed":
        yield Act("open_model", "open-model", {"number": number, "job": True}, only=client)
    if anyone and job.state in (JobState.PASSED.words, JobState.FAILED.words):
        yield Act("conclude_job", "call", call("JobEvaluator", "conclude", number))
    elif anyone:
        yield Act("advance_job", "call", call("JobEvaluator", "advance", number))
