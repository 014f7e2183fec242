"""Archives of blocks, as nodes send them and as they could: never a wrong byte, never more than is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay.store.cid
from assay.errors import ArtifactCorrupt
from assay.store.car import ArchivedFile, archived
from assay.store.cid import Cid, UnixfsHasher
from assay.store.unixfs import decode_file_node, read_file

HEADER = b"\xa2eroots\x80gversion\x01"
DATA = bytes(range(256)) * 3 + bytes(100)  # of 16-byte blocks some come again


class File:
    """A small file's blocks, how often each was fetched by itself, and its archive as a node writes it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(assay.store.cid, "CHUNK_BYTES", 16)
            self.blocks: dict[Cid, bytes] = {}
            hasher = UnixfsHasher(self.blocks.__setitem__)
            hasher.update(data)
            self.root = hasher.cid()
        self.data, self.fetched = data, 0

    def fetch(self, cid: Cid, limit: int) -> bytes:
        self.fetched += 1
        assert len(self.blocks[cid]) <= limit
        return self.blocks[cid]

    def read(self, pieces: Iterator[bytes]) -> bytes:
        self.fetched = 0
        block = ArchivedFile(pieces, self.fetch).block
        return b"".join(read_file(self.root, block, max_bytes=len(self.data)))

    def in_order(self) -> list[Cid]:
        """Each block once, parents first, as `dag export` walks."""
        seen: dict[Cid, None] = {}
        stack = [self.root]
        while stack:
            cid = stack.pop()
            if cid not in seen:
                seen[cid] = None
                if cid.codec == assay.store.cid.DAG_PB:
                    stack += [child for child, _ in reversed(decode_file_node(self.blocks[cid]).children)]
        return list(seen)

    def archive(self) -> bytes:
        sections = [(bytes(cid), self.blocks[cid]) for cid in self.in_order()]
        return section(HEADER) + b"".join(section(name + block) for name, block in sections)


def section(content: bytes) -> bytes:
    return assay.store.cid._varint(len(content)) + content


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return (content[place : place + size] for place in range(0, len(content), size))


@pytest.fixture(scope="module")
def file() -> File:
    with pytest.MonkeyPatch.context() as patch:
        return File(patch, DATA)


@given(size=st.integers(1, 5000))
def test_a_file_comes_out_of_its_archive(file, size):
    """Only what the file repeats is fetched."""
    assert file.read(cut(file.archive(), size)) == DATA
    assert file.fetched == len(DATA) // 16 + 1 - (len(file.blocks) - len(roots(file)))


def roots(file: File) -> list[Cid]:
    return [cid for cid in file.blocks if cid.codec == assay.store.cid.DAG_PB]


@given(st.data())
def test_whatever_happens_to_an_archive_the_file_is_right(file, data):
    content = bytearray(file.archive())
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["change", "cut", "insert", "drop"])):
            case "change":
                content[place] ^= data.draw(st.integers(1, 255))
            case "cut":
                del content[place + 1 :]
            case "insert":
                content[place:place] = data.draw(st.binary(min_size=1, max_size=60))
            case "drop":
                del content[place : min(place + data.draw(st.integers(1, 60)), len(content) - 1)]
    assert file.read(cut(bytes(content), 64)) == DATA
    assert file.fetched <= len(DATA) // 16 + 20


@given(order=st.data())
def test_blocks_in_another_order_are_fetched(file, order):
    cids = order.draw(st.permutations(file.in_order()))
    content = section(HEADER) + b"".join(section(bytes(cid) + file.blocks[cid]) for cid in cids)
    assert file.read(cut(content, 100)) == DATA


@pytest.mark.parametrize(
    "start",
    [
        b"\xff\xff\xff\xff\xff",
        b"\xff\xff\x7f",
        section(HEADER) + b"\xff\xff\xff\x7f",
        section(HEADER) + b"\x00",
    ],
    ids=["endless length", "giant header", "giant block", "empty block"],
)
def test_an_archive_is_not_read_beyond_what_is_wrong(start):
    read = 0

    def flood() -> Iterator[bytes]:
        nonlocal read
        yield start
        while True:
            read += 1024
            yield b"\xff" * 1024

    with pytest.raises(ArtifactCorrupt):
        list(archived(flood()))
    assert read <= 1024
