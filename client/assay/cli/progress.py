"""Progress bars for what takes long: sealing and sending a file, fetching and opening one."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from assay.store import KuboStore
from assay.store.cid import Cid


class MeteredStore(KuboStore):
    """A store that shows on stderr, when that is a terminal, how much it has sent or fetched."""

    def __init__(self, endpoints: str | Sequence[str], *, quiet: bool = False) -> None:
        super().__init__(endpoints)
        self._shown = not quiet and sys.stderr.isatty()

    def put(self, chunks: Iterable[bytes], *, expected: Cid | None = None) -> Cid:
        """As :meth:`KuboStore.put`, shown."""
        return super().put(self._metered("sealing and sending", chunks), expected=expected)

    def get(self, cid: Cid, *, max_bytes: int) -> Iterator[bytes]:
        """As :meth:`KuboStore.get`, shown."""
        return self._metered("fetching and opening", super().get(cid, max_bytes=max_bytes))

    def _metered(self, label: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not self._shown) as progress:
            task = progress.add_task(label, total=None)
            for chunk in chunks:
                progress.advance(task, len(chunk))
                yield chunk
