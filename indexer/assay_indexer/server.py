"""Serves the read API, health and figures from a thread."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from starlette.middleware.trustedhost import TrustedHostMiddleware

from assay.words.printable import quoted
from assay_indexer.api import goods, jobs, searches
from assay_indexer.api.limits import Allowance, Limits, Next, behind
from assay_indexer.api.routes import router
from assay_indexer.errors import IndexerError
from assay_indexer.monitor import Health, Monitor
from assay_indexer.queries import Index

_STOP_SECONDS = 10.0
_DAY = 86_400
_BURST = 3  # seconds' worth of requests that may come at once
_SEARCHES, _SEARCHES_A_DAY = 20, 4  # that one client may save at once, and in the long run
_AT_ONCE = 64  # requests; further ones are told to retry later
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""The hosts that are always served."""
_ANYWHERE: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request is for another host."},
    413: {"description": "The request is too large."},
    429: {"description": "Too many requests; Retry-After says how long to wait."},
    503: {"description": "Nothing is indexed yet, there are too many requests, or this one takes too long."},
}


def application(
    engine: Engine,
    monitor: Monitor,
    *,
    hosts: Collection[str] = (),
    rate: float = 20.0,
    private_webhooks: bool = False,
) -> FastAPI:
    """The application: the read API, health and figures.

    Args:
        hosts: names and addresses by which it may be addressed, besides this machine's own. Requests under a
            name that somebody else pointed here are refused, and feeds do not repeat it. Ports are ignored.
        rate: requests per second for each client in the long run; 0 for no limit.
        private_webhooks: whether saved searches may post into private networks.

    Raises:
        IndexerError: a host is neither a name nor an address.
    """
    app = FastAPI(
        title="Assay index",
        version="1",
        description="What a market's contracts have said. Pay and sign nothing by it: the chain decides.",
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        responses=_ANYWHERE,
    )
    app.state.index = Index(engine)
    app.state.private_webhooks = private_webhooks
    app.state.searches = Allowance(_SEARCHES_A_DAY / _DAY, _SEARCHES) if rate else None
    app.include_router(router)
    app.include_router(goods.router)
    app.include_router(jobs.router)
    app.include_router(searches.router)
    app.middleware("http")(Limits(Allowance(rate, int(_BURST * rate)) if rate else None))
    app.middleware("http")(partial(_counted, monitor))
    served = [*LOOPBACK, *map(_host, hosts)]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=served, www_redirect=False)

    @app.exception_handler(IndexerError)
    def unready(_request: Request, error: IndexerError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503, {"Retry-After": "5"})

    @app.exception_handler(OperationalError)
    def too_slow(_request: Request, _error: OperationalError) -> JSONResponse:
        return JSONResponse({"detail": "That took the database too long; ask for less."}, 503)

    @app.exception_handler(RequestValidationError)
    def misunderstood(_request: Request, error: RequestValidationError) -> JSONResponse:
        """Say what is wrong without repeating what was sent, which may not be valid text."""
        said = [{name: one[name] for name in ("loc", "msg", "type")} for one in error.errors()]
        return JSONResponse({"detail": said}, 422)

    @app.get("/health", include_in_schema=False)
    def health(response: Response) -> Health:
        found = monitor.health()
        response.status_code = 200 if found.healthy else 503
        return found

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(monitor.registry), media_type=CONTENT_TYPE_LATEST)

    return app


def _host(written: str) -> str:
    """A host as it appears in requests, without the port; raises :class:`IndexerError`."""
    if not _HOST.fullmatch(written):
        raise IndexerError(
            f"{quoted(written)} is not a host name.", hint="Example: index.example, without a port."
        )
    return written.lower()


async def _counted(monitor: Monitor, request: Request, call_next: Next) -> Response:
    started = time.monotonic()
    response = await call_next(request)
    monitor.requests.labels(str(response.status_code)).inc()
    monitor.answer.observe(time.monotonic() - started)
    return response


@contextmanager
def serving(
    engine: Engine,
    monitor: Monitor,
    listen: str,
    *,
    proxies: Sequence[str] = (),
    hosts: Sequence[str] = (),
    **options: Any,
) -> Iterator[int]:
    """Serve until the end of the block; yields the port.

    Args:
        proxies: addresses of proxies, which are trusted to name the client of each request.
        hosts: as for :func:`application`; the address that it listens on is one of them.
        options: passed to :func:`application`.

    Raises:
        IndexerError: *listen* is not an address, or it cannot listen there.
    """
    taken = _listen(listen)
    app = application(engine, monitor, hosts=(*hosts, *_listened(taken)), **options)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, limit_concurrency=_AT_ONCE, **behind(proxies)
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


def _listened(taken: socket.socket) -> Iterator[str]:
    """The address that it listens on, as requests name it; nothing if it listens on all addresses."""
    found = ipaddress.ip_address(taken.getsockname()[0])
    if not found.is_unspecified:
        yield f"[{found}]" if found.version == 6 else str(found)


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
