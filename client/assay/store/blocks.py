"""An artifact store on top of anything that serves blocks: a folder, a bucket, a gateway."""

from __future__ import annotations

import hashlib
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from assay.errors import ArtifactCorrupt, ArtifactNotFound, ArtifactTooLarge, StoreError
from assay.store.base import MAX_MANIFEST_BYTES, ArtifactStat
from assay.store.cid import CHUNK_BYTES, RAW, Cid, UnixfsHasher, cid_of_block
from assay.store.unixfs import MAX_BLOCK_BYTES, decode_file_node, read_file


class Blocks(Protocol):
    """Blocks by CID. Implementations need not check anything, because :class:`BlockStore` does."""

    @property
    def place(self) -> str:
        """Where the blocks are, in words for people."""

    def read(self, cid: Cid, limit: int) -> bytes:
        """The block; no more than *limit* + 1 bytes of it need be read.

        Raises:
            ArtifactNotFound: it is not here.
            StoreUnavailable: the place cannot be reached.
        """

    def write(self, cid: Cid, block: bytes) -> None:
        """Store a block. Writing the same block again is harmless.

        Raises:
            StoreRefused: nothing can be written here.
            StoreUnavailable: the place cannot be reached.
        """

    def pin(self, cid: Cid) -> None:
        """Record that *cid* and everything below it are to be kept."""

    def unpin(self, cid: Cid) -> None:
        """Remove that record; it is no error if there is none."""

    def is_pinned(self, cid: Cid) -> bool:
        """Whether there is such a record."""

    def close(self) -> None:
        """Close all connections."""


class BlockReader(ABC):
    """Reads files and blocks through :meth:`_block`, which returns verified blocks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close all connections."""

    def get(self, cid: Cid, *, max_bytes: int) -> Iterator[bytes]:
        """The verified bytes of the file *cid*, a block at a time.

        Raises:
            ArtifactNotFound, ArtifactCorrupt, ArtifactTooLarge, StoreUnavailable: possibly after some bytes.
        """
        return read_file(cid, self._block, max_bytes=max_bytes)

    def fetch_to(self, cid: Cid, path: Path, *, max_bytes: int) -> int:
        """Write the file *cid* to *path* atomically; returns its size. Raises as :meth:`get` does."""
        return write_whole(path, self.get(cid, max_bytes=max_bytes))

    def get_block(self, cid: Cid, *, max_bytes: int = MAX_MANIFEST_BYTES) -> bytes:
        """The verified bytes of one block; raises as :meth:`get` does."""
        return self._block(cid, max_bytes)

    @abstractmethod
    def _block(self, cid: Cid, limit: int) -> bytes:
        """One verified block of at most *limit* bytes; raises as :meth:`get` does."""


class BlockStore(BlockReader):
    """An :class:`~assay.store.ArtifactStore` on *blocks*, which is untrusted, so every block is checked."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    def close(self) -> None:
        """Close all connections."""
        self._blocks.close()

    def put(self, chunks: Iterable[bytes], *, expected: Cid | None = None) -> Cid:
        """Store and pin the file made of *chunks*, in one pass.

        Raises:
            ArtifactCorrupt: the stream does not match *expected*; it is not pinned.
            StoreUnavailable, StoreRefused: it cannot be stored.
        """
        hasher = UnixfsHasher(self._blocks.write)
        for chunk in chunks:
            hasher.update(chunk)
        cid = hasher.cid()
        if expected not in (None, cid):
            raise ArtifactCorrupt(f"Expected {expected}, but the data is {cid}.", hint="Has it changed?")
        self._blocks.pin(cid)
        return cid

    def put_file(self, path: Path) -> Cid:
        """Store and pin the file at *path*; raises as :meth:`put`, and StoreError if it cannot be read."""
        return self.put(file_chunks(path))

    def put_block(self, data: bytes) -> Cid:
        """Store and pin *data*, a manifest below 1 MiB, as one raw block; raises as :meth:`put` does."""
        check_manifest_size(data)
        cid = cid_of_block(hashlib.sha256(data).digest())
        self._blocks.write(cid, data)
        self._blocks.pin(cid)
        return cid

    def pin(self, cid: Cid) -> None:
        """Keep *cid*, which must be here; raises ArtifactNotFound, StoreRefused, StoreUnavailable."""
        self._block(cid, MAX_BLOCK_BYTES)
        self._blocks.pin(cid)

    def unpin(self, cid: Cid) -> None:
        """Let the store forget *cid*."""
        self._blocks.unpin(cid)

    def stat(self, cid: Cid) -> ArtifactStat:
        """The size of *cid*, from its verified root, and whether it is pinned; raises as :meth:`get` does."""
        return ArtifactStat(
            cid, file_size(cid, self._block(cid, MAX_BLOCK_BYTES)), self._blocks.is_pinned(cid)
        )

    def _block(self, cid: Cid, limit: int) -> bytes:
        block = self._blocks.read(cid, limit)
        if len(block) > limit:
            raise ArtifactTooLarge(f"{self._blocks.place} has more than {limit:,} bytes for {cid}.")
        if not cid.matches(block):
            raise ArtifactCorrupt(f"{self._blocks.place} served bytes that are not {cid}.")
        return block


def check_manifest_size(data: bytes) -> None:
    """Raise :class:`ArtifactTooLarge` if *data* is too large for a manifest."""
    if len(data) > MAX_MANIFEST_BYTES:
        raise ArtifactTooLarge(f"A block of {len(data)} bytes; at most {MAX_MANIFEST_BYTES} are allowed.")


def file_size(cid: Cid, root: bytes) -> int:
    """The size in bytes of the file whose verified root block is *root*."""
    return len(root) if cid.codec == RAW else decode_file_node(root).size


def file_chunks(path: Path) -> Iterator[bytes]:
    """The file at *path* in block-sized pieces; raises StoreError if it cannot be read."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from error


def write_whole(path: Path, pieces: Iterable[bytes]) -> int:
    """Write *pieces* to *path*, which is replaced only once all have arrived; returns the size in bytes.

    Raises:
        StoreError: it cannot be written.
    """
    size = 0
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".fetch-", suffix=".part")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return size


def not_found(cid: Cid, place: str) -> ArtifactNotFound:
    """The error that *place* does not have *cid*."""
    return ArtifactNotFound(f"{place} does not have {cid}.")
