"""Blocks as files in a folder: the fastest store on one machine, and servable by any file server."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

from assay.errors import StoreError
from assay.store.blocks import BlockStore, not_found
from assay.store.cid import Cid

_FLUSHES_AT_ONCE = 16


class FolderBlocks:
    """Blocks under *folder* as ``blocks/<two characters>/<CID>``, with an empty file ``pins/<CID>`` per pin.

    Several processes may share a folder, because a block appears completely or not at all.

    Raises:
        StoreError: the folder cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        self._blocks, self._pins = folder / "blocks", folder / "pins"
        self._made: set[Path] = set()
        self._own = local()  # what each thread has written; its own pin flushes it
        self.place = f"The folder {folder}"
        try:
            for one in (self._blocks, self._pins):
                one.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._failed(error) from error

    def read(self, cid: Cid, limit: int) -> bytes:
        """The file's bytes."""
        try:
            with self._path(cid).open("rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            raise not_found(cid, self.place) from None
        except OSError as error:
            raise self._failed(error) from error

    def write(self, cid: Cid, block: bytes) -> None:
        """Write the file and rename it into place; :meth:`pin` makes sure that it is on disk."""
        path = self._path(cid)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
        try:
            if path.parent not in self._made:
                path.parent.mkdir(exist_ok=True)
                self._made.add(path.parent)
            with temporary.open("xb") as file:
                file.write(block)
            temporary.replace(path)
            self._unflushed().append(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise self._failed(error) from error

    def pin(self, cid: Cid) -> None:
        """Record the pin, once everything that this thread has written so far is on disk."""
        try:
            written, self._own.paths = self._unflushed(), []
            with ThreadPoolExecutor(_FLUSHES_AT_ONCE) as pool:  # the file system combines them
                for _ in pool.map(_flush, written):
                    pass
            (self._pins / str(cid)).touch()
        except OSError as error:
            raise self._failed(error) from error

    def unpin(self, cid: Cid) -> None:
        """Remove the pin; the blocks stay."""
        (self._pins / str(cid)).unlink(missing_ok=True)

    def is_pinned(self, cid: Cid) -> bool:
        """Whether the pin exists."""
        return (self._pins / str(cid)).exists()

    def close(self) -> None:
        """Do nothing, as nothing is open."""

    def _unflushed(self) -> list[Path]:
        if not hasattr(self._own, "paths"):
            self._own.paths = []
        paths: list[Path] = self._own.paths
        return paths

    def _path(self, cid: Cid) -> Path:
        name = str(cid)
        return self._blocks / name[-2:] / name

    def _failed(self, error: OSError) -> StoreError:
        return StoreError(f"{self.place} cannot be used: {error.strerror or error}.")


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


class FolderStore(BlockStore):
    """An :class:`~assay.store.ArtifactStore` in *folder*, which is created if it is missing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(FolderBlocks(folder.resolve()))
