"""Bodies that browsers send: bounded each, and bounded an hour for each sender."""

from __future__ import annotations

import time
from typing import IO

from fastapi import HTTPException, Request

_HOUR = 3600.0
_MOST_SENDERS = 10_000


class Intake:
    """Counts what each address has sent in the present hour, and refuses what is beyond."""

    def __init__(self, *, bytes_an_hour: int) -> None:
        self._most = bytes_an_hour
        self._since, self._sent = time.monotonic(), dict[str, int]()

    async def take(self, request: Request, file: IO[bytes], *, most: int) -> None:
        """Write the body of *request* to *file*, which is then at its beginning.

        Raises:
            HTTPException: 413 beyond *most* bytes, 429 beyond what an address may send in an hour.
        """
        size, sender = 0, request.client.host if request.client else ""
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise HTTPException(413)
            self._count(sender, len(piece))
            file.write(piece)
        file.seek(0)

    def _count(self, sender: str, size: int) -> None:
        now = time.monotonic()
        if now - self._since > _HOUR or len(self._sent) > _MOST_SENDERS:
            self._since, self._sent = now, {}
        self._sent[sender] = self._sent.get(sender, 0) + size
        if self._sent[sender] > self._most:
            raise HTTPException(429)
