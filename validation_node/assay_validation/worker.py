"""Takes work from a queue on Postgres; `queued` is its other end."""

import asyncio
import logging
from pathlib import Path

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from assay_validation.errors import MachineFault, SandboxUnavailable, UnreachableError, ValidationError
from assay_validation.node import LocalValidationNode, ValidationNode
from assay_validation.parcels import Parcel, Report
from assay_validation.queued import QUEUE, TASK, checked_url, make_tables
from assay_validation.scratch import Scratch

ATTEMPTS = 3
"""How many workers may die of a job, or fail because of their machines."""
_HEARTBEAT_SECONDS = 10


def work(
    url: str,
    folder: Path,
    secret: str,
    *,
    concurrency: int = 2,
    dead_after: float = 3 * _HEARTBEAT_SECONDS,
    node: ValidationNode | None = None,
) -> None:
    """Work on the queue at *url* until a signal arrives, *concurrency* jobs at once.

    A worker that has not been heard from for *dead_after* seconds is dead, and its jobs go to others.

    Raises:
        UnreachableError: the database does not answer.
    """
    # the library's log repeats the arguments of jobs
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    worker = _Worker(checked_url(url), folder, secret, node or LocalValidationNode())
    try:
        make_tables(url)
        asyncio.run(worker.run(concurrency, dead_after))
    except (ConnectorException, psycopg.Error) as error:
        raise UnreachableError(f"The queue's database does not answer: {error}.") from None


class _Worker:
    def __init__(self, url: str, folder: Path, secret: str, node: ValidationNode) -> None:
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        self._folder, self._secret, self._node = folder, secret, node
        again = procrastinate.RetryStrategy(
            max_attempts=ATTEMPTS - 1, wait=1, retry_exceptions={MachineFault, SandboxUnavailable}
        )
        self._app.task(name=TASK, queue=QUEUE, retry=again)(self._test)

    async def run(self, concurrency: int, dead_after: float) -> None:
        async with self._app.open_async():
            rescue = asyncio.create_task(self._rescue(dead_after))
            try:
                await self._app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=concurrency,
                    delete_jobs="always",  # because they contain keys
                    update_heartbeat_interval=dead_after / 3,
                    stalled_worker_timeout=dead_after,
                )
            finally:
                rescue.cancel()

    async def _rescue(self, dead_after: float) -> None:
        """Give the jobs of dead workers to others; a job that several workers died of is given up."""
        jobs = self._app.job_manager
        while True:
            await asyncio.sleep(dead_after / 3)
            for job in await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=dead_after):
                if job.attempts + 1 < ATTEMPTS:
                    await jobs.retry_job(job)
                else:
                    await jobs.finish_job(job, Status.FAILED, delete_job=True)

    def _test(self, parcel: str, key: str) -> None:
        opened = Parcel.unwrap(self._folder, parcel, key, self._secret)
        opened.put_report(self._report(opened))

    def _report(self, parcel: Parcel) -> Report:
        request = parcel.request()
        with Scratch() as scratch:
            for name, contents in request.files.items():
                with (scratch / name).open("wb") as file:
                    parcel.open(name, contents, file)
            data = scratch / "data"
            if request.kind == "evaluate":
                return self._node.evaluate(scratch / "model", data, request.spec)
            if request.expected is None or request.reference is None:
                raise ValidationError("The request lacks what the data is compared with.")
            reference_model = scratch / "reference_model" if "reference_model" in request.files else None
            return self._node.attest(data, request.spec, request.expected, request.reference, reference_model)
