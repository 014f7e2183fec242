"""What Assay requires of any artifact storage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assay.store.cid import Cid

MAX_MANIFEST_BYTES = 1 << 20
"""A manifest is a single raw block smaller than this."""


@dataclass(frozen=True)
class ArtifactStat:
    """What a store knows about an artifact: its CID, its size in bytes and whether it is pinned."""

    cid: Cid
    size: int
    pinned: bool


class ArtifactStore(Protocol):
    """Content-addressed storage of artifacts (UnixFS files) and manifests (single raw blocks).

    Whatever an implementation returns has been checked against its CID, byte by byte, before the caller sees
    it. Everything put is pinned. Failures are :class:`assay.errors.StoreError`; limits are in bytes.
    """

    def put(self, chunks: Iterable[bytes], *, expected: Cid | None = None) -> Cid:
        """Store and pin the file made of *chunks*, which must hash to *expected* if that is given."""

    def put_file(self, path: Path) -> Cid:
        """Store and pin the file at *path*, hashed before and while it is sent."""

    def get(self, cid: Cid, *, max_bytes: int) -> Iterator[bytes]:
        """The verified bytes of the file *cid*, in order, in pieces of at most a block."""

    def fetch_to(self, cid: Cid, path: Path, *, max_bytes: int) -> int:
        """Write the file *cid* to *path*, either completely or not at all; returns its size."""

    def put_block(self, data: bytes) -> Cid:
        """Store and pin *data* as one raw block."""

    def get_block(self, cid: Cid, *, max_bytes: int = MAX_MANIFEST_BYTES) -> bytes:
        """The verified bytes of one block."""

    def pin(self, cid: Cid) -> None:
        """Keep *cid* and everything below it, fetching missing blocks from the store's peers."""

    def unpin(self, cid: Cid) -> None:
        """Let the store forget *cid*; it is no error if it was not pinned."""

    def stat(self, cid: Cid) -> ArtifactStat:
        """Size and pin state of *cid*."""
