from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.errors import InvalidCid
from assay.store.cid import CHUNK_BYTES, DAG_PB, RAW, Cid, cid_of_block, digest_of, unixfs_cid

HELLO = (
    "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"  # "hello world", in IPFS's own documents
)
EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"

cids = st.builds(Cid, st.sampled_from([RAW, DAG_PB]), st.binary(min_size=32, max_size=32))


@pytest.mark.parametrize(("data", "text"), [(b"", EMPTY), (b"hello world", HELLO)])
def test_known_vectors_of_one_block(data: bytes, text: str) -> None:
    digest = hashlib.sha256(data).digest()
    assert str(cid_of_block(digest)) == text
    assert unixfs_cid([data]) == Cid.parse(text)
    assert digest_of(Cid.parse(text)) == digest
    assert Cid.parse(text).matches(data)
    assert not Cid.parse(text).matches(data + b"\0")


@given(cids)
def test_text_and_binary_forms_lead_back(cid: Cid) -> None:
    assert Cid.parse(str(cid)) == cid
    assert Cid.from_bytes(bytes(cid)) == cid


@given(st.text() | st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=59, max_size=59))
@example("b" * 59)
@example("\uff42" * 59)
@example("Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD")
@example("b" + "=" * 58)
@example(HELLO + "\n")
@example(HELLO.upper())
@example(HELLO[:-1] + "f")  # the same 36 bytes with a stray bit behind them
def test_any_other_text_is_refused(text: str) -> None:
    try:
        cid = Cid.parse(text)
    except InvalidCid:
        return
    assert str(cid) == text


@given(st.binary(max_size=80))
def test_any_other_bytes_are_refused(binary: bytes) -> None:
    try:
        cid = Cid.from_bytes(binary)
    except InvalidCid:
        return
    assert bytes(cid) == binary


@pytest.mark.parametrize(
    ("codec", "digest"), [(0x71, bytes(32)), (RAW, bytes(31)), (RAW, bytes(33)), (-1, b"")]
)
def test_only_sha2_of_raw_and_dag_pb_blocks(codec: int, digest: bytes) -> None:
    with pytest.raises(InvalidCid):
        Cid(codec, digest)


def test_a_file_of_several_blocks_has_no_on_chain_digest() -> None:
    with pytest.raises(InvalidCid, match="several blocks"):
        digest_of(unixfs_cid([bytes(CHUNK_BYTES + 1)]))


@given(
    st.integers(0, 3 * CHUNK_BYTES + 2),
    st.lists(st.integers(0, 3 * CHUNK_BYTES + 2), max_size=8),
)
@example(2 * CHUNK_BYTES, [CHUNK_BYTES])
@example(CHUNK_BYTES + 1, [1, CHUNK_BYTES])
def test_how_a_stream_is_cut_does_not_matter(size: int, cuts: list[int]) -> None:
    data = hashlib.shake_128(str(size).encode()).digest(size)
    edges = sorted({0, size, *(min(cut, size) for cut in cuts)})
    pieces = [data[start:end] for start, end in pairwise(edges)]
    assert unixfs_cid(pieces) == unixfs_cid([data])
