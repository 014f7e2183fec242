"""The application: which page answers what, behind the guard, with error pages that say what to do."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from assay.errors import AssayError, ContractError, InvalidInput
from assay_indexer.api.limits import Allowance
from assay_web.pages import ROUTERS
from assay_web.reading import Reading
from assay_web.rendering import page
from assay_web.security import HEADERS, Guard
from assay_web.sentences import say
from assay_web.settings import Settings

_SEALED = "application/octet-stream"  # ciphertext does not become smaller, and there may be gigabytes of it
_BURST = 6  # seconds' worth of requests that come at once: a page asks for several things


class Static(StaticFiles):
    """Files whose addresses change with their content, so browsers keep them; imported modules ask again."""

    def file_response(self, *args: object, **named: object) -> Response:
        """As usual, with leave to keep it for a while."""
        response = super().file_response(*args, **named)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


def create_app(settings: Settings) -> FastAPI:
    """The web market on what *settings* name."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.reading = Reading(settings)
    app.add_middleware(GZipMiddleware, minimum_size=1000, exclude_content_types=(_SEALED,))
    allowance = Allowance(settings.rate, int(_BURST * settings.rate)) if settings.rate else None
    app.middleware("http")(Guard(settings.origins, settings.hosts, allowance))
    app.mount("/static", Static(directory=str(files("assay_web") / "static")))
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(AssayError, _failed)
    app.add_exception_handler(OperationalError, _too_slow)
    app.add_exception_handler(Exception, _broken)
    return app


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    known = status if status in (404, 405, 413, 429) else 400
    return _shown(request, status, say(f"error.{known}.title"), say(f"error.{known}.text"))


def _misunderstood(request: Request, _error: Exception) -> Response:
    return _shown(request, 400, say("error.400.title"), say("error.400.text"))


def _failed(request: Request, error: Exception) -> Response:
    """What the SDK says of a request: a thing that is not there, or a chain that does not answer."""
    assert isinstance(error, AssayError)
    absent = isinstance(error, ContractError | InvalidInput)
    title = say("error.404.title") if absent else say("error.503.title")
    return _shown(request, 404 if absent else 503, title, str(error))


def _too_slow(request: Request, _error: Exception) -> Response:
    return _shown(request, 503, say("error.503.title"), say("error.503.text"))


def _broken(request: Request, _error: Exception) -> Response:
    """What is answered outside of the guard, and says the same to the browser."""
    response = _shown(request, 500, say("error.500.title"), say("error.500.text"))
    response.headers.update(HEADERS | {"Cache-Control": "no-store"})
    return response


def _shown(request: Request, status: int, title: object, text: object) -> Response:
    response = page(request, "error.html", title=title, text=text)
    response.status_code = status
    return response
