"""The validation node over HTTP, for an oracle in another process. Listens on loopback unless told otherwise.

Every request but ``/health`` and ``/metrics`` carries the bearer token. A request is authorised, measured and
given a slot before a byte of its body is read.
"""

import hmac
import shutil
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import FastAPI, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from pydantic import BaseModel
from pydantic import ValidationError as InvalidManifest

from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Reference
from assay.manifests.node_report import DatasetReport, EvaluationReport
from assay_validation.errors import MachineFault, SandboxUnavailable, ValidationError
from assay_validation.limits import MIB, Limits
from assay_validation.node import LocalValidationNode, ValidationNode
from assay_validation.sandbox import runner

_OPEN_PATHS = frozenset({"/health", "/metrics"})
_FORM_BYTES = 4 * MIB  # the JSON fields and the multipart framing
_SPEC_EXAMPLE = (
    '{"task":"classification","metric":"accuracy","step":10000,"data":{"format":"csv",'
    '"inputs":[{"name":"X","columns":["radius","texture"]}],"label":"malignant","classes":["0","1"]},'
    '"output":{"labels":"label"}}'
)
_COUNTS_EXAMPLE = '{"rows":269,"classes":{"0":58,"1":211}}'
_REFERENCE_EXAMPLE = '{"name":"majority","kind":"majority-class","low":780000,"high":790000}'

Spec = Annotated[str, Form(description="EvaluationSpec as JSON", examples=[_SPEC_EXAMPLE])]
Expected = Annotated[str, Form(description="DatasetCounts as JSON", examples=[_COUNTS_EXAMPLE])]
ReferenceField = Annotated[str, Form(description="Reference as JSON", examples=[_REFERENCE_EXAMPLE])]
_Model = TypeVar("_Model", bound=BaseModel)


class Health(BaseModel):
    """The node is able to work, and the jail it works in."""

    sandbox: str


class _Metrics:
    """What Prometheus scrapes; nothing in it says anything about a model or its data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.jobs = Counter(
            "assay_validation_jobs", "Finished jobs", ["kind", "outcome"], registry=self.registry
        )
        self.seconds = Histogram(
            "assay_validation_seconds", "Duration of jobs", ["kind"], registry=self.registry
        )
        self.running = Gauge("assay_validation_running", "Jobs running now", registry=self.registry)

    @contextmanager
    def timed(self, kind: str) -> Iterator[None]:
        """Observe one job."""
        started = time.monotonic()
        try:
            yield
        except Exception:
            self.jobs.labels(kind, "error").inc()
            raise
        finally:
            self.seconds.labels(kind).observe(time.monotonic() - started)


def create_app(
    token: str, limits: Limits | None = None, *, concurrency: int = 2, node: ValidationNode | None = None
) -> FastAPI:
    """The service. Clients bear *token*; *concurrency* jobs run at once, more are told to come again.

    The work is done on this machine unless another *node* is given.
    """
    node = node or LocalValidationNode(limits)
    limits = limits or Limits()
    slots = threading.BoundedSemaphore(concurrency)
    metrics = _Metrics()
    app = FastAPI(title="Assay validation node", version="1", docs_url=None, redoc_url=None)
    largest_body = limits.model_bytes + limits.data_bytes + _FORM_BYTES

    @app.middleware("http")
    async def admit(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path in _OPEN_PATHS:
            return await proceed(request)
        if not _authorised(request, token):
            return _refusal(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
        if request.method != "POST":
            return await proceed(request)
        length = request.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return _refusal(411, "the request must declare its length")
        if int(length[:20]) > largest_body:
            return _refusal(413, f"the request is larger than {largest_body} bytes")
        if not slots.acquire(blocking=False):
            return _refusal(503, "all slots are taken", {"Retry-After": "5"})
        metrics.running.inc()
        try:
            return await proceed(request)
        finally:
            metrics.running.dec()
            slots.release()

    @app.exception_handler(ValidationError)
    async def unable(request: Request, error: ValidationError) -> JSONResponse:
        if isinstance(error, MachineFault):
            return _refusal(503, str(error), {"Retry-After": "5"})
        return _refusal(503 if isinstance(error, SandboxUnavailable) else 422, str(error))

    @app.get("/health")
    def health() -> Health:
        """Whether models can be evaluated here, and in which jail."""
        return Health(sandbox=runner.describe())

    @app.get("/metrics")
    def scrape() -> Response:
        """Prometheus metrics."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @app.post("/v1/evaluations")
    def evaluations(
        model: Annotated[UploadFile, File(description="ONNX")],
        data: Annotated[UploadFile, File()],
        spec: Spec,
    ) -> EvaluationReport:
        """Score a model on data. The ``private`` part of the report must never be published."""
        manifest = _parsed(EvaluationSpec, spec)
        with _folder() as folder, metrics.timed("evaluation"):
            report = node.evaluate(
                _stored(model, folder / "model", limits.model_bytes),
                _stored(data, folder / "data", limits.data_bytes),
                manifest,
            )
        metrics.jobs.labels("evaluation", report.status.name.lower()).inc()
        return report

    @app.post("/v1/attestations")
    def attestations(
        data: Annotated[UploadFile, File()],
        spec: Spec,
        expected: Expected,
        reference: ReferenceField,
        reference_model: Annotated[UploadFile | None, File(description="ONNX")] = None,
    ) -> DatasetReport:
        """Recount a dataset and score its reference model."""
        manifest, counts = _parsed(EvaluationSpec, spec), _parsed(DatasetCounts, expected)
        named = _parsed(Reference, reference)
        with _folder() as folder, metrics.timed("attestation"):
            stored = _stored(data, folder / "data", limits.data_bytes)
            baseline = None
            if reference_model is not None:
                baseline = _stored(reference_model, folder / "model", limits.model_bytes)
            report = node.attest(stored, manifest, counts, named, baseline)
        metrics.jobs.labels("attestation", report.verdict).inc()
        return report

    return app


def _authorised(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _refusal(code: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": detail}, code, headers)


def _parsed(kind: type[_Model], text: str) -> _Model:
    try:
        return kind.model_validate_json(text)
    except InvalidManifest as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:10]]
        raise HTTPException(422, f"{kind.__name__}: {'; '.join(problems)}") from None


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        yield Path(folder)


def _stored(upload: UploadFile, path: Path, largest: int) -> Path:
    if upload.size is None or upload.size > largest:
        raise HTTPException(413, f"the part is larger than {largest} bytes")
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file)
    return path
