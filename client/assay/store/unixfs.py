"""Reading a UnixFS file block by block.

Sources: https://ipld.io/specs/codecs/dag-pb/spec/ and https://specs.ipfs.tech/unixfs/. A CID proves that a
tree is the intended one, not that it is well formed. So every length is checked, unknown wire types are
refused, declared sizes must add up from the root down, and depth and number of blocks are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.errors import ArtifactCorrupt, ArtifactTooLarge, InvalidCid
from assay.store.cid import RAW, Cid

MAX_BLOCK_BYTES = 2 << 20
"""The largest block that IPFS nodes exchange."""

_MAX_DEPTH = 8
_MIN_MEAN_BLOCK_BYTES = 16 * 1024
_SPARE_BLOCKS = 64
_VARINT, _BYTES = 0, 2
_TYPE_RAW, _TYPE_FILE = 0, 2
_MAX_SIZE = 1 << 62


def read_file(root: Cid, fetch: Callable[[Cid, int], bytes], *, max_bytes: int) -> Iterator[bytes]:
    """The contents of the file *root* in order, one block at a time.

    *fetch(cid, limit)* must return the verified block *cid* of at most *limit* bytes.

    Raises:
        ArtifactTooLarge: if the file exceeds *max_bytes*, before its first byte is yielded; or if it has so
            many blocks or levels that it must be an attack.
        ArtifactCorrupt: if the tree contradicts itself, or is not a file.
    """
    blocks_left = _SPARE_BLOCKS + max_bytes // _MIN_MEAN_BLOCK_BYTES
    children: tuple[tuple[Cid, int], ...]
    stack: list[tuple[Cid, int | None, int]] = [(root, None, 0)]  # CID, size its parent declares, depth
    while stack:
        cid, declared, depth = stack.pop()
        blocks_left -= 1
        if blocks_left < 0 or depth > _MAX_DEPTH:
            raise ArtifactTooLarge(f"{root} is cut into too many pieces or levels to be read safely.")
        if cid.codec == RAW:
            limit = max_bytes if declared is None else declared
            data = fetch(cid, min(limit, MAX_BLOCK_BYTES))
            children, size = (), len(data)
        else:
            node = decode_file_node(fetch(cid, MAX_BLOCK_BYTES))
            data, children, size = node.data, node.children, node.size
        if declared is None and size > max_bytes:
            raise ArtifactTooLarge(f"{root} has {size} bytes; at most {max_bytes} are allowed.")
        if declared is not None and size != declared:
            raise ArtifactCorrupt(f"{root} declares {declared} bytes for {cid}, which has {size}.")
        if data:
            yield data
        stack.extend((child, below, depth + 1) for child, below in reversed(children))


@dataclass(frozen=True)
class FileNode:
    """A dag-pb node of a file: its own *data*, then *children* with the size of each; *size* is the total."""

    data: bytes
    children: tuple[tuple[Cid, int], ...]
    size: int


def decode_file_node(block: bytes) -> FileNode:
    """Decode a dag-pb *block*; raises :class:`ArtifactCorrupt` unless it is a node of a UnixFS file."""
    try:
        return _decode(block)
    except (InvalidCid, ValueError) as error:
        raise ArtifactCorrupt(f"A block is not a node of a UnixFS file: {error}") from error


def _decode(block: bytes) -> FileNode:
    links: list[Cid] = []
    unixfs: bytes | None = None
    for field, value in _fields(block):
        if field == 2 and isinstance(value, bytes):
            links.append(_link_target(value))
        elif field == 1 and isinstance(value, bytes) and unixfs is None:
            unixfs = value
        else:
            raise ValueError(f"unexpected dag-pb field {field}")
    if unixfs is None:
        raise ValueError("it carries no UnixFS data")
    return _file_node(links, unixfs)


def _file_node(links: list[Cid], unixfs: bytes) -> FileNode:
    kind, size, data = -1, -1, b""
    block_sizes: list[int] = []
    for field, value in _fields(unixfs):
        if field == 1 and isinstance(value, int):
            kind = value
        elif field == 2 and isinstance(value, bytes):
            data = value
        elif field == 3 and isinstance(value, int):
            size = value
        elif field == 4 and isinstance(value, int):
            block_sizes.append(value)
    if kind not in (_TYPE_RAW, _TYPE_FILE):
        raise ValueError("it is a directory, a link or a shard, not a file")
    if len(block_sizes) != len(links) or 0 in block_sizes:
        raise ValueError("its links and block sizes do not correspond")
    if size != len(data) + sum(block_sizes) or size > _MAX_SIZE:
        raise ValueError("its sizes do not add up")
    return FileNode(data, tuple(zip(links, block_sizes, strict=True)), size)


def _link_target(link: bytes) -> Cid:
    for field, value in _fields(link):
        if field == 1 and isinstance(value, bytes):
            return Cid.from_bytes(value)
    raise ValueError("a link has no target")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The (field number, value) pairs of a protobuf message with varint and length-delimited fields only."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        value, position = _varint(message, position)
        if key & 7 == _VARINT:
            yield key >> 3, value
        elif key & 7 == _BYTES:
            end = position + value
            if end > len(message):
                raise ValueError("a field is longer than its message")
            yield key >> 3, message[position:end]
            position = end
        else:
            raise ValueError("unexpected protobuf wire type")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message) and shift < 70:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a truncated or overlong varint")
