"""The store client on a real IPFS node."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import assay.store.cid
from assay.errors import ArtifactCorrupt, ArtifactNotFound, ArtifactTooLarge, StoreUnavailable
from assay.store import KuboStore
from assay.store.cid import CHUNK_BYTES, LINKS_PER_NODE, Cid, unixfs_cid
from assay_local.ipfs import IpfsNode

MIB = 1 << 20
FULL_NODE = CHUNK_BYTES * LINKS_PER_NODE
SIZE = 32 * MIB  # more than is on its way at any moment


def node_cid(node: IpfsNode, data: bytes, chunk_bytes: int = CHUNK_BYTES) -> Cid:
    """The CID that the node itself gives to *data*."""
    answer = httpx.post(
        f"{node.url}/api/v0/add",
        params={
            "cid-version": 1,
            "raw-leaves": "true",
            "chunker": f"size-{chunk_bytes}",
            "only-hash": "true",
        },
        files={"file": io.BytesIO(data)},
        timeout=60,
    )
    answer.raise_for_status()
    return Cid.parse(answer.json()["Hash"])


def rpc(node: IpfsNode, command: str, **params: str) -> httpx.Response:
    return httpx.post(f"{node.url}/api/v0/{command}", params=params, timeout=30)


@pytest.mark.parametrize(
    "size",
    [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, FULL_NODE - 1, FULL_NODE, FULL_NODE + 1],
)
def test_our_cid_is_the_nodes_at_every_edge(ipfs_node: IpfsNode, size: int) -> None:
    data = os.urandom(min(size, MIB)).ljust(size, b"\x5a")
    assert unixfs_cid([data]) == node_cid(ipfs_node, data)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.integers(0, 400), rest=st.integers(0, 15))
@example(chunks=LINKS_PER_NODE**2, rest=0)
@example(chunks=LINKS_PER_NODE**2, rest=1)
@example(chunks=2 * LINKS_PER_NODE, rest=1)
def test_our_tree_is_the_nodes_at_every_height(
    ipfs_node: IpfsNode, monkeypatch: pytest.MonkeyPatch, chunks: int, rest: int
) -> None:
    monkeypatch.setattr(assay.store.cid, "CHUNK_BYTES", 16)  # three levels without eight gigabytes
    data = os.urandom(chunks * 16 + rest)
    assert unixfs_cid([data]) == node_cid(ipfs_node, data, chunk_bytes=16)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7])
def test_a_file_comes_back(store: KuboStore, tmp_path: Path, size: int) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(size))
    cid = store.put_file(source)
    assert store.fetch_to(cid, target, max_bytes=size) == size
    assert target.read_bytes() == source.read_bytes()
    assert store.stat(cid).size == size
    assert store.stat(cid).pinned


def test_a_file_of_two_levels_comes_back(store: KuboStore) -> None:
    piece = os.urandom(MIB)
    cid = store.put(piece for _ in range(45))
    assert b"".join(store.get(cid, max_bytes=45 * MIB)) == piece * 45


def test_a_stream_and_a_file_have_the_same_name(store: KuboStore, tmp_path: Path) -> None:
    data = os.urandom(CHUNK_BYTES + 5)
    (tmp_path / "file").write_bytes(data)
    assert store.put(iter([data[:9], data[9:]])) == store.put_file(tmp_path / "file")


def test_a_stream_that_is_not_the_expected_one_is_not_kept(store: KuboStore) -> None:
    data, expected = os.urandom(100), unixfs_cid([b"something else"])
    with pytest.raises(ArtifactCorrupt, match="Expected"):
        store.put([data], expected=expected)
    assert not store.stat(unixfs_cid([data])).pinned


def test_what_somebody_else_keeps_stays_when_it_comes_under_a_wrong_name(store: KuboStore) -> None:
    data = os.urandom(100)
    cid = store.put([data], expected=unixfs_cid([data]))
    assert store.stat(cid).pinned
    with pytest.raises(ArtifactCorrupt, match="Expected"):
        store.put([data], expected=unixfs_cid([b"something else"]))
    assert store.stat(cid).pinned


def test_a_failing_source_leaves_nothing(store: KuboStore) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(10)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        store.put(broken())
    assert store.put([b"still works"]) == unixfs_cid([b"still works"])


def test_blocks(store: KuboStore) -> None:
    data = os.urandom(MIB)
    cid = store.put_block(data)
    assert store.get_block(cid) == data
    with pytest.raises(ArtifactTooLarge):
        store.get_block(cid, max_bytes=MIB - 1)
    with pytest.raises(ArtifactTooLarge):
        store.put_block(data + b"x")


def test_limits_leave_nothing_on_disk(store: KuboStore, tmp_path: Path) -> None:
    cid = store.put([os.urandom(CHUNK_BYTES + 1)])
    (tmp_path / "target").write_bytes(b"before")
    with pytest.raises(ArtifactTooLarge):
        store.fetch_to(cid, tmp_path / "target", max_bytes=CHUNK_BYTES)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


def test_what_nobody_has_is_not_found(store: KuboStore, tmp_path: Path) -> None:
    unknown = unixfs_cid([os.urandom(32)])
    for attempt in (
        lambda: store.get_block(unknown),
        lambda: store.stat(unknown),
        lambda: store.pin(unknown),
        lambda: store.fetch_to(unknown, tmp_path / "target", max_bytes=9),
    ):
        with pytest.raises(ArtifactNotFound):
            attempt()
    assert list(tmp_path.iterdir()) == []
    store.unpin(unknown)


def test_pins_survive_collection_and_the_rest_goes(ipfs_node: IpfsNode, store: KuboStore) -> None:
    shared = os.urandom(CHUNK_BYTES)
    kept = store.put([shared, b"kept"])
    dropped = store.put([shared, b"dropped"])
    manifest = store.put_block(os.urandom(99))
    repinned = store.put([os.urandom(9)])
    store.unpin(repinned)
    store.pin(repinned)
    store.unpin(dropped)
    assert rpc(ipfs_node, "repo/gc").status_code == 200
    assert b"".join(store.get(kept, max_bytes=MIB)) == shared + b"kept"  # `dropped` shared a block with it
    assert store.stat(manifest).pinned
    assert store.stat(repinned).pinned
    with pytest.raises(ArtifactNotFound):
        list(store.get(dropped, max_bytes=MIB))


def test_many_clients_add_the_same_bytes_at_once(store: KuboStore) -> None:
    data = os.urandom(2 * MIB)
    with ThreadPoolExecutor(8) as pool:
        cids = set(pool.map(lambda _: store.put([data]), range(16)))
    assert cids == {unixfs_cid([data])}
    assert b"".join(store.get(cids.pop(), max_bytes=2 * MIB)) == data


def test_adds_during_collection_are_not_lost(ipfs_node: IpfsNode, store: KuboStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        collections = [pool.submit(rpc, ipfs_node, "repo/gc") for _ in range(5)]
        files = [os.urandom(MIB + number) for number in range(8)]
        cids = list(pool.map(lambda data: store.put([data]), files))
        assert all(done.result().status_code == 200 for done in collections)
    for cid, data in zip(cids, files, strict=True):
        assert b"".join(store.get(cid, max_bytes=2 * MIB)) == data


def test_nodes_exchange_blocks(ipfs_node: IpfsNode, store: KuboStore, tmp_path: Path) -> None:
    data = os.urandom(3 * MIB)
    cid = store.put([data])
    with IpfsNode(tmp_path) as other, KuboStore(other.url) as other_store:
        address = rpc(ipfs_node, "id").json()["Addresses"][0]
        assert rpc(other, "swarm/connect", arg=address).status_code == 200
        other_store.pin(cid)
        assert other_store.stat(cid).pinned
        assert b"".join(other_store.get(cid, max_bytes=3 * MIB)) == data


def test_an_archive_carries_a_file_from_node_to_node(
    ipfs_node: IpfsNode, store: KuboStore, tmp_path: Path
) -> None:
    data = os.urandom(MIB)
    cid = store.put([data])
    archive = rpc(ipfs_node, "dag/export", arg=str(cid)).content
    with IpfsNode(tmp_path) as other, KuboStore(other.url) as other_store:
        url = f"{other.url}/api/v0/dag/import"
        tampered = archive[:-1] + bytes([archive[-1] ^ 1])
        assert httpx.post(url, files={"file": io.BytesIO(tampered)}, timeout=30).status_code == 500
        assert httpx.post(url, files={"file": io.BytesIO(archive)}, timeout=30).status_code == 200
        assert other_store.stat(cid).pinned
        assert b"".join(other_store.get(cid, max_bytes=MIB)) == data


def test_a_node_killed_in_the_middle_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    directory, data = tmp_path / "node", os.urandom(SIZE)
    with IpfsNode(directory) as node, KuboStore(node.url, attempts=1, timeout=10) as store:
        cid = store.put([data])

        def kill_half_way() -> Iterator[bytes]:
            yield os.urandom(MIB)
            assert node.pid is not None
            os.kill(node.pid, signal.SIGKILL)
            for _ in range(64):
                yield os.urandom(MIB)

        received = store.get(cid, max_bytes=SIZE)
        next(received)
        with pytest.raises(StoreUnavailable):
            store.put(kill_half_way())
        with pytest.raises(StoreUnavailable):
            list(received)
        with pytest.raises(StoreUnavailable):
            store.fetch_to(cid, tmp_path / "target", max_bytes=SIZE)
    assert list(tmp_path.iterdir()) == [directory]
    with IpfsNode(directory) as node, KuboStore(node.url) as store:
        assert store.stat(cid).pinned
        assert b"".join(store.get(cid, max_bytes=SIZE)) == data


@pytest.mark.parametrize(
    "params",
    [
        {"trickle": "true"},
        {"chunker": "rabin"},
        {"chunker": "size-0"},
        {"hash": "blake3"},
        {"inline": "true"},
        {"cid-version": "2"},
        {"to-files": "/x"},
        {"pin": "perhaps"},
    ],
)
def test_the_node_refuses_import_parameters_it_does_not_implement(
    ipfs_node: IpfsNode, params: dict[str, str]
) -> None:
    if ipfs_node.is_kubo:
        pytest.skip("Kubo implements them")
    answer = httpx.post(f"{ipfs_node.url}/api/v0/add", params=params, files={"file": io.BytesIO(b"x")})
    assert answer.status_code == 400
    assert answer.json()["Message"]


def test_the_node_refuses_what_a_web_page_could_send(ipfs_node: IpfsNode) -> None:
    url = f"{ipfs_node.url}/api/v0/version"
    assert httpx.get(url).status_code == 405
    assert httpx.post(url, headers={"Origin": "https://evil.example"}).status_code == 403
    assert httpx.post(url, headers={"Host": "evil.example"}).status_code == 403
    assert httpx.post(url).status_code == 200


def test_the_node_refuses_a_block_over_its_limit(ipfs_node: IpfsNode, store: KuboStore) -> None:
    url = f"{ipfs_node.url}/api/v0/block/put"
    answer = httpx.post(url, files={"file": io.BytesIO(bytes(2 * MIB + 1))}, timeout=30)
    assert answer.status_code >= 400
    assert store.put_block(b"alive")
