"""An HTTP transport whose requests end: one deadline over connecting, headers and body together.

httpx's own time-outs are per socket operation, so a server that sends one byte now and then keeps a client
for ever. Here every socket operation gets only what is left of the time allowed for the current step.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpcore
import httpx


class Deadline:
    """A point in time that an upload may push forward as long as it makes progress."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Allow the full time again."""
        self._end = time.monotonic() + self._seconds

    def remaining(self) -> float:
        """Seconds left; raises :class:`httpcore.ReadTimeout` when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no answer within {self._seconds:g} s")
        return left


current_deadline: ContextVar[Deadline | None] = ContextVar("current_deadline", default=None)


def _allowed(timeout: float | None) -> float | None:
    deadline = current_deadline.get()
    if deadline is None:
        return timeout
    left = deadline.remaining()
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _allowed(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _allowed(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _allowed(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, _allowed(timeout), local_address, socket_options))


@cache
def shared_tls() -> ssl.SSLContext:
    """What all connections share: reading the authorities' certificates takes 40 ms."""
    return httpx.create_ssl_context(trust_env=False)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport over sockets that obey :data:`current_deadline`."""

    def __init__(self) -> None:
        super().__init__(verify=shared_tls())
        self._pool.close()
        # httpx offers no parameter for the network backend; its connection pool does
        self._pool = httpcore.ConnectionPool(ssl_context=shared_tls(), network_backend=_Backend())
