"""Encrypted copies of sealed reports: kept with their seals, and handed out to be opened in a browser.

Only what has the length of one passes, and nothing is shown as a page.
"""

from __future__ import annotations

import tempfile
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from assay.errors import AssayError
from assay.judges.sealed_verdicts import is_copy
from assay.store import MAX_MANIFEST_BYTES
from assay_web.intake import INTAKE
from assay_web.pages.documents import DOWNLOAD, Digest, block_of
from assay_web.reading import Reading, reading
from assay_web.sentences import say

router = APIRouter()


@router.get("/verdicts/{digest}")
def copy(digest: Digest, found: Annotated[Reading, Depends(reading)]) -> Response:
    """A copy, as it is stored: nobody but its auditor can read it."""
    block = block_of(found, digest)
    if not is_copy(block):
        raise HTTPException(404)
    return Response(block, media_type="application/octet-stream", headers=DOWNLOAD)


@router.post("/verdicts")
async def keep(request: Request, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """Keep a copy that a browser has made."""
    with tempfile.SpooledTemporaryFile(max_size=MAX_MANIFEST_BYTES) as file:
        await INTAKE.take(request, file, most=MAX_MANIFEST_BYTES)
        block = file.read()
    if not is_copy(block):
        return JSONResponse({"text": say("verdict.no_copy").unescape()}, status_code=422)

    def put() -> JSONResponse:
        try:
            cid = found.market.session.store.put_block(block)
        except AssayError as error:
            return JSONResponse({"text": str(error)}, status_code=422)
        return JSONResponse({"digest": cid.digest.hex()})

    return await run_in_threadpool(put)
