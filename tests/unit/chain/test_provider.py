"""RPC endpoints that fail, lie or flood: the next one is asked, and nothing else comes of it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assay.chain import Connection
from assay.errors import ChainError, ChainUnavailable, InvalidInput, StoreUnavailable
from assay.store import KuboStore
from assay.store.cid import cid_of_block

NOBODY = "http://127.0.0.1:9"


def connection(*urls: str) -> Connection:
    return Connection(urls, timeout=5, rounds=1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>busy</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"result": 1, "error": {}}',
        b"[" * 100_000,
        b'{"result": "' + b"0" * (33 * 1024 * 1024) + b'"}',
        None,
    ],
    ids=["empty", "html", "list", "null", "no result", "both", "deep", "huge", "cut"],
)
def test_an_unusable_endpoint_is_passed_over(chain, proxy, answer):
    proxy.behave = lambda _method, _params, _forward: answer
    with pytest.raises(ChainUnavailable):
        connection(proxy.url).chain_id()
    assert connection(proxy.url, chain.rpc).chain_id() == 31337


def test_the_endpoint_that_answered_is_preferred(chain, proxy):
    proxy.behave = lambda _method, _params, _forward: None
    reader = connection(proxy.url, chain.rpc)
    reader.chain_id()
    asked = sum(proxy.asked.values())
    reader.block_number()
    assert sum(proxy.asked.values()) == asked


def test_no_endpoint_is_a_plain_sentence_without_the_urls_key():
    with pytest.raises(ChainUnavailable) as down:
        connection(NOBODY + "/v3/secret-key").chain_id()
    assert "127.0.0.1" in str(down.value)
    assert "secret-key" not in str(down.value)


@pytest.mark.parametrize("url", ["", "ws://127.0.0.1:1", "file:///etc/passwd", "http://", "\0"])
def test_other_urls_are_refused(url):
    with pytest.raises(ChainUnavailable, match="http"):
        connection(url)


NONSENSE = [
    None, "x", "0x", "0xzz", {}, [], -1, 1.5, "0x" + "f" * 10_000, {"timestamp": None}, [[]], True
]  # fmt: skip


@pytest.mark.parametrize(
    "read",
    [
        lambda c: c.chain_id(),
        lambda c: c.block_number(),
        lambda c: c.block_time(),
        lambda c: c.base_fee(),
        lambda c: c.code("0x" + "11" * 20),
        lambda c: c.balance("0x" + "11" * 20),
        lambda c: c.nonce("0x" + "11" * 20, pending=True),
        lambda c: c.receipt("0x" + "11" * 32),
        lambda c: c.call({"to": "0x" + "11" * 20}),
        lambda c: c.estimate_gas({"to": "0x" + "11" * 20}),
        lambda c: list(c.logs("0x" + "11" * 20, [], from_block=0, to_block=5)),
    ],
    ids=["chain_id", "block_number", "block_time", "base_fee", "code", "balance", "nonce", "receipt", "call",
         "estimate_gas", "logs"],
)  # fmt: skip
def test_nonsense_is_at_worst_a_chain_error(liar, read):
    reader = connection(liar.url)
    for result in NONSENSE:
        liar.behave = lambda _method, _params, _forward, result=result: {"id": 0, "result": result}
        with contextlib.suppress(ChainError):
            read(reader)


def test_an_error_that_is_no_error_object(liar):
    reader = connection(liar.url)
    for error in ("text", 5, [], {"code": "x"}, {"message": "\x1b[2Jred"}, {"data": 5, "message": "m"}):
        raw = json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()
        liar.behave = lambda _method, _params, _forward, raw=raw: raw
        with pytest.raises(ChainError) as refused:
            reader.block_number()
        assert "\x1b" not in str(refused.value)


def test_a_chain_id_that_is_text_steers_no_terminal(chain, liar):
    for result in ("\x1b[2J\x1b]0;title\x07", "[\x1b[31m]", ["\x1b[2J"]):
        raw = json.dumps({"jsonrpc": "2.0", "id": 0, "result": result}).encode()
        liar.behave = lambda _method, _params, _forward, raw=raw: raw
        with pytest.raises(ChainError, match="makes no sense") as refused:
            connection(liar.url).check(chain.deployment)
        assert "\x1b" not in str(refused.value)


def test_logs_that_were_not_asked_for(chain, proxy):
    stranger = {
        "address": "0x" + "22" * 20, "topics": [], "data": "0x", "blockNumber": "0x1", "logIndex": "0x0",
        "transactionHash": "0x" + "11" * 32, "blockHash": "0x" + "11" * 32, "transactionIndex": "0x0",
    }  # fmt: skip

    def lie(method, _params, forward):
        return {"jsonrpc": "2.0", "id": 0, "result": [stranger]} if method == "eth_getLogs" else forward()

    proxy.behave = lie
    with pytest.raises(ChainError, match="not asked for"):
        list(connection(proxy.url).logs(chain.at("Escrow"), [], from_block=0, to_block=5))


def test_a_node_that_takes_short_ranges_only(chain, proxy, refuse):
    chain.market("hospital").escrow.deposit(10**18)

    def short_ranges(method, params, forward):
        asked = params[0] if method == "eth_getLogs" else {}
        if "toBlock" in asked and int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) > 7:
            return refuse("query returned more than 10000 results", -32005)
        return forward()

    direct = list(connection(chain.rpc).logs(chain.at("Escrow"), [], from_block=0))
    proxy.behave = short_ranges
    assert list(connection(proxy.url).logs(chain.at("Escrow"), [], from_block=0)) == direct != []


def test_an_answer_that_is_too_large_is_asked_for_in_parts(chain, proxy):
    chain.market("hospital").escrow.deposit(10**18)

    def large(method, params, forward):
        asked = params[0] if method == "eth_getLogs" else {}
        if "toBlock" in asked and int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) > 100:
            return b'{"result": "' + b"0" * (33 * 1024 * 1024) + b'"}'
        return forward()

    direct = list(connection(chain.rpc).logs(chain.at("Escrow"), [], from_block=0))
    proxy.behave = large
    assert list(connection(proxy.url).logs(chain.at("Escrow"), [], from_block=0)) == direct != []


def test_the_newest_logs_first_and_no_more_than_are_taken(chain, proxy):
    for _ in range(3):
        chain.market("hospital").escrow.deposit(10**18)
    asked = []

    def watched(method, params, forward):
        if method == "eth_getLogs":
            asked.append(params[0].get("blockHash"))
        return forward()

    reader, escrow = connection(proxy.url), chain.at("Escrow")
    oldest_first = list(reader.logs(escrow, [], from_block=0))
    assert list(reader.logs(escrow, [], from_block=0, newest_first=True)) == oldest_first[::-1]
    head = reader.head()
    proxy.behave = watched
    reader._logs._span.blocks = 1
    assert next(reader.logs(escrow, [], from_block=0, newest_first=True)) == oldest_first[-1]
    assert asked == [head.hash]


@pytest.fixture
def naps(monkeypatch) -> list[float]:
    """How long the client has waited; it does not really."""
    naps: list[float] = []
    monkeypatch.setattr("assay.chain.provider.time.sleep", naps.append)
    return naps


class Busy:
    """An endpoint that answers 429 so often, with this Retry-After."""

    def __init__(self, times: int, retry_after: str | None) -> None:
        self.times, self.retry_after = times, retry_after
        busy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                busy.times -= 1
                body = b'{"jsonrpc": "2.0", "id": 0, "result": "0x7"}'
                self.send_response(429 if busy.times >= 0 else 200)
                if busy.times >= 0 and busy.retry_after is not None:
                    self.send_header("Retry-After", busy.retry_after)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self) -> Busy:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_limit_is_waited_for_and_named(naps):
    said: list[str] = []
    with Busy(2, "5") as busy:
        assert Connection([busy.url], timeout=5, rounds=1, tell=said.append).block_number() == 7
    assert naps == [5, 5]
    assert said == ["127.0.0.1 takes no more requests for now; waiting 5.0 s."] * 2


def test_a_time_to_wait_for(naps):
    until = formatdate(time.time() + 8, usegmt=True)
    with Busy(1, until) as busy:
        assert connection(busy.url).block_number() == 7
    assert 4 <= naps[0] <= 8


@pytest.mark.parametrize("retry_after", [None, "0", "1", "30", "soon", "-5", "9" * 500])
def test_a_limit_that_does_not_end_is_an_error_in_time(naps, retry_after):
    with Busy(10**6, retry_after) as busy, pytest.raises(ChainUnavailable, match="429") as refused:
        connection(busy.url).block_number()
    assert sum(naps) <= 60
    assert "name another endpoint" in str(refused.value)


def test_another_endpoint_is_asked_before_anything_is_waited_for(chain, naps):
    with Busy(10**6, "30") as busy:
        assert connection(busy.url, chain.rpc).chain_id() == 31337
    assert naps == []


def test_requests_go_through_the_proxy_that_the_environment_names(chain, proxy):
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("http_proxy", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
            patch.delenv(variable, raising=False)
        patch.setenv("HTTP_PROXY", proxy.url)
        patch.setenv("NO_PROXY", "127.0.0.1")
        assert connection("http://rpc.example:8545").chain_id() == 31337
        assert proxy.asked["eth_chainId"] == 1
        assert connection(chain.rpc).chain_id() == 31337
        assert proxy.asked["eth_chainId"] == 1
        patch.setenv("HTTP_PROXY", NOBODY)
        with pytest.raises(ChainUnavailable, match=r"rpc\.example by the proxy 127\.0\.0\.1:9: .*refused"):
            connection("http://rpc.example:8545").chain_id()
        with pytest.raises(StoreUnavailable, match=r"by the proxy 127\.0\.0\.1:9 cannot be used: .*\."):
            KuboStore("http://ipfs.example:5001").pin(cid_of_block(bytes(32)))
        patch.setenv("HTTP_PROXY", "socks9://nonsense")
        with pytest.raises(InvalidInput, match="HTTP_PROXY"):
            connection("http://rpc.example:8545")
