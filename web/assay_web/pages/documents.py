"""Documents and sealed files behind digests: shown, handed out, and taken from browsers for storage.

Only what has the form of a manifest or of a sealed file passes, so that these pages host nothing else; each
is named by its digest, which the browser computes and checks itself.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from assay.errors import AssayError
from assay.manifests import parse_any
from assay.manifests.base import MAX_BYTES
from assay.store.cid import CHUNK_BYTES, Cid, cid_of_block, unixfs_cid
from assay_web.intake import INTAKE
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.safe_text import name
from assay_web.sentences import say

router = APIRouter()
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
CidText = Annotated[str, Path(pattern=r"^baf[a-z2-7]{56}$")]
_MAGIC = b"assaySL\x01"
_MOST_BYTES = 2**31
_IN_MEMORY = 1 << 20
DOWNLOAD = {"Content-Disposition": "attachment"}
"""Of what is saved, and never shown as a page."""


@router.get("/documents/{digest}")
def document(request: Request, digest: Digest, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """A manifest, field by field."""
    block = block_of(found, digest)
    manifest = parse_any(block)
    rows = list(_flat(json.loads(block)))
    title = say("document.title", kind=name(manifest.kind))
    return page(request, "document.html", title=title, kind=manifest.kind, digest=digest, rows=rows)


@router.get("/documents/{digest}/raw")
def raw(digest: Digest, found: Annotated[Reading, Depends(reading)]) -> Response:
    """Its bytes, for whoever checks the digest."""
    block = block_of(found, digest)
    parse_any(block)
    return Response(block, media_type="application/json", headers=DOWNLOAD)


@router.post("/documents")
async def publish(request: Request, found: Annotated[Reading, Depends(reading)]) -> JSONResponse:
    """Keep a manifest that a browser has made."""
    with tempfile.SpooledTemporaryFile(max_size=MAX_BYTES) as file:
        await INTAKE.take(request, file, most=MAX_BYTES)
        block = file.read()

    def keep() -> JSONResponse:
        try:
            parse_any(block)
            cid = found.market.session.store.put_block(block)
        except AssayError as error:
            return _refusal(error)
        return JSONResponse({"digest": cid.digest.hex()})

    return await run_in_threadpool(keep)


@router.get("/artifacts/{cid}")
def artifact(cid: CidText, found: Annotated[Reading, Depends(reading)]) -> StreamingResponse:
    """A sealed file, as it is stored: nobody can read it without its key."""
    pieces = found.market.session.store.get(Cid.parse(cid), max_bytes=_MOST_BYTES)
    with from_storage():
        first = next(pieces, b"")
    if not first.startswith(_MAGIC):
        raise HTTPException(404)

    def all_of() -> Iterator[bytes]:
        yield first
        yield from pieces

    return StreamingResponse(all_of(), media_type="application/octet-stream", headers=DOWNLOAD)


@router.post("/artifacts")
async def keep_artifact(
    request: Request,
    cid: Annotated[str, Query(pattern=r"^baf[a-z2-7]{56}$")],
    found: Annotated[Reading, Depends(reading)],
) -> JSONResponse:
    """Keep a file that a browser has sealed; it has to be the one with this CID."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        await INTAKE.take(request, file, most=_MOST_BYTES)
        if file.read(len(_MAGIC)) != _MAGIC:
            return JSONResponse({"text": say("document.unsealed").unescape()}, status_code=422)

        def keep() -> JSONResponse:
            try:
                expected = Cid.parse(cid)
                if unixfs_cid(_pieces(file)) != expected:
                    return JSONResponse({"text": say("document.misnamed").unescape()}, status_code=422)
                stored = found.market.session.store.put(_pieces(file), expected=expected)
            except AssayError as error:
                return _refusal(error)
            return JSONResponse({"cid": str(stored)})

        return await run_in_threadpool(keep)


def block_of(found: Reading, digest: str) -> bytes:
    """What is stored under a digest; raises :class:`StoreError` where it cannot be had."""
    with from_storage():
        return found.market.session.store.get_block(cid_of_block(bytes.fromhex(digest)))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """All of it, from its beginning."""
    file.seek(0)
    while piece := file.read(CHUNK_BYTES):
        yield piece


def _refusal(error: AssayError) -> JSONResponse:
    return JSONResponse({"text": str(error)}, status_code=422)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """A row for each leaf of a document, by its path."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for place, one in enumerate(value):
            yield from _flat(one, f"{path}.{place}")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
