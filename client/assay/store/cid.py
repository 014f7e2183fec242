"""Content identifiers (CIDs), by which IPFS names data; computed here so that no node need be trusted.

Assay uses only one form, CIDv1 with sha2-256 in lower-case base32: *raw* for a single block (manifests) and
*dag-pb* for the root of a file of several blocks. A file's CID depends on how it is chunked; ours are UnixFS
files with raw leaves, 256 KiB chunks and a balanced tree of 174 links per node, Kubo's defaults for CIDv1.

Sources: https://github.com/multiformats/cid, https://specs.ipfs.tech/unixfs/, https://ipld.io/specs/codecs/dag-pb/.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from assay.errors import InvalidCid
from assay.words.printable import quoted

RAW = 0x55
DAG_PB = 0x70
CHUNK_BYTES = 256 * 1024
LINKS_PER_NODE = 174

_CODECS = (RAW, DAG_PB)
_SHA2_256 = b"\x12\x20"  # multihash prefix: function 0x12, 32 bytes
_BINARY_LENGTH = 36
_TEXT_LENGTH = 59


@dataclass(frozen=True, order=True)
class Cid:
    """CIDv1 of a sha2-256 digest.

    Attributes:
        codec: multicodec of the block it names, ``RAW`` or ``DAG_PB``.
        digest: the 32 bytes of the block's sha2-256.

    Raises:
        InvalidCid: the codec or the digest length is wrong.
    """

    codec: int
    digest: bytes

    def __post_init__(self) -> None:
        if self.codec not in _CODECS or not isinstance(self.digest, bytes) or len(self.digest) != 32:
            raise InvalidCid("A CID here names a raw or dag-pb block by a sha2-256 digest of 32 bytes.")

    @classmethod
    def parse(cls, text: str) -> Cid:
        """Read the canonical text form (``b`` and 58 base32 characters); raises :class:`InvalidCid`."""
        if len(text) != _TEXT_LENGTH or not text.isascii() or not text.startswith("b"):
            raise InvalidCid(
                f"{quoted(text)} is not a CIDv1 in base32.",
                hint="Add the file with cid-version=1 and raw-leaves=true; CIDs begin with 'bafk' or 'bafy'.",
            )
        try:
            binary = base64.b32decode(text[1:].upper() + "======")
        except binascii.Error as error:
            raise InvalidCid(f"{quoted(text)} is not base32.") from error
        cid = cls.from_bytes(binary)
        if str(cid) != text:  # capitals or stray trailing bits: a different spelling of the same CID
            raise InvalidCid(f"{quoted(text)} is not the canonical spelling of {cid}.")
        return cid

    @classmethod
    def from_bytes(cls, binary: bytes) -> Cid:
        """Read the binary form used in dag-pb links (36 bytes); raises :class:`InvalidCid`."""
        if len(binary) != _BINARY_LENGTH or binary[0] != 1 or binary[2:4] != _SHA2_256:
            raise InvalidCid("Not a CIDv1 with a sha2-256 digest.")
        return cls(codec=binary[1], digest=binary[4:])

    def __bytes__(self) -> bytes:
        return bytes((1, self.codec)) + _SHA2_256 + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(bytes(self)).decode().rstrip("=").lower()

    def matches(self, block: bytes) -> bool:
        """Whether *block* is the block this CID names."""
        return hashlib.sha256(block).digest() == self.digest


def cid_of_block(digest: bytes) -> Cid:
    """The CID of one raw block from its 32-byte sha2-256 *digest*, which is the on-chain pointer."""
    return Cid(RAW, digest)


def digest_of(cid: Cid) -> bytes:
    """The 32 bytes that represent the raw block *cid* on-chain.

    Raises:
        InvalidCid: if *cid* is the root of a larger file, which cannot be recovered from the digest alone.
    """
    if cid.codec != RAW:
        raise InvalidCid(f"{cid} is a file of several blocks; only a raw block has an on-chain digest.")
    return cid.digest


def unixfs_cid(chunks: Iterable[bytes]) -> Cid:
    """The CID that a node gives the file made of *chunks* (of any size), in constant memory."""
    hasher = UnixfsHasher()
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.cid()


class _Link(NamedTuple):
    cid: Cid
    file_bytes: int  # bytes of the file below this link
    dag_bytes: int  # bytes of all blocks below and including it


class UnixfsHasher:
    """Computes the UnixFS CID of a stream; used like a ``hashlib`` object: ``update``, then ``cid``.

    Args:
        keep: called with each block of the file's tree, children before parents.
    """

    def __init__(self, keep: Callable[[Cid, bytes], None] | None = None) -> None:
        self._keep = keep
        self._tail = bytearray()
        self._levels: list[list[_Link]] = [[]]  # unfinished nodes, leaves' parents first

    def update(self, data: bytes) -> None:
        """Append *data* to the file."""
        view = memoryview(data)
        if self._tail:
            missing = CHUNK_BYTES - len(self._tail)
            self._tail += view[:missing]
            view = view[missing:]
            if len(self._tail) == CHUNK_BYTES:
                self._add_leaf(self._tail)
                self._tail = bytearray()
        while len(view) >= CHUNK_BYTES:
            self._add_leaf(view[:CHUNK_BYTES])
            view = view[CHUNK_BYTES:]
        self._tail += view

    def cid(self) -> Cid:
        """The CID of everything appended; call it once, at the end."""
        if self._tail or not any(self._levels):
            self._add_leaf(self._tail)
        height = 0
        while len(self._levels) > height + 1 or len(self._levels[height]) > 1:
            self._close_node(height)
            height += 1
        return self._levels[height][0].cid

    def _add_leaf(self, chunk: bytearray | memoryview) -> None:
        size, cid = len(chunk), Cid(RAW, hashlib.sha256(chunk).digest())
        if self._keep:
            self._keep(cid, bytes(chunk))
        self._add(0, _Link(cid, size, size))

    def _add(self, height: int, link: _Link) -> None:
        if height == len(self._levels):
            self._levels.append([])
        # closed only when another link arrives, so that exactly 174 leaves have one parent and no grandparent
        if len(self._levels[height]) == LINKS_PER_NODE:
            self._close_node(height)
        self._levels[height].append(link)

    def _close_node(self, height: int) -> None:
        links = self._levels[height]
        self._levels[height] = []
        if not links:
            return
        block, file_bytes = _node(links)
        cid = Cid(DAG_PB, hashlib.sha256(block).digest())
        if self._keep:
            self._keep(cid, block)
        dag_bytes = len(block) + sum(link.dag_bytes for link in links)
        self._add(height + 1, _Link(cid, file_bytes, dag_bytes))


def _node(links: list[_Link]) -> tuple[bytes, int]:
    """The block of a node, and the size of the file below it."""
    file_bytes = sum(link.file_bytes for link in links)
    # UnixFS Data: Type = File, filesize, one blocksize per link
    block_sizes = b"".join(b"\x20" + _varint(link.file_bytes) for link in links)
    data = b"\x08\x02\x18" + _varint(file_bytes) + block_sizes
    block = b"".join(b"\x12" + _delimited(_pb_link(link)) for link in links) + b"\x0a" + _delimited(data)
    return block, file_bytes


def _pb_link(link: _Link) -> bytes:
    # dag-pb PBLink: Hash, an empty Name, Tsize
    return b"\x0a" + _delimited(bytes(link.cid)) + b"\x12\x00\x18" + _varint(link.dag_bytes)


def _delimited(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
