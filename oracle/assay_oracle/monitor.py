"""What operators see of a running daemon: `/health` for a supervisor, `/metrics` for Prometheus.

Nothing here says anything about a model, a dataset or a report that is not public yet.
"""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from pydantic import BaseModel

from assay_oracle.errors import OracleError

_STALE_SECONDS = 300.0
_START_SECONDS = 10.0


class Health(BaseModel):
    """Whether the daemon is doing its work.

    Attributes:
        healthy: it has read the chain recently, and its last attempt succeeded.
        cycle_age: seconds since it last read the chain; None before the first time.
        head_block: newest block that it has seen.
        head_age: seconds since the time of that block, by this machine's clock.
        open_requests: requests to it that it has not finished.
    """

    healthy: bool
    cycle_age: float | None
    head_block: int
    head_age: float
    open_requests: int


class Monitor:
    """Collects figures, and serves them while it is entered."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.reports = Counter("assay_oracle_reports", "Reports", ["kind", "status"], registry=registry)
        self.errors = Counter("assay_oracle_errors", "Failures", ["duty", "error"], registry=registry)
        self.cycle_seconds = Histogram("assay_oracle_cycle_seconds", "Duration of cycles", registry=registry)
        self.head_block = Gauge("assay_oracle_head_block", "Newest block", registry=registry)
        self.open_requests = Gauge("assay_oracle_open_requests", "Requests not finished", registry=registry)
        self.gas_balance = Gauge("assay_oracle_gas_balance_wei", "Wei to pay gas with", registry=registry)
        self.stake = Gauge("assay_oracle_stake", "Stake, whole tokens", ["part"], registry=registry)
        self._pulse: float | None = None
        self._succeeded = False
        self._head_time, self._head, self._open = 0, 0, 0

    def beat(self, head: int, head_time: int, open_requests: int) -> None:
        """Record a cycle that has read the chain."""
        self._pulse, self._succeeded = time.monotonic(), True
        self._head, self._head_time, self._open = head, head_time, open_requests
        self.head_block.set(head)
        self.open_requests.set(open_requests)

    def missed(self) -> None:
        """Record a cycle that could not read the chain."""
        self._succeeded = False

    def health(self) -> Health:
        """How the daemon is doing."""
        age = None if self._pulse is None else time.monotonic() - self._pulse
        return Health(
            healthy=self._succeeded and age is not None and age < _STALE_SECONDS,
            cycle_age=age,
            head_block=self._head,
            head_age=time.time() - self._head_time,
            open_requests=self._open,
        )

    def app(self) -> FastAPI:
        """The two pages."""
        app = FastAPI(title="Assay oracle", version="1", docs_url=None, redoc_url=None, openapi_url=None)

        @app.get("/health")
        def health(response: Response) -> Health:
            found = self.health()
            response.status_code = 200 if found.healthy else 503
            return found

        @app.get("/metrics")
        def metrics() -> Response:
            return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

        return app


class MonitorServer:
    """Serves a monitor from a thread while it is entered.

    Raises:
        OracleError: it cannot listen on the address.
    """

    def __init__(self, monitor: Monitor, address: tuple[str, int]) -> None:
        self._address = address
        config = uvicorn.Config(monitor.app(), log_level="error", access_log=False, limit_concurrency=32)
        self._server = uvicorn.Server(config)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._socket is not None
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=64)
        except OSError as error:
            raise OracleError(
                f"Cannot listen on {host} port {port}: {error.strerror or error}.", hint="Change `listen`."
            ) from error
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="monitor", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_START_SECONDS)
        if self._socket is not None:
            self._socket.close()
