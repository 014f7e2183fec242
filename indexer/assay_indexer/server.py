"""Serves the read API, health and figures from a thread."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine

from assay_indexer.errors import IndexerError
from assay_indexer.monitor import Health, Monitor

_STOP_SECONDS = 10.0
_AT_ONCE = 64  # requests; others are told to come later


def application(engine: Engine, monitor: Monitor) -> FastAPI:
    """All pages."""
    app = FastAPI(title="Assay index", version="1", docs_url=None, redoc_url=None)

    @app.get("/health", include_in_schema=False)
    def health(response: Response) -> Health:
        found = monitor.health()
        response.status_code = 200 if found.healthy else 503
        return found

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(monitor.registry), media_type=CONTENT_TYPE_LATEST)

    return app


@contextmanager
def serving(engine: Engine, monitor: Monitor, listen: str) -> Iterator[int]:
    """Serve until the end of the block; the port.

    Raises:
        IndexerError: *listen* is no address, or cannot be listened on.
    """
    taken = _listen(listen)
    config = uvicorn.Config(
        application(engine, monitor), log_level="error", access_log=False, limit_concurrency=_AT_ONCE
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, name="api", daemon=True)
    thread.start()
    try:
        yield int(taken.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        taken.close()


def _listen(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        return socket.create_server((host, int(port)), family=family, backlog=64)
    except (ValueError, OverflowError):
        raise IndexerError("The address to listen on is IP:PORT.", hint="Example: 127.0.0.1:8646") from None
    except OSError as error:
        raise IndexerError(
            f"Cannot listen on {listen}: {error.strerror or error}.", hint="Change --listen."
        ) from error
