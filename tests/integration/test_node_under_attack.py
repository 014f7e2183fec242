"""Clients that open connections, and send little, slowly or nonsense: the HTTP node serves the others."""

from __future__ import annotations

import asyncio
import secrets
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from onnx import TensorProto, helper
from prometheus_client import CollectorRegistry, Gauge

from assay.manifests.evaluation import (
    DataMapping,
    EvaluationSpec,
    InputMapping,
    OutputMapping,
    ReportStatus,
)
from assay_validation import admission
from assay_validation.admission import Admission
from assay_validation.connections import MAX_WAITING, Connection
from assay_validation.errors import BusyError
from assay_validation.node import RemoteValidationNode

COMMAND = Path(sys.executable).with_name("assay-validation")
SPEC = EvaluationSpec(
    task="classification",
    metric="accuracy",
    data=DataMapping(
        format="csv", inputs=(InputMapping(name="x", columns=("x",)),), label="y", classes=("0", "1")
    ),
    output=OutputMapping(probabilities="p"),
)


@dataclass(frozen=True)
class Running:
    """A node with one slot, and the tokens of two clients."""

    port: int
    tokens: tuple[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, client: int, length: int) -> bytes:
        """Of a request of that many bytes."""
        lines = [
            "POST /v1/evaluations HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {self.tokens[client]}",
            "Content-Type: multipart/form-data; boundary=b",
            f"Content-Length: {length}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def healthy(self) -> bool:
        return httpx.get(f"{self.url}/health", timeout=10).status_code == 200

    def taken(self) -> float:
        for line in httpx.get(f"{self.url}/metrics").text.splitlines():
            if line.startswith("assay_validation_running "):
                return float(line.split()[1])
        raise AssertionError("no such figure")


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("tokens") / "tokens"
    file.touch(0o600)
    tokens = secrets.token_hex(32), secrets.token_hex(32)
    file.write_text("\n".join(tokens))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [COMMAND, "serve", "--token-file", file, "--port", str(port), "--concurrency", "1"]
    process = subprocess.Popen(command)
    running = Running(port, tokens)

    def answers() -> bool:
        assert process.poll() is None, "the server died"
        with suppress(httpx.TransportError):
            return running.healthy()
        return False

    try:
        until(answers)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    model, data = folder / "model.onnx", folder / "data.csv"
    graph = helper.make_graph(
        [helper.make_node("Sigmoid", ["x"], ["p"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 1])],
    )
    opset = [helper.make_opsetid("", 17)]
    model.write_bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
    data.write_text("x,y\n" + "".join(f"{i - 20},{int(i > 20)}\n" for i in range(40)))
    return model, data


@pytest.fixture
def crowd() -> Iterator[list[socket.socket]]:
    """Connections to be closed at the end of the test."""
    with ExitStack() as stack:
        connections: list[socket.socket] = []
        stack.callback(lambda: [one.close() for one in connections])
        yield connections


def until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        threading.Event().wait(0.05)


def is_closed(connection) -> bool:
    """Whether the other side has closed it; what it said before is read."""
    with suppress(BlockingIOError):
        connection.setblocking(False)
        try:
            while connection.recv(1 << 16):
                pass
        except ConnectionError:
            pass
        return True
    return False


def answer_to(connection) -> bytes:
    select.select([connection], [], [], 30)
    with suppress(ConnectionError):
        return connection.recv(1 << 16)
    return b""


ATTACKS = {
    "half a head": b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\n",
    "a head that drips": b"GET /health HTTP/1.1\r\nX: ",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "a thousand requests at once": b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 1000,
    "a head without end": b"GET /health HTTP/1.1\r\n" + b"X: 1234567890\r\n" * 5000,
    "a long line": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    "a body without a token": b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\nx",
    "another protocol": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
}


def test_honest_work_passes_meanwhile(node, files, crowd):
    """200 idle connections, attacks of all kinds, and a slow body from somebody who has a token."""
    crowd += [node.connect() for _ in range(200)]
    for content in ATTACKS.values():
        for _ in range(4):
            crowd.append(node.connect())
            with suppress(ConnectionError):  # it may have said no already
                crowd[-1].sendall(content)
    half_closed = node.connect()
    crowd.append(half_closed)
    half_closed.sendall(ATTACKS["half a head"])
    half_closed.shutdown(socket.SHUT_WR)
    slow = node.connect()
    crowd.append(slow)
    slow.sendall(node.head(1, 5000) + b"--b\r\n")
    until(lambda: node.taken() == 1)
    honest = RemoteValidationNode(node.url, node.tokens[0], seconds=60)
    other = RemoteValidationNode(node.url, node.tokens[1], seconds=60)
    assert node.healthy()
    assert honest.evaluate(*files, SPEC).status is ReportStatus.ANSWERED
    with pytest.raises(BusyError):  # that one holds its own place only
        other.evaluate(*files, SPEC)
    dripping = crowd[204]
    until(lambda: drip(dripping) and all(is_closed(one) for one in crowd))
    assert node.taken() == 0
    assert other.evaluate(*files, SPEC).status is ReportStatus.ANSWERED


def drip(connection) -> bool:
    """Send one byte more of a head, if it is still open."""
    with suppress(OSError):
        connection.send(b"x")
    return True


def test_a_slow_body_is_told_so(node, crowd):
    crowd.append(node.connect())
    crowd[0].sendall(node.head(1, 5000) + b"--b\r\n")
    assert b" 408 " in answer_to(crowd[0])


def test_where_many_wait_the_oldest_has_to_go(node, crowd):
    crowd += [node.connect() for _ in range(MAX_WAITING + 50)]
    until(lambda: all(is_closed(one) for one in crowd[:50]), seconds=8)  # before their time is over
    assert node.healthy()
    assert not is_closed(crowd[-1])


def test_of_many_addresses_the_one_with_the_most_has_to_go(node, crowd):
    """Loopback has more than one."""
    for address in ("127.0.0.2", "127.0.0.3"):
        crowd.append(socket.create_connection(("127.0.0.1", node.port), 20, (address, 0)))
    crowd += [node.connect() for _ in range(MAX_WAITING + 50)]
    until(lambda: all(is_closed(one) for one in crowd[2:52]), seconds=8)
    assert not any(is_closed(one) for one in crowd[:2])


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", "a socket"),
    ],
)
def test_whose_an_address_is(host, owner):
    connection = Connection.__new__(Connection)
    connection.client = (host, 1)
    assert connection.owner == owner


def admitted(pieces, *, length=5 * admission.MIB, more=()):
    """What the service says to a client that sends *pieces* and then waits."""
    said, waiting = [], iter(pieces)

    async def receive():
        for piece in waiting:
            return {"type": "http.request", "body": piece, "more_body": True}
        await asyncio.Event().wait()

    async def send(message):
        said.append(message)

    async def app(scope, receive, send):
        while (await receive())["type"] != "http.disconnect":
            pass

    taken = Gauge("taken", "", registry=CollectorRegistry())
    guarded = Admission(app, tokens=["t"], places=1, largest=length, taken=taken)
    headers = [(b"authorization", b"Bearer t"), (b"content-length", str(length).encode()), *more]
    scope = {"type": "http", "path": "/v1/evaluations", "method": "POST", "headers": headers, "state": {}}
    asyncio.run(guarded(scope, receive, send))
    assert taken.collect()[0].samples[0].value == 0
    return said[0]["status"]


def test_a_length_counts_for_nothing_beside_chunks():
    assert admitted([b"x"], length=5, more=[(b"transfer-encoding", b"chunked")]) == 411


def test_a_body_that_stops_coming_is_given_up(monkeypatch):
    monkeypatch.setattr(admission, "SECONDS_EACH_MIB", 0.05)
    assert admitted([]) == 408
    assert admitted([b"x" * admission.MIB] * 3) == 408
