"""An RPC endpoint between client and chain that misbehaves as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

Forward = Callable[[], Any]
Behaviour = Callable[[str, Any, Forward], Any]


class Proxy:
    """Forwards JSON-RPC; `behave(method, params, forward)` may change, withhold or make up the answer.

    It returns the answer as a dict, or bytes to send as they are, or None to cut the connection. The requests
    of a batch are forwarded one by one; bytes are then all that is sent.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self._client = httpx.Client(headers={"Content-Type": "application/json"})
        self.behave: Behaviour = lambda _method, _params, forward: forward()
        self.asked: Counter[str] = Counter()  # by method
        self.requests = 0  # over HTTP
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                proxy.handle(self)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        content = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.requests += 1
        answers = [self._answer(one) for one in (content if isinstance(content, list) else [content])]
        if None in answers:
            handler.close_connection = True
            return
        raw = json.dumps(answers if isinstance(content, list) else answers[0], default=repr).encode()
        raw = next((one for one in answers if isinstance(one, bytes)), raw)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    def _answer(self, request: dict[str, Any]) -> Any:
        self.asked[request["method"]] += 1

        def forward() -> Any:
            return self._client.post(self.upstream, json=request).json()

        answer = self.behave(request["method"], request["params"], forward)
        return answer | {"id": request["id"]} if isinstance(answer, dict) else answer

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()


@pytest.fixture
def proxy(chain) -> Iterator[Proxy]:
    proxy = Proxy(chain.rpc)
    yield proxy
    proxy.stop()


@pytest.fixture
def liar() -> Iterator[Proxy]:
    """An endpoint with no chain behind it."""
    proxy = Proxy("")
    yield proxy
    proxy.stop()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are as in earnest, and short."""
    monkeypatch.setattr("assay.chain.transactions._LAG_SECONDS", 0.5)
    monkeypatch.setattr("assay.chain.transactions._LAG_PAUSE", 0.05)
    monkeypatch.setattr("assay.chain.waiting._SEARCH_SECONDS", 0.1)
    monkeypatch.setattr("assay.chain.waiting._PUSH_SECONDS", 0.2)
    monkeypatch.setattr("assay.chain.provider._PAUSE", 0.01)


def refusal(message: str, code: int = -32000) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 0, "error": {"code": code, "message": message}}


@pytest.fixture
def refuse() -> Callable[..., dict[str, Any]]:
    return refusal
