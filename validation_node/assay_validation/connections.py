"""Which connections the HTTP node keeps open: limits what a client can do before it has shown a token.

uvicorn limits neither the time that a request's head takes nor the number of idle connections, except by
refusing everybody. Here a connection has a few seconds to send a request that is admitted, and again after
each answer; if too many connections wait, one from the address with the most is closed.
"""

import ipaddress
from asyncio import Transport
from collections import Counter
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0
"""From the start of a connection, or the end of an answer, to the end of the next request's head; or to the
end of an answer that needs no token."""
MAX_WAITING = 256
"""The most connections without an admitted request."""
_NETWORK_BITS = 64
"""The prefix of an IPv6 address; all addresses with the same prefix belong to one owner."""


class Connection(H11Protocol):
    """One connection. `admission` records in a request's state that it is admitted."""

    waiting_since: float | None = None
    """In the event loop's time; None once it is dropped."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Accept a connection, and drop another if there are too many."""
        super().connection_made(transport)
        self.waiting_since = self.loop.time()
        self.loop.call_later(REQUEST_SECONDS, self._check)
        waiting = [one for one in cast("set[Connection]", self.connections) if one.is_waiting]
        if len(waiting) > MAX_WAITING:
            crowd = Counter(one.owner for one in waiting)
            max(waiting, key=lambda one: (crowd[one.owner], -(one.waiting_since or 0))).drop()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        if self.waiting_since is not None:
            self.waiting_since = self.loop.time()
        super().on_response_complete()

    @property
    def is_waiting(self) -> bool:
        """Whether it is open without an admitted request."""
        answering = self.cycle is not None and not self.cycle.response_complete
        admitted = answering and bool(self.cycle.scope["state"].get("admitted"))
        return self.waiting_since is not None and not admitted

    @property
    def owner(self) -> str:
        """The owner of the connection, as far as its address shows."""
        host = self.client[0] if self.client else ""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return host
        if address.version == 4:
            return host
        return str(ipaddress.ip_network((int(address), _NETWORK_BITS), strict=False))

    def drop(self) -> None:
        """Close it at once."""
        self.waiting_since = None
        self.transport.abort()

    def _check(self) -> None:
        if self.waiting_since is None or self.transport.is_closing():
            return
        left = self.waiting_since + REQUEST_SECONDS - self.loop.time()
        if self.is_waiting and left <= 0:
            self.drop()
        else:
            self.loop.call_later(max(left, 1.0), self._check)
