"""What every store promises, on each kind: an IPFS node, a folder, a bucket, another client, a gateway."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import moto
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import (
    ArtifactCorrupt,
    ArtifactNotFound,
    ArtifactTooLarge,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)
from assay.store import BlockStore, FolderStore, GatewayStore, IpfsHttpStore, KuboStore, S3Store, store_at
from assay.store.cid import CHUNK_BYTES, LINKS_PER_NODE, Cid, cid_of_block, unixfs_cid
from assay.store.s3 import S3Blocks

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ipfshttpclient

MIB = 1 << 20
KINDS = ("node", "folder", "bucket", "client")
pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter:FutureWarning")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with moto.mock_aws():
        boto3.client("s3").create_bucket(Bucket="models")
        yield "models"


@pytest.fixture(params=KINDS)
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KuboStore | BlockStore]:
    match request.param:
        case "node":
            yield request.getfixturevalue("store")
        case "folder":
            with FolderStore(tmp_path / "store") as store:
                yield store
        case "bucket":
            with S3Store(request.getfixturevalue("bucket"), "assay/") as store:
                yield store
        case "client":
            address = urlsplit(request.getfixturevalue("ipfs_node").url)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it has not heard of today's versions
                client = ipfshttpclient.connect(
                    f"/ip4/{address.hostname}/tcp/{address.port}/http", session=True
                )
            with IpfsHttpStore(client) as store:
                yield store
            client.close()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7])
def test_a_file_comes_back(any_store: BlockStore, tmp_path: Path, size: int) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(size))
    cid = any_store.put_file(source)
    assert cid == unixfs_cid([source.read_bytes()])
    assert any_store.fetch_to(cid, target, max_bytes=size) == size
    assert target.read_bytes() == source.read_bytes()
    assert any_store.stat(cid).size == size
    assert any_store.stat(cid).pinned
    any_store.unpin(cid)
    assert not any_store.stat(cid).pinned


def test_a_stream_that_is_not_the_expected_one_is_not_kept(any_store: BlockStore) -> None:
    data, expected = os.urandom(100), unixfs_cid([b"something else"])
    with pytest.raises(ArtifactCorrupt, match="Expected"):
        any_store.put([data], expected=expected)
    assert any_store.put([data], expected=unixfs_cid([data])) == unixfs_cid([data])


def test_blocks_have_limits(any_store: BlockStore) -> None:
    data = os.urandom(MIB)
    cid = any_store.put_block(data)
    assert any_store.get_block(cid) == data
    with pytest.raises(ArtifactTooLarge):
        any_store.get_block(cid, max_bytes=MIB - 1)
    with pytest.raises(ArtifactTooLarge):
        any_store.put_block(data + b"x")
    with pytest.raises(ArtifactTooLarge):
        list(any_store.get(cid, max_bytes=MIB - 1))


def test_what_is_not_there_is_not_found(any_store: BlockStore, tmp_path: Path) -> None:
    unknown = unixfs_cid([os.urandom(32)])
    for attempt in (
        lambda: any_store.get_block(unknown),
        lambda: any_store.stat(unknown),
        lambda: any_store.pin(unknown),
        lambda: any_store.fetch_to(unknown, tmp_path / "target", max_bytes=99),
    ):
        with pytest.raises(ArtifactNotFound):
            attempt()
    any_store.unpin(unknown)
    assert not (tmp_path / "target").exists()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=4))
def test_a_folder_keeps_what_a_node_would(tmp_path: Path, pieces: list[int]) -> None:
    data = [os.urandom(size) for size in pieces]
    folder = FolderStore(tmp_path)
    cid = folder.put(data)
    assert cid == unixfs_cid(data)
    assert b"".join(FolderStore(tmp_path).get(cid, max_bytes=sum(pieces))) == b"".join(data)


def test_a_tree_of_several_levels_comes_back(tmp_path: Path) -> None:
    piece, count = os.urandom(CHUNK_BYTES), LINKS_PER_NODE + 2
    folder = FolderStore(tmp_path)
    cid = folder.put(piece for _ in range(count))
    assert sum(map(len, folder.get(cid, max_bytes=count * CHUNK_BYTES))) == count * CHUNK_BYTES


def test_a_changed_block_of_a_folder_is_noticed(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path)
    cid = folder.put([os.urandom(2 * CHUNK_BYTES)])
    for block in (tmp_path / "blocks").rglob("baf*"):
        original = block.read_bytes()
        for changed in (original[:-1], original + b"x", bytes((original[0] ^ 1,)) + original[1:]):
            block.write_bytes(changed)
            with pytest.raises((ArtifactCorrupt, ArtifactTooLarge)):
                list(folder.get(cid, max_bytes=2 * CHUNK_BYTES))
        block.write_bytes(original)
    assert len(list(folder.get(cid, max_bytes=2 * CHUNK_BYTES))) == 2


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        FolderStore(tmp_path / "file")


def test_a_bucket_that_is_not_there_says_so(bucket: str) -> None:
    with S3Store("nowhere") as store, pytest.raises(StoreRefused, match="NoSuchBucket"):
        store.put_block(b"manifest")


def test_a_threads_pin_waits_for_its_own_uploads(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks, lost = S3Blocks(bucket), cid_of_block(bytes(32))
    put = blocks._put

    def failing(key: str, data: bytes) -> None:
        if key == f"blocks/{lost}":
            raise StoreUnavailable("lost")
        put(key, data)

    monkeypatch.setattr(blocks, "_put", failing)
    with ThreadPoolExecutor(1) as other:
        other.submit(blocks.write, lost, b"").result()
        blocks.pin(cid_of_block(os.urandom(32)))
        with pytest.raises(StoreUnavailable, match="lost"):
            other.submit(blocks.pin, lost).result()
    blocks.close()


class Gateway(BaseHTTPRequestHandler):
    """Serves the blocks of a folder, as a trustless gateway does, or the one *answer* of a faulty one."""

    folder: FolderStore
    answer: tuple[int, bytes] | None = None

    def do_GET(self) -> None:
        cid = self.path.removeprefix("/ipfs/").removesuffix("?format=raw")
        status, body = self.answer or self._found(Cid.parse(cid))
        assert self.headers["Accept"] == "application/vnd.ipld.raw"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _found(self, cid: Cid) -> tuple[int, bytes]:
        try:
            return 200, self.folder.get_block(cid, max_bytes=2 * MIB)
        except ArtifactNotFound:
            return 404, b"not here"

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[str, type[Gateway]]]:
    class Handler(Gateway):
        folder = FolderStore(tmp_path / "served")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", Handler
        server.shutdown()


def test_a_gateway_is_read_and_not_written(gateway: tuple[str, type[Gateway]]) -> None:
    url, handler = gateway
    data = os.urandom(3 * CHUNK_BYTES + 7)
    cid = handler.folder.put([data])
    with GatewayStore([url]) as store:
        assert b"".join(store.get(cid, max_bytes=len(data))) == data
        assert store.stat(cid).size == len(data)
        with pytest.raises(ArtifactNotFound):
            store.get_block(cid_of_block(os.urandom(32)))
        for write in (lambda: store.put([data]), lambda: store.put_block(data[:9]), lambda: store.pin(cid)):
            with pytest.raises(StoreRefused, match="only reads"):
                write()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, b"something else"), ArtifactCorrupt),
        ((200, bytes(3 * MIB)), ArtifactTooLarge),
        ((404, b""), ArtifactNotFound),
        ((429, b""), StoreUnavailable),
        ((503, b""), StoreUnavailable),
        ((403, b""), StoreRefused),
    ],
)
def test_a_lying_gateway_is_passed_over(
    gateway: tuple[str, type[Gateway]], answer: tuple[int, bytes], error: type[StoreError]
) -> None:
    url, handler = gateway
    cid = handler.folder.put_block(b"a manifest")
    handler.answer = answer
    with GatewayStore(url) as store, pytest.raises(error):
        store.get_block(cid)


def test_the_next_gateway_is_asked(gateway: tuple[str, type[Gateway]], tmp_path: Path) -> None:
    url, handler = gateway
    cid = handler.folder.put_block(b"a manifest")
    with GatewayStore(["http://127.0.0.1:1", url + "/ipfs/"]) as store:
        assert store.get_block(cid) == b"a manifest"
    with GatewayStore(["http://127.0.0.1:1"]) as store, pytest.raises(StoreUnavailable):
        store.get_block(cid)


def test_places_have_names(tmp_path: Path, bucket: str) -> None:
    named = {
        "http://127.0.0.1:5001": KuboStore,
        "gateway+https://ipfs.io": GatewayStore,
        f"file://{tmp_path}/a%20b": FolderStore,
        f"s3://{bucket}/assay/": S3Store,
    }
    for place, kind in named.items():
        with store_at(place) as store:
            assert type(store) is kind
    assert (tmp_path / "a b").is_dir()
    with store_at(["gateway+https://ipfs.io", "gateway+https://dweb.link"]) as store:
        assert type(store) is GatewayStore


@pytest.mark.parametrize(
    "places",
    [
        [],
        "ftp://host",
        "file://elsewhere/folder",
        "file:relative",
        "s3://",
        "s3://key:secret@bucket",
        "gateway+https://user@host",
        "/srv/assay",
        ["file:///tmp/a", "file:///tmp/b"],
        ["http://127.0.0.1:5001", "s3://bucket"],
    ],
)
def test_other_names_are_refused(places: list[str] | str) -> None:
    with pytest.raises(StoreError):
        store_at(places)
