"""Reading an archive of blocks (a CAR), with which a node sends a whole file in one response.

Source: https://ipld.io/specs/transport/car/carv1/. Nothing in it is trusted: each length is bounded before
anything is read, and each block is checked against the wanted CID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assay.errors import ArtifactCorrupt, InvalidCid, StoreError
from assay.store.cid import Cid
from assay.store.unixfs import MAX_BLOCK_BYTES

_MAX_HEADER_BYTES = 4096
_MAX_VARINT_BYTES = 4
_CID_BYTES = 36


class ArchivedFile:
    """Blocks of a file, read from an archive while it has the next one, and otherwise fetched singly.

    An archive contains each block once, so repeated blocks are fetched. An archive that is truncated or
    contains an error is not read any further.

    Args:
        pieces: the archive, in pieces.
        fetch: returns the verified block of a CID, given its maximum size in bytes.
    """

    def __init__(self, pieces: Iterator[bytes], fetch: Callable[[Cid, int], bytes]) -> None:
        self._blocks, self._fetch = archived(pieces), fetch
        self._next: tuple[Cid, bytes] | None = None

    def block(self, cid: Cid, limit: int) -> bytes:
        """The verified block *cid* of at most *limit* bytes; raises as *fetch* does."""
        try:
            self._next = self._next or next(self._blocks, None)
        except StoreError:
            self._blocks = iter(())
        if self._next is None or self._next[0] != cid:
            return self._fetch(cid, limit)
        block, self._next = self._next[1], None
        if len(block) <= limit and cid.matches(block):
            return block
        self._blocks = iter(())
        return self._fetch(cid, limit)


def archived(pieces: Iterator[bytes]) -> Iterator[tuple[Cid, bytes]]:
    """The blocks of an archive with the names it gives them, unchecked.

    Raises:
        ArtifactCorrupt: it is not an archive of the kind of blocks that Assay uses.
    """
    source = _Source(pieces)
    source.read(source.length(_MAX_HEADER_BYTES))
    while source.has_more():
        length = source.length(_CID_BYTES + MAX_BLOCK_BYTES)
        try:
            cid = Cid.from_bytes(source.read(min(length, _CID_BYTES)))
        except InvalidCid as error:
            raise ArtifactCorrupt("An archive has a block that no file of ours has.") from error
        yield cid, source.read(length - _CID_BYTES)


class _Source:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._buffer = pieces, bytearray()

    def has_more(self) -> bool:
        while not self._buffer:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._buffer += piece
        return True

    def read(self, length: int) -> bytes:
        while len(self._buffer) < length:
            piece = next(self._pieces, None)
            if piece is None:
                raise ArtifactCorrupt("An archive breaks off.")
            self._buffer += piece
        with memoryview(self._buffer) as view:
            found = bytes(view[:length])
        del self._buffer[:length]
        return found

    def length(self, limit: int) -> int:
        """A length, as a varint."""
        value = 0
        for place in range(_MAX_VARINT_BYTES):
            byte = self.read(1)[0]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80 and value <= limit:
                return value
        raise ArtifactCorrupt("An archive has a part that is too long.")
