"""Progress bars for what takes long: sealing and sending a file, fetching and opening one."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from assay.store import store_at
from assay.store.cid import Cid


class MeteredStore:
    """The store at *places* (:func:`assay.store.store_at`), as an :class:`~assay.store.ArtifactStore`.

    It shows on stderr, when that is a terminal, how much it has sent or fetched.
    """

    def __init__(self, places: str | Sequence[str], *, quiet: bool = False) -> None:
        self._store = store_at(places)
        self._shown = not quiet and sys.stderr.isatty()
        self.put_file, self.fetch_to = self._store.put_file, self._store.fetch_to
        self.put_block, self.get_block = self._store.put_block, self._store.get_block
        self.pin, self.unpin, self.stat = self._store.pin, self._store.unpin, self._store.stat

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def put(self, chunks: Iterable[bytes], *, expected: Cid | None = None) -> Cid:
        """As the store does, shown."""
        return self._store.put(self._metered("sealing and sending", chunks), expected=expected)

    def get(self, cid: Cid, *, max_bytes: int) -> Iterator[bytes]:
        """As the store does, shown."""
        return self._metered("fetching and opening", self._store.get(cid, max_bytes=max_bytes))

    def _metered(self, label: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not self._shown) as progress:
            task = progress.add_task(label, total=None)
            for chunk in chunks:
                progress.advance(task, len(chunk))
                yield chunk
