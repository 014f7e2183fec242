"""The store client against nodes that lie, stall, flood or break off: a clear error, nothing half-written."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from assay.errors import (
    ArtifactCorrupt,
    ArtifactNotFound,
    ArtifactTooLarge,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)
from assay.store import KuboStore
from assay.store.cid import CHUNK_BYTES, Cid, unixfs_cid
from assay_local.ipfs import IpfsNode

DATA = b"what was meant"
CID = unixfs_cid([DATA])
LIMIT = 1 << 20


class HostileNode:
    """A socket on which *behave(connection, request target)* answers each request in its own way."""

    def __init__(self, behave: Callable[[socket.socket, str], None]) -> None:
        self._behave = behave
        self.requests: list[str] = []
        self.heads: list[bytes] = []
        self.stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> HostileNode:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            received = b""
            while b"\r\n\r\n" not in received:
                piece = connection.recv(65536)
                if not piece:
                    return
                received += piece
            head, _, body = received.partition(b"\r\n\r\n")
            while b"chunked" in head and not body.endswith(b"0\r\n\r\n"):
                body += connection.recv(65536)
            target = head.split(b" ")[1].decode()
            self.requests.append(target)
            self.heads.append(head)
            self._behave(connection, target)

    def drip(self, connection: socket.socket, data: bytes) -> None:
        """Send *data* a byte at a time, fast enough for any time-out between two bytes."""
        while not self.stopped.wait(0.02):
            connection.sendall(data)


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Callable[[socket.socket, str], None]:
    return lambda connection, _: connection.sendall(http(body, status, *headers))


def flood(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(bytes(65536))


def kubo_error(message: str) -> Callable[[socket.socket, str], None]:
    return answer(json.dumps({"Message": message, "Code": 0}).encode(), "500 Internal Server Error")


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        pytest.param(answer(b"something else"), ArtifactCorrupt, id="other bytes"),
        pytest.param(answer(b""), ArtifactCorrupt, id="no bytes"),
        pytest.param(answer(DATA[:-1]), ArtifactCorrupt, id="short"),
        pytest.param(answer(DATA + b"!"), ArtifactCorrupt, id="long"),
        pytest.param(flood, ArtifactTooLarge, id="endless"),
        pytest.param(
            answer(gzip.compress(bytes(50 << 20)), "200 OK", "Content-Encoding: gzip"),
            ArtifactCorrupt,
            id="bomb",
        ),
        pytest.param(
            lambda c, _: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + DATA),
            StoreUnavailable,
            id="cut off",
        ),
        pytest.param(lambda c, _: None, StoreUnavailable, id="hangs up"),
        pytest.param(lambda c, _: c.sendall(b"SSH-2.0-OpenSSH\r\n"), StoreUnavailable, id="not HTTP"),
        pytest.param(answer(DATA, "200 OK", "X: " + "x" * 500_000), StoreUnavailable, id="giant header"),
        pytest.param(
            answer(DATA, "200 OK", *(f"X{n}: x" for n in range(40_000))), StoreUnavailable, id="headers"
        ),
        pytest.param(answer(DATA, "206 Partial Content"), StoreRefused, id="partial"),
        pytest.param(answer(b"[" * 60_000, "500 Internal Server Error"), StoreRefused, id="deep JSON"),
        pytest.param(answer(b"\xff\xfe", "500 Internal Server Error"), StoreRefused, id="not JSON"),
        pytest.param(answer(b"x", "401 Unauthorized"), StoreRefused, id="unauthorised"),
        pytest.param(answer(b"x", "503 Service Unavailable"), StoreUnavailable, id="overloaded"),
        pytest.param(kubo_error("ipld: could not find x"), ArtifactNotFound, id="not found"),
        pytest.param(kubo_error("context deadline exceeded"), ArtifactNotFound, id="nobody answers the node"),
    ],
)
def test_a_lying_node(
    behave: Callable[[socket.socket, str], None], error: type[StoreError], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"before")
    with HostileNode(behave) as node, KuboStore(node.url, attempts=1, timeout=20) as store:
        with pytest.raises(error) as caught:
            store.fetch_to(CID, target, max_bytes=LIMIT)
        with pytest.raises(error):
            store.get_block(CID)
    assert len(str(caught.value)) < 500
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_a_node_that_drips_does_not_hold_us(head: bytes, tmp_path: Path) -> None:
    def behave(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        node.drip(connection, b"x" if head else b"")

    with HostileNode(behave) as node, KuboStore(node.url, attempts=1, timeout=0.5) as store:
        with pytest.raises(StoreUnavailable, match="did not finish"):
            store.fetch_to(CID, tmp_path / "target", max_bytes=LIMIT)
        with pytest.raises(StoreUnavailable):
            store.put([DATA])
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_is_not_followed() -> None:
    with HostileNode(answer(DATA)) as elsewhere:
        redirect = answer(b"", "307 Temporary Redirect", f"Location: {elsewhere.url}/api/v0/block/get")
        with (
            HostileNode(redirect) as node,
            KuboStore(node.url) as store,
            pytest.raises(StoreRefused, match="307"),
        ):
            store.get_block(CID)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "said",
    [
        {"Hash": str(unixfs_cid([b"something else"]))},
        {"Hash": "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD"},
        {"Hash": None},
        {},
        {"Hash": ["x"] * 1000},
    ],
)
def test_a_node_that_stores_something_else_is_found_out(said: dict[str, object]) -> None:
    reply = json.dumps(said | {"Version": "0.40.0", "Key": said.get("Hash")}).encode()
    with HostileNode(answer(reply)) as node, KuboStore(node.url) as store:
        with pytest.raises(ArtifactCorrupt):
            store.put([DATA])
        with pytest.raises(ArtifactCorrupt):
            store.put_block(DATA)


@pytest.mark.parametrize("reply", [b"", b"null", b"[]", b"{", b"[" * 60_000, b'{"Hash"'])
def test_an_unreadable_answer_to_an_add(reply: bytes) -> None:
    with (
        HostileNode(answer(reply)) as node,
        KuboStore(node.url, attempts=1) as store,
        pytest.raises(StoreUnavailable),
    ):
        store.put_block(DATA)


def test_the_next_endpoint_is_asked() -> None:
    with (
        HostileNode(answer(b"lies")) as liar,
        HostileNode(lambda c, _: None) as dead,
        HostileNode(answer(DATA)) as honest,
        KuboStore([dead.url, liar.url, honest.url]) as store,
    ):
        assert b"".join(store.get(CID, max_bytes=LIMIT)) == DATA


def test_a_lie_is_reported_before_an_outage() -> None:
    with (
        HostileNode(answer(b"lies")) as liar,
        HostileNode(kubo_error("ipld: could not find x")) as poor,
        KuboStore([poor.url, liar.url]) as store,
        pytest.raises(ArtifactCorrupt),
    ):
        store.get_block(CID)


def test_retries_outlast_a_short_outage_but_are_bounded() -> None:
    replies: Iterator[bytes] = iter([b"", http(b""), b"", http(DATA), b"", b"", b""])
    with HostileNode(lambda c, _: c.sendall(next(replies))) as node, KuboStore(node.url, attempts=3) as store:
        assert store.get_block(CID) == DATA
        assert len(node.requests) == 4  # it was asked for its version until it answered that
        with pytest.raises(StoreUnavailable):
            store.get_block(CID)
        assert len(node.requests) == 7


def test_a_refusal_is_not_repeated() -> None:
    with HostileNode(answer(b"x", "403 Forbidden")) as node, KuboStore(node.url, attempts=3) as store:
        with pytest.raises(StoreRefused, match="token"):
            store.get_block(CID)
        assert [request.partition("?")[0] for request in node.requests] == [
            "/api/v0/version",
            "/api/v0/block/get",
        ]


def test_storage_that_cannot_be_reached_costs_a_few_seconds_in_all() -> None:
    """However many nodes there are, and however often a command asks."""
    with socket.create_server(("127.0.0.1", 0)) as mute, socket.create_server(("127.0.0.1", 0)) as other:
        urls = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in (mute, other)]
        start = time.monotonic()
        with KuboStore(urls) as store:
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="did not finish"):
                    store.get_block(CID)
        assert time.monotonic() - start <= 15


def test_a_file_that_breaks_off_half_way_leaves_nothing(store: KuboStore, tmp_path: Path) -> None:
    data = os.urandom(4 * CHUNK_BYTES)
    cid = store.put([data])
    third = unixfs_cid([data[2 * CHUNK_BYTES : 3 * CHUNK_BYTES]])
    served: list[Cid] = []

    def half(connection: socket.socket, target: str) -> None:
        asked = parse_qs(urlsplit(target).query)
        if "arg" not in asked:
            return connection.sendall(http(b"{}"))
        wanted = Cid.parse(asked["arg"][0])
        served.append(wanted)
        block = store.get_block(wanted)
        return connection.sendall(http(block if wanted != third else block[:-1] + b"?"))

    with (
        HostileNode(half) as node,
        KuboStore(node.url, attempts=1) as tampered,
        pytest.raises(ArtifactCorrupt, match=str(third)),
    ):
        tampered.fetch_to(cid, tmp_path / "target", max_bytes=LIMIT)
    assert unixfs_cid([data[:CHUNK_BYTES]]) in served
    assert list(tmp_path.iterdir()) == []


ARCHIVES: dict[str, Callable[[HostileNode, socket.socket, bytes], None]] = {
    "refused": lambda _node, line, _: line.sendall(http(b"{}", "500 Internal Server Error")),
    "empty": lambda _node, line, _: line.sendall(http(b"")),
    "hangs up": lambda _node, _line, _: None,
    "breaks off": lambda _node, line, archive: line.sendall(http(archive[: len(archive) // 2])),
    "too short for its length": lambda _node, line, archive: line.sendall(http(archive)[:-9]),
    "a byte is another": lambda _node, line, archive: line.sendall(http(archive[:-1] + b"?")),
    "no archive": lambda _node, line, _: line.sendall(http(b"<html>" * 1000)),
    "endless": lambda _node, line, _: flood(line, ""),
    "drips": lambda node, line, archive: (
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n"), node.drip(line, archive[:1])
    )[1],
}  # fmt: skip
"""What a node answers to the question for an archive."""


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_bad_archive_costs_one_request(
    ipfs_node: IpfsNode, store: KuboStore, tmp_path: Path, kind: str
) -> None:
    """Each block is then fetched by itself."""
    data = os.urandom(4 * CHUNK_BYTES)
    cid = store.put([data])
    url = f"{ipfs_node.url}/api/v0/dag/export"
    archive = httpx.post(url, params={"arg": str(cid)}, timeout=30).content

    def behave(connection: socket.socket, target: str) -> None:
        asked = parse_qs(urlsplit(target).query)
        if "dag/export" in target:
            return ARCHIVES[kind](node, connection, archive)
        if "arg" not in asked:
            return connection.sendall(http(b"{}"))
        return connection.sendall(http(store.get_block(Cid.parse(asked["arg"][0]))))

    with HostileNode(behave) as node, KuboStore(node.url, attempts=1, timeout=1) as tried:
        assert tried.fetch_to(cid, tmp_path / "target", max_bytes=LIMIT * 2) == len(data)
    assert (tmp_path / "target").read_bytes() == data
    assert sum("dag/export" in target for target in node.requests) == 1
    assert sum("block/get" in target for target in node.requests) <= 5


def test_unusable_paths_are_found_out_before_any_request(tmp_path: Path) -> None:
    with HostileNode(answer(DATA)) as node, KuboStore(node.url) as store:
        with pytest.raises(StoreError, match="No such file"):
            store.fetch_to(CID, tmp_path / "missing" / "target", max_bytes=LIMIT)
        with pytest.raises(StoreError, match="No such file"):
            store.put_file(tmp_path / "missing")
        with pytest.raises(StoreError, match="Is a directory"):
            store.put_file(tmp_path)
        assert node.requests == []


def test_the_token_travels_in_a_header_and_shows_nowhere(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("s3cret-t0ken\n")
    with (
        HostileNode(answer(b"x", "401 Unauthorized")) as node,
        KuboStore(node.url, token_file=token_file) as store,
        pytest.raises(StoreRefused) as caught,
    ):
        store.get_block(CID)
    assert b"\r\nauthorization: bearer s3cret-t0ken\r\n" in node.heads[0].lower() + b"\r\n"
    assert "s3cret" not in str(caught.value)
    assert not any("s3cret" in target for target in node.requests)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:5001",
        "ftp://127.0.0.1",
        "http://",
        "http://user:hunter2@127.0.0.1:5001",
        "http://127.0.0.1:5001/?token=hunter2",
        "http://127.0.0.1:5001/api/v0",
        "http://127.0.0.1:port",
        "http://[::1",
        "http://127.0.0.1:5001\n",
    ],
)
def test_malformed_endpoints(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        KuboStore(url)
    assert "hunter2" not in str(caught.value)


def test_a_token_never_leaves_the_machine_in_the_clear(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("s3cret")
    with pytest.raises(StoreError, match="in the clear"):
        KuboStore("http://ipfs.example:5001", token_file=token_file)
    with pytest.raises(StoreError, match="cannot be read"):
        KuboStore("https://ipfs.example", token_file=tmp_path / "none")
    token_file.write_text("two\nlines")
    with pytest.raises(StoreError, match="one line"):
        KuboStore("https://ipfs.example", token_file=token_file)
