"""A Web3Signer for tests: one key, the API that it describes in OpenAPI (23.11), and lies where wanted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_keys.datatypes import PrivateKey

Behaviour = Callable[[str, Any], tuple[int, bytes]]


class RemoteSigner:
    """Signs on a port of its own; `behave(path, body)` says status and content of an answer."""

    def __init__(self, key: PrivateKey) -> None:
        self.key = key
        self.behave: Behaviour = self.honest
        signer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: Any) -> None:
                status, content = signer.behave(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                with suppress(ConnectionError):  # who asked may have given up
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def honest(self, path: str, body: Any) -> tuple[int, bytes]:
        """What Web3Signer answers."""
        if path == "/api/v1/eth1/publicKeys":
            return 200, json.dumps([self.key.public_key.to_hex()]).encode()
        if path != f"/api/v1/eth1/sign/{self.key.public_key.to_hex()}":
            return 404, b""
        return 200, signed(self.key, bytes.fromhex(body["data"][2:]))

    @contextmanager
    def serving(self) -> Iterator[RemoteSigner]:
        """Answer until the end of the block."""
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        yield self
        self._http.shutdown()
        self._http.server_close()


def signed(key: PrivateKey, preimage: bytes, start: int = 27) -> bytes:
    """The signature as Web3Signer writes it."""
    raw = key.sign_msg(preimage).to_bytes()
    return f"0x{raw[:64].hex()}{raw[64] + start:02x}".encode()
