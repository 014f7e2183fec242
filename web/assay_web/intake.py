"""Bodies that browsers send: bounded each, and bounded an hour for each sender."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import IO

from fastapi import HTTPException, Request

from assay_indexer.api.limits import client_of

_HOUR = 3600.0
_MOST_SENDERS = 10_000


class Intake:
    """Counts what each address has sent in the hour since its first, and refuses what is beyond."""

    def __init__(self, *, bytes_an_hour: int) -> None:
        self._most, self._lock = bytes_an_hour, threading.Lock()
        self._sent: OrderedDict[str, tuple[float, int]] = OrderedDict()  # since when, and how much

    async def take(self, request: Request, file: IO[bytes], *, most: int) -> None:
        """Write the body of *request* to *file*, which is then at its beginning.

        Raises:
            HTTPException: 413 beyond *most* bytes, 429 beyond what an address may send in an hour.
        """
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise HTTPException(413)
            self.count(request, len(piece))
            file.write(piece)
        file.seek(0)

    def count(self, request: Request, size: int) -> None:
        """Note so many bytes of its sender.

        Raises:
            HTTPException: 429 beyond what an address may send in an hour.
        """
        sender, now = client_of(request), time.monotonic()
        with self._lock:
            since, sent = self._sent.pop(sender, (now, 0))
            since, sent = (now, size) if now - since > _HOUR else (since, sent + size)
            self._sent[sender] = since, sent
            if len(self._sent) > _MOST_SENDERS:
                self._sent.popitem(last=False)  # who has sent nothing for the longest
        if sent > self._most:
            raise HTTPException(429)


_BYTES_AN_HOUR = 16 << 30
INTAKE = Intake(bytes_an_hour=_BYTES_AN_HOUR)
"""Of all that is taken for storage."""
