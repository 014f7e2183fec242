"""What is shown while something takes long: files on their way, events being read, others' turns."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.errors import LiveError
from rich.progress import (
    BarColumn,
    FileSizeColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from assay.cli.console import console
from assay.store import store_at
from assay.store.cid import Cid

_DELAY = 1.0  # seconds that something may take before anything is shown of it


class LateBar:
    """A line on stderr about work that takes more than a second, where stderr is a terminal.

    Args:
        label: what is done.
        columns: what is shown beside it.
        quiet: show nothing.
    """

    def __init__(
        self, label: str, *columns: ProgressColumn, quiet: bool = False, on: Console = console
    ) -> None:
        shown = not quiet and on.is_terminal
        text = TextColumn("{task.description}")
        self._bar = Progress(SpinnerColumn(), text, *columns, console=on, transient=True) if shown else None
        self._task = self._bar.add_task(label, total=None) if self._bar else None
        self._begun, self._started = time.monotonic(), False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None and self._started:
            self._bar.stop()

    def at(self, completed: float = 0, total: float | None = None) -> None:
        """So much of it is done."""
        if self._bar is None or self._task is None:
            return
        self._bar.update(self._task, completed=completed, total=total)
        if not self._started and time.monotonic() > self._begun + _DELAY:
            try:
                self._bar.start()
                self._started = True
            except LiveError:
                self._bar = None  # another line is there


def waiting(*, quiet: bool) -> LateBar:
    """For the time until others have acted."""
    return LateBar("waiting", TimeElapsedColumn(), quiet=quiet)


class Scans:
    """How far the reading of the chain's events is: all that are read at the same time in one line."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._lock = quiet, Lock()
        self._open: dict[object, tuple[int, int]] = {}
        self._bar: LateBar | None = None

    def __call__(self, scan: object, done: int, total: int) -> None:
        """*scan* has read so many blocks; it ends with the last one."""
        with self._lock:
            self._open[scan] = (done, total)
            if self._bar is None:
                self._bar = LateBar("reading events", BarColumn(), TaskProgressColumn(), quiet=self._quiet)
            self._bar.at(*(sum(part) for part in zip(*self._open.values(), strict=True)))
            if all(read >= blocks for read, blocks in self._open.values()):
                self.close()

    def close(self) -> None:
        """Take the line away."""
        self._open.clear()
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None


class MeteredStore:
    """The store at *places* (:func:`assay.store.store_at`), as an :class:`~assay.store.ArtifactStore`.

    It shows how much it has sent or fetched.
    """

    def __init__(self, places: str | Sequence[str], *, quiet: bool = False) -> None:
        self._store, self._quiet = store_at(places), quiet
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
        sent = 0
        with LateBar(label, FileSizeColumn(), TransferSpeedColumn(), quiet=self._quiet) as bar:
            for chunk in chunks:
                sent += len(chunk)
                bar.at(sent)
                yield chunk
