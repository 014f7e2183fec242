"""Questions about jobs of other contracts that this market evaluates."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from assay_indexer import tables as t
from assay_indexer.api.asked import MISSING, At, Choice, Limit, Number, Offset, answer, none_such, rows_of
from assay_indexer.api.shapes import Answer, Rows, parts_shape, shape_of, shown, shown_parts, sources
from assay_indexer.goods import rows
from assay_indexer.jobs import JobParts, job
from assay_indexer.projections.jobs import MARKET

router = APIRouter(prefix="/v1")
Job = shape_of(t.Job)
JobId = Annotated[int | None, Query(ge=0, lt=2**256, description="The job's number in its contract.")]


@router.get("/jobs", response_model=Answer[Rows[Job]])  # type: ignore[valid-type]
def jobs(
    view: At,
    contract: Choice = None,
    job_id: JobId = None,
    client: Choice = None,
    provider: Choice = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> Any:
    """Enrolled jobs, the newest first."""
    same = {"contract": contract, "job_id": job_id, "client": client, "provider": provider}
    page = rows(view, t.Job, offset, limit, **same)
    return answer(view, rows_of(page, [shown(one) for one in page.items]))


@router.get("/jobs/{number}", response_model=Answer[parts_shape(JobParts)], responses=MISSING)  # type: ignore[misc]
def one_job(view: At, number: Number) -> Any:
    """An enrolled job by its number here: how it stands, what the panel said, what it cost."""
    found = job(view, number)
    if found is None:
        raise none_such("such job")
    return answer(view, shown_parts(found), sources(view, "deal", f"{MARKET}/{number}"))
