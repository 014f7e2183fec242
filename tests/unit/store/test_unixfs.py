from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import ArtifactCorrupt, ArtifactTooLarge, StoreError
from assay.store.cid import DAG_PB, RAW, Cid
from assay.store.unixfs import decode_file_node, read_file

FILE, DIRECTORY = 2, 1


class Blocks:
    """Hand-made blocks, and the fetch function that serves them."""

    def __init__(self) -> None:
        self.blocks: dict[Cid, bytes] = {}
        self.fetched = 0

    def add(self, block: bytes, codec: int = RAW) -> Cid:
        cid = Cid(codec, hashlib.sha256(block).digest())
        self.blocks[cid] = block
        return cid

    def node(self, children: list[tuple[Cid, int]], *, size: int | None = None, kind: int = FILE) -> Cid:
        links = b"".join(
            field(2, field(1, bytes(child)) + field(2, b"") + field(3, 1)) for child, _ in children
        )
        total = sum(below for _, below in children) if size is None else size
        data = field(1, kind) + field(3, total) + b"".join(field(4, below) for _, below in children)
        return self.add(links + field(1, data), DAG_PB)

    def fetch(self, cid: Cid, limit: int) -> bytes:
        self.fetched += 1
        block = self.blocks[cid]
        if len(block) > limit:
            raise ArtifactTooLarge("over the limit")
        return block

    def read(self, root: Cid, max_bytes: int = 1 << 20) -> bytes:
        return b"".join(read_file(root, self.fetch, max_bytes=max_bytes))


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])


def test_blocks_are_read_in_order() -> None:
    blocks = Blocks()
    left = blocks.node([(blocks.add(b"ab"), 2), (blocks.add(b"c"), 1)])
    assert blocks.read(blocks.node([(left, 3), (blocks.add(b"de"), 2)])) == b"abcde"


def test_a_file_over_the_limit_is_refused_before_its_first_byte() -> None:
    blocks = Blocks()
    root = blocks.node([(blocks.add(b"ab"), 2), (blocks.add(b"c"), 1)])
    assert blocks.read(root, max_bytes=3) == b"abc"
    with pytest.raises(ArtifactTooLarge, match="3 bytes"):
        next(read_file(root, blocks.fetch, max_bytes=2))


@pytest.mark.parametrize("declared", [1, 3])
def test_a_declared_size_that_is_not_the_real_one(declared: int) -> None:
    blocks = Blocks()
    with pytest.raises(StoreError):
        blocks.read(blocks.node([(blocks.add(b"ab"), declared)]))


def test_sizes_that_do_not_add_up() -> None:
    blocks = Blocks()
    with pytest.raises(ArtifactCorrupt, match="add up"):
        blocks.read(blocks.node([(blocks.add(b"ab"), 2)], size=1))


def test_a_directory_is_no_file() -> None:
    blocks = Blocks()
    with pytest.raises(ArtifactCorrupt, match="not a file"):
        blocks.read(blocks.node([], kind=DIRECTORY))


def test_a_chain_of_nodes_ends() -> None:
    blocks = Blocks()
    root = blocks.add(b"a")
    for _ in range(1000):
        root = blocks.node([(root, 1)])
    with pytest.raises(ArtifactTooLarge, match="pieces or levels"):
        blocks.read(root)
    assert blocks.fetched < 20


def test_a_small_graph_that_unfolds_to_many_reads_ends() -> None:
    blocks = Blocks()
    root, size = blocks.add(b"a"), 1
    for _ in range(3):
        root, size = blocks.node([(root, size)] * 100), size * 100
    with pytest.raises(ArtifactTooLarge, match="pieces or levels"):
        blocks.read(root, max_bytes=1_000_000)
    assert blocks.fetched < 200


def test_empty_links_cannot_hide_work() -> None:
    blocks = Blocks()
    with pytest.raises(ArtifactCorrupt):
        blocks.read(blocks.node([(blocks.add(b""), 0)] * 100))


@given(st.binary(max_size=200))
def test_hostile_blocks_are_refused_in_one_way(block: bytes) -> None:
    try:
        node = decode_file_node(block)
    except ArtifactCorrupt:
        return
    assert node.size == len(node.data) + sum(below for _, below in node.children)


@given(st.data())
def test_a_damaged_node_is_refused_or_still_adds_up(data: st.DataObject) -> None:
    blocks = Blocks()
    good = bytearray(blocks.blocks[blocks.node([(blocks.add(b"ab"), 2), (blocks.add(b"c"), 1)])])
    good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    test_hostile_blocks_are_refused_in_one_way.hypothesis.inner_test(bytes(good))
