"""An RPC endpoint before a real chain that fails as public ones do, and as a hostile one could."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

_NUMBERED = {"eth_call": 1, "eth_estimateGas": 1, "eth_getBalance": 1, "eth_getTransactionCount": 1,
             "eth_getCode": 1, "eth_getBlockByNumber": 0}  # fmt: skip
_REFUSALS = (
    "nonce too low",
    "already known",
    "replacement transaction underpriced",
    "insufficient funds for gas",
)


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong: shares from 0 to 1, for each request anew.

    Attributes:
        seed: of the choices.
        lag: blocks by which a head is behind...
        behind: ...in this share of answers.
        no_receipt: receipts that are withheld.
        false_receipt: receipts with a wrong hash, block or result.
        lost: answers that are lost after the request was carried out.
        dropped: requests that never arrive.
        misjudged: transactions that are taken and refused in words.
        nonce_ahead: counts of transactions that are too high.
        limited: answers "too many requests".
    """

    seed: int = 0
    lag: int = 0
    behind: float = 0
    no_receipt: float = 0
    false_receipt: float = 0
    lost: float = 0
    dropped: float = 0
    misjudged: float = 0
    nonce_ahead: float = 0
    limited: float = 0


HONEST = Faults()


class FaultyRpc:
    """Forwards JSON-RPC to *upstream*, with the present `faults`.

    `when_asked(method, action)` calls *action* at the next request of that kind, and cuts that request off.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream, self._client = upstream, httpx.Client(timeout=30)
        self._lock = threading.Lock()
        self.asked: Counter[str] = Counter()
        self.break_with(HONEST)
        self.when_asked("", lambda: None)
        rpc = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                rpc.serve(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def break_with(self, faults: Faults) -> None:
        self.faults, self._random = faults, random.Random(faults.seed)

    def when_asked(self, method: str, action: Callable[[], object], *, after: bool = False) -> None:
        """Call *action* at a request, before it is carried out or *after*; it gets no answer."""
        self._moment = method, after, action

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        content = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._lock:  # one after the other, so that a seed means the same each time
            found = [self._served(one) for one in (content if isinstance(content, list) else [content])]
        status = max(one[0] for one in found)
        answers = [one[1] for one in found if one[1] is not None]
        if len(answers) < len(found):
            handler.close_connection = True
            return
        body = json.dumps(answers if isinstance(content, list) else answers[0]).encode()
        handler.send_response(status)
        if status == 429:
            handler.send_header("Retry-After", "0")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _served(self, request: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        """Status of the answer to one request, and its body; none where the connection is cut."""
        self.asked[request["method"]] += 1
        wanted, after, action = self._moment
        if request["method"] == wanted:
            if after:
                self._forward(request)
            self._moment = "", False, action
            action()
            return 200, None
        status, answer = self._answer(request)
        return status, answer and {"jsonrpc": "2.0", "id": request["id"]} | answer

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        faults, method = self.faults, request["method"]
        if self._happens(faults.limited):
            return 429, {"error": {"code": -32005, "message": "rate limited"}}
        if self._happens(faults.dropped):
            return 200, None
        if method == "eth_sendRawTransaction" and self._happens(faults.misjudged):
            self._forward(request)
            return 200, _error(self._random.choice(_REFUSALS))
        behind = faults.lag if self._happens(faults.behind) else 0
        answer = self._from_head(request, behind) if behind else self._forward(request)
        if self._happens(faults.lost):
            return 200, None
        result = answer.get("result")
        if method == "eth_getTransactionReceipt" and result:
            answer = {"result": self._receipt(result)}
        if method == "eth_getTransactionCount" and self._happens(faults.nonce_ahead):
            answer = {"result": hex(int(result, 16) + self._random.randint(1, 2))}
        return 200, answer

    def _receipt(self, receipt: dict[str, Any]) -> dict[str, Any] | None:
        if self._happens(self.faults.no_receipt):
            return None
        if not self._happens(self.faults.false_receipt):
            return receipt
        other = "0x" + self._random.randbytes(32).hex()
        lies: list[dict[str, Any]] = [
            {"transactionHash": other},
            {"blockHash": other},
            {"blockNumber": hex(int(receipt["blockNumber"], 16) - 1)},
            {"blockNumber": hex(int(receipt["blockNumber"], 16) + 1000)},
            {"status": "0x0", "logs": []},
        ]
        return receipt | self._random.choice(lies)

    def _from_head(self, request: dict[str, Any], behind: int) -> dict[str, Any]:
        """The answer of a node that has not seen the newest blocks."""
        head = int(self._call("eth_blockNumber"), 16) - behind
        method, parameters = request["method"], list(request["params"])
        if method == "eth_blockNumber":
            return {"result": hex(head)}
        if method == "eth_getTransactionReceipt":
            answer = self._forward(request)
            found = answer.get("result")
            return {"result": None} if found and int(found["blockNumber"], 16) > head else answer
        place = _NUMBERED.get(method)
        if place is None or place >= len(parameters):
            return self._forward(request)
        if parameters[place] in ("latest", "pending"):
            parameters[place] = hex(head)
        elif parameters[place].startswith("0x") and int(parameters[place], 16) > head:
            return {"result": None} if method == "eth_getBlockByNumber" else _error("header not found")
        return self._forward(request | {"params": parameters})

    def _forward(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post(self._upstream, json=request).json()
        return {name: answer[name] for name in ("result", "error") if name in answer}

    def _call(self, method: str, *parameters: Any) -> Any:
        return self._forward({"jsonrpc": "2.0", "id": 0, "method": method, "params": list(parameters)})[
            "result"
        ]


def _error(message: str) -> dict[str, Any]:
    return {"error": {"code": -32000, "message": message}}
