"""Lines to chain and storage that fail at any request of a step, and what a step has to be worth then."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from assay.errors import AssayError, ChainError, StoreError, TransactionPending

FOR_GOOD = 10**9
SAMPLE = 3  # requests of a step at which the fast tests cut the line
CUT = ("which", "mute", "every")  # parameters of a test that cuts a line
EVERYWHERE = [
    pytest.param("rpc", True, True, id="chain, unanswered everywhere", marks=pytest.mark.slow),
    pytest.param("rpc", False, True, id="chain, refused everywhere", marks=pytest.mark.slow),
    pytest.param("ipfs", True, True, id="storage, unanswered everywhere", marks=pytest.mark.slow),
    pytest.param("ipfs", False, True, id="storage, refused everywhere", marks=pytest.mark.slow),
]


class Relay:
    """Listens in front of a server. Each connection is given to `_serve`, in a thread of its own."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._target = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(_at_once(client),), daemon=True).start()

    def _connect(self) -> socket.socket:
        return _at_once(socket.create_connection(self._target))

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError


def _at_once(connection: socket.socket) -> socket.socket:
    """Without the kernel's wait of 40 ms for more to send: a head and its body are two pieces."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class Line(Relay):
    """A network line to a server, cut from the n-th request on (counted from 1) for as many as told.

    A request that is cut off has not reached the server, unless the line is *mute*: then the server has taken
    it and nobody hears so.
    """

    def __init__(self, url: str) -> None:
        self.mend()
        self._lock = threading.Lock()
        super().__init__(url)

    def mend(self) -> None:
        """Pass everything on, and count anew."""
        self.requests, self.cut = 0, range(0)
        self.mute = False

    def break_at(self, request: int, count: int = FOR_GOOD, *, mute: bool = False) -> None:
        self.requests, self.cut, self.mute = 0, range(request, request + count), mute

    def _serve(self, client: socket.socket) -> None:
        with client, self._connect() as server:
            unheard = threading.Event()  # the server's next answer is lost
            answers = threading.Thread(target=self._answer, args=(server, client, unheard), daemon=True)
            answers.start()
            try:
                while piece := client.recv(65_536):
                    if piece.startswith(b"POST ") and self._is_cut():
                        if not self.mute:
                            break
                        unheard.set()
                    server.sendall(piece)
            except OSError:
                pass
            hang_up(client, server)
            answers.join()

    def _answer(self, server: socket.socket, client: socket.socket, unheard: threading.Event) -> None:
        try:
            while piece := server.recv(65_536):
                if unheard.is_set():
                    break
                client.sendall(piece)
        except OSError:
            pass
        hang_up(client, server)

    def _is_cut(self) -> bool:
        with self._lock:
            self.requests += 1
            return self.requests in self.cut


def hang_up(*ends: socket.socket) -> None:
    """End the connections, so that whoever waits for one goes on."""
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def sampled(requests: int, every: bool) -> list[int]:
    """Requests (from 1) at which to cut: all of them, or a few from the first to the last."""
    if every:
        return list(range(1, requests + 1))
    return sorted({1 + i * (requests - 1) // (SAMPLE - 1) for i in range(SAMPLE)})


def cut_everywhere(stage, lines, which, step, is_done, *, every: bool, mute: bool = False) -> int:
    """Take *step* with a line cut at one request after another, and again until it is done.

    Storage stays away until the step has failed; the chain misses one request, as a transaction that was sent
    is waited for.

    Returns:
        how often it did not succeed at once.
    """
    chain, failures = stage.chain, 0
    the_line, cuts = lines[which], 1 if which == "rpc" else FOR_GOOD

    def alone(action):
        snapshot = chain.snapshot()
        try:
            return action()
        finally:
            chain.revert(snapshot)

    the_line.mend()
    alone(step)
    for request in sampled(the_line.requests, every):

        def attempt(request=request):
            the_line.break_at(request, cuts, mute=mute)
            error = failure(step)
            the_line.mend()
            if error is not None:
                assert_clear(error)
                if mute and isinstance(error, TransactionPending):  # it says which one to look for
                    assert chain.web3.eth.wait_for_transaction_receipt(error.tx_hash, 30, 0.02)["status"] == 1
                if not is_done(False):
                    step()
            assert is_done(True)
            return error is not None

        failures += alone(attempt)
    return failures


def failure(step) -> AssayError | None:
    try:
        step()
    except AssayError as error:
        return error
    return None


def assert_clear(error: AssayError) -> None:
    """What happened and what to do, in words, without the machinery behind it."""
    assert isinstance(error, StoreError | ChainError)
    assert error.message[0].isupper()
    assert error.message.rstrip().endswith(".")
    for machinery in ("Traceback", "httpx", "object at 0x", "None"):
        assert machinery not in str(error)
