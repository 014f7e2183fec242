"""A validation node of many machines: work goes to a queue on Postgres, from which workers take it.

The queue is procrastinate's (`worker` is its other end). What is to be tested is passed, sealed, in a folder
that all machines share (`parcels`). When a worker dies, another gets its job. The same order, model and data
give the same answer, so it does no harm if two workers do the same job.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from pydantic import ValidationError as InvalidReply

from assay.errors import SealError
from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Reference
from assay.manifests.node_report import DatasetReport, EvaluationReport
from assay_validation.errors import MachineFault, UnreachableError, ValidationError
from assay_validation.parcels import Parcel, Request

TASK, QUEUE = "assay_validation.test", "assay-validation"
_PAUSES = (0.02, 0.5)
"""Seconds between two checks for an answer: at first, and at most."""
_ABANDONED_SECONDS = 86_400
"""After this long, whoever made a parcel must have been killed."""
_ARE_THERE = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"
_Report = TypeVar("_Report", EvaluationReport, DatasetReport)


def checked_url(url: str) -> str:
    """The address of a queue's database.

    Raises:
        ValidationError: it is invalid, or contains a password, which others could read in lists of processes.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValidationError("The queue is not the address of a Postgres database (postgresql://…).")
    if parts.password is not None or "password" in parts.query:
        raise ValidationError("The queue's address has a password in it.", hint="Put it into ~/.pgpass.")
    return url


def make_tables(url: str) -> None:
    """Make the queue's tables in the database at *url* if they are missing; raises psycopg.Error."""
    with psycopg.connect(url) as connection:  # one transaction, and one program at a time
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('assay queue'))")
        (there,) = connection.execute(_ARE_THERE).fetchone() or (False,)
        if not there:
            connection.execute(SchemaManager.get_schema().encode())


class QueuedValidationNode:
    """Has the work done by the workers at the queue *url*. They share *folder* and *secret*.

    *seconds* is the longest wait for an answer.
    """

    def __init__(self, url: str, folder: Path, secret: str, *, seconds: float = 7200) -> None:
        connector = procrastinate.SyncPsycopgConnector(conninfo=checked_url(url))
        self._app = procrastinate.App(connector=connector)
        self._folder, self._secret, self._seconds = folder, secret, seconds
        try:
            make_tables(url)
            self._app.open()
        except (ConnectorException, psycopg.Error) as error:
            raise _unreachable(error) from None

    def close(self) -> None:
        """Close the connections."""
        self._app.close()

    def evaluate(self, model: Path, data: Path, spec: EvaluationSpec) -> EvaluationReport:
        """See `ValidationNode`.

        Raises:
            MachineFault: the workers could not do it.
            UnreachableError: the queue's database does not answer, or no worker does.
        """
        request = Request(kind="evaluate", spec=spec)
        return self._ask(request, {"model": model, "data": data}, EvaluationReport)

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
            MachineFault: the workers could not do it.
            UnreachableError: the queue's database does not answer, or no worker does.
        """
        request = Request(kind="attest", spec=spec, expected=expected, reference=reference)
        files = {"data": data} | ({"reference_model": reference_model} if reference_model else {})
        return self._ask(request, files, DatasetReport)

    def _ask(self, request: Request, files: Mapping[str, Path], kind: type[_Report]) -> _Report:
        parcel = Parcel.make(self._folder)
        try:
            parcel.remove_older(max(_ABANDONED_SECONDS, 2 * self._seconds))
            parcel.put_request(request, files)
            job = self._app.configure_task(TASK, queue=QUEUE).defer(
                parcel=parcel.name, key=parcel.wrapped_key(self._secret)
            )
            try:
                self._wait(parcel, job)
                return kind.model_validate_json(parcel.report())
            finally:
                self._app.job_manager.cancel_job_by_id(job, delete_job=True)
        except (ConnectorException, psycopg.Error) as error:
            raise _unreachable(error) from None
        except (InvalidReply, SealError):
            raise UnreachableError("A worker answered nonsense.") from None
        finally:
            parcel.remove()

    def _wait(self, parcel: Parcel, job: int) -> None:
        """Wait until the report is there."""
        end, (pause, longest) = time.monotonic() + self._seconds, _PAUSES
        while not parcel.has_report():
            found = list(self._app.job_manager.list_jobs(id=job))
            given_up = not found or found[0].status in (Status.FAILED.value, Status.ABORTED.value)
            if given_up and not parcel.has_report():
                raise MachineFault("The workers could not do it.", hint="Their logs say why.")
            if time.monotonic() > end:
                raise UnreachableError(f"No worker answered within {self._seconds:g} s.", hint="Do any run?")
            time.sleep(pause)
            pause = min(1.5 * pause, longest)


def _unreachable(error: Exception) -> UnreachableError:
    return UnreachableError(f"The queue's database does not answer: {error}.", hint="Is it running there?")
