"""The one interface of a validation node, in this process or behind HTTP."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TypeVar

import httpx
from pydantic import BaseModel
from pydantic import ValidationError as InvalidReply

from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Reference
from assay.manifests.node_report import DatasetReport, EvaluationReport
from assay.words.printable import reason_of
from assay_validation.attestation import attest
from assay_validation.errors import BusyError, UnreachableError
from assay_validation.evaluation import evaluate
from assay_validation.limits import Limits

MAX_REPLY_BYTES = 16 << 20
_Report = TypeVar("_Report", bound=BaseModel)


class ValidationNode(Protocol):
    """Evaluates models and attests datasets; bad models and bad data are findings, not exceptions."""

    def evaluate(self, model: Path, data: Path, spec: EvaluationSpec) -> EvaluationReport:
        """Score *model* (ONNX) on *data*.

        Raises:
            ValidationError: the node could not do its work; nothing is known about the model.
        """
        ...

    def attest(
        self,
        data: Path,
        spec: EvaluationSpec,
        expected: DatasetCounts,
        reference: Reference,
        reference_model: Path | None = None,
    ) -> DatasetReport:
        """Recount *data* against its commitment and score the reference on it.

        Raises:
            ValidationError: the node could not do its work; nothing is known about the data.
        """
        ...


class LocalValidationNode:
    """Does the work on this machine, within *limits* if given, or else within each order's limits."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits

    def evaluate(self, model: Path, data: Path, spec: EvaluationSpec) -> EvaluationReport:
        """See `ValidationNode`."""
        return evaluate(model, data, spec, self._limits)

    def attest(
        self,
        data: Path,
        spec: EvaluationSpec,
        expected: DatasetCounts,
        reference: Reference,
        reference_model: Path | None = None,
    ) -> DatasetReport:
        """See `ValidationNode`."""
        return attest(data, spec, expected, reference, reference_model, self._limits)


class RemoteValidationNode:
    """Asks the HTTP service of another process or machine. *seconds* is the longest wait for one answer."""

    def __init__(self, url: str, token: str, *, seconds: float = 900) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(seconds, connect=10),
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def evaluate(self, model: Path, data: Path, spec: EvaluationSpec) -> EvaluationReport:
        """See `ValidationNode`.

        Raises:
            BusyError: the node has no free slot; ask again later.
            UnreachableError: it did not answer, refused the request, or answered nonsense.
        """
        fields = {"spec": spec.model_dump_json()}
        return self._post("/v1/evaluations", fields, {"model": model, "data": data}, EvaluationReport)

    def attest(
        self,
        data: Path,
        spec: EvaluationSpec,
        expected: DatasetCounts,
        reference: Reference,
        reference_model: Path | None = None,
    ) -> DatasetReport:
        """See `ValidationNode`.

        Raises:
            BusyError: the node has no free slot; ask again later.
            UnreachableError: it did not answer, refused the request, or answered nonsense.
        """
        fields = {
            "spec": spec.model_dump_json(),
            "expected": expected.model_dump_json(),
            "reference": reference.model_dump_json(),
        }
        files = {"data": data} | ({"reference_model": reference_model} if reference_model else {})
        return self._post("/v1/attestations", fields, files, DatasetReport)

    def _post(
        self, path: str, fields: dict[str, str], files: dict[str, Path], kind: type[_Report]
    ) -> _Report:
        with ExitStack() as opened:
            parts = {name: (name, opened.enter_context(file.open("rb"))) for name, file in files.items()}
            try:
                with self._client.stream("POST", path, data=fields, files=parts) as response:
                    body = _bounded(response)
            except httpx.HTTPError as error:
                raise UnreachableError(
                    f"The validation node did not answer: {reason_of(error)}.",
                    hint="Is it running at this address?",
                ) from None
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in response.headers:
            raise BusyError("The validation node is busy.", hint="Ask again in a while.")
        if response.status_code != httpx.codes.OK:
            raise UnreachableError(
                f"The validation node refused ({response.status_code}): {_detail(body)}",
                hint="Compare its address, token and limits with yours.",
            )
        try:
            return kind.model_validate_json(body)
        except InvalidReply:
            raise UnreachableError("The validation node answered nonsense.") from None


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise UnreachableError("The validation node answers too much.")
    return bytes(body)


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])[:500]
    except (ValueError, KeyError, TypeError):
        return "no reason given"
