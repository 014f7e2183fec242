"""The validation node over HTTP, for an oracle in another process. Listens on loopback unless told otherwise.

Every request but ``/health`` and ``/metrics`` carries a bearer token. A request is authorised, measured and
given a place before any of its body is read (`admission`), within the limits for connections
(`connections`). Work runs in threads of its own, and waits for one in order of arrival.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import uvicorn
from anyio import CapacityLimiter, to_thread
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
from assay_validation.admission import MIB, Admission
from assay_validation.connections import Connection
from assay_validation.errors import MachineFault, SandboxUnavailable, ValidationError
from assay_validation.limits import Limits
from assay_validation.node import LocalValidationNode, ValidationNode
from assay_validation.sandbox import runner
from assay_validation.scratch import path_of

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
_Report = TypeVar("_Report", EvaluationReport, DatasetReport)


class Health(BaseModel):
    """The node is able to work, and the jail it works in."""

    sandbox: str


class _Metrics:
    """What Prometheus scrapes; none of it says anything about a model or its data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.jobs = Counter(
            "assay_validation_jobs", "Finished jobs", ["kind", "outcome"], registry=self.registry
        )
        self.seconds = Histogram(
            "assay_validation_seconds", "Duration of jobs", ["kind"], registry=self.registry
        )
        self.running = Gauge(
            "assay_validation_running", "Requests read, waiting or worked on", registry=self.registry
        )

    @contextmanager
    def timed(self, kind: str) -> Iterator[None]:
        """Measure one job."""
        started = time.monotonic()
        try:
            yield
        except Exception:
            self.jobs.labels(kind, "error").inc()
            raise
        finally:
            self.seconds.labels(kind).observe(time.monotonic() - started)


def serve(tokens: Sequence[str], host: str, port: int, *, concurrency: int) -> None:
    """Serve until told to stop."""
    uvicorn.run(
        create_app(tokens, concurrency=concurrency),
        host=host,
        port=port,
        http=Connection,
        ws="none",
        log_level="warning",
    )


def create_app(
    tokens: Sequence[str],
    limits: Limits | None = None,
    *,
    concurrency: int = 2,
    node: ValidationNode | None = None,
) -> FastAPI:
    """The service. Clients bear one of the *tokens*; *concurrency* jobs run at once.

    As many requests are accepted for each token; further ones are asked to retry later. The work is done on
    this machine unless another *node* is given.
    """
    node = node or LocalValidationNode(limits)
    limits = limits or Limits()
    metrics = _Metrics()
    threads = CapacityLimiter(concurrency)
    app = FastAPI(title="Assay validation node", version="1", docs_url=None, redoc_url=None)
    app.add_middleware(
        Admission,
        tokens=tokens,
        places=concurrency,
        largest=limits.model_bytes + limits.data_bytes + _FORM_BYTES,
        taken=metrics.running,
    )

    async def work(kind: str, job: Callable[[], _Report]) -> _Report:
        def timed() -> _Report:
            with metrics.timed(kind):
                return job()

        return await to_thread.run_sync(timed, limiter=threads)

    @app.exception_handler(ValidationError)
    async def unable(request: Request, error: ValidationError) -> JSONResponse:
        if isinstance(error, MachineFault):
            return _refusal(503, str(error), {"Retry-After": "5"})
        return _refusal(503 if isinstance(error, SandboxUnavailable) else 422, str(error))

    @app.get("/health")
    async def health() -> Health:
        """Whether models can be evaluated here, and in which jail."""
        return Health(sandbox=runner.describe())

    @app.get("/metrics")
    async def scrape() -> Response:
        """Prometheus metrics."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @app.post("/v1/evaluations")
    async def evaluations(
        model: Annotated[UploadFile, File(description="ONNX")],
        data: Annotated[UploadFile, File()],
        spec: Spec,
    ) -> EvaluationReport:
        """Score a model on data. The ``private`` part of the report must never be published."""
        manifest = _parsed(EvaluationSpec, spec)
        files = _stored(model, limits.model_bytes), _stored(data, limits.data_bytes)
        report = await work("evaluation", lambda: node.evaluate(*files, manifest))
        metrics.jobs.labels("evaluation", report.status.name.lower()).inc()
        return report

    @app.post("/v1/attestations")
    async def attestations(
        data: Annotated[UploadFile, File()],
        spec: Spec,
        expected: Expected,
        reference: ReferenceField,
        reference_model: Annotated[UploadFile | None, File(description="ONNX")] = None,
    ) -> DatasetReport:
        """Recount a dataset and score its reference model."""
        manifest, counts = _parsed(EvaluationSpec, spec), _parsed(DatasetCounts, expected)
        named = _parsed(Reference, reference)
        stored = _stored(data, limits.data_bytes)
        baseline = None if reference_model is None else _stored(reference_model, limits.model_bytes)
        report = await work("attestation", lambda: node.attest(stored, manifest, counts, named, baseline))
        metrics.jobs.labels("attestation", report.verdict).inc()
        return report

    return app


def _refusal(code: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": detail}, code, headers)


def _parsed(kind: type[_Model], text: str) -> _Model:
    try:
        return kind.model_validate_json(text)
    except InvalidManifest as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:10]]
        raise HTTPException(422, f"{kind.__name__}: {'; '.join(problems)}") from None


def _stored(upload: UploadFile, largest: int) -> Path:
    """The uploaded part as a path. However small it is, it is then in a file, which has no name."""
    if upload.size is None or upload.size > largest:
        raise HTTPException(413, f"the part is larger than {largest} bytes")
    path = path_of(upload.file)
    upload.file.flush()
    return path
