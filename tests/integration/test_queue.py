"""Workers at a queue on a real Postgres: they answer as this machine does, and may die at any time."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import postgres
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from assay.errors import SealError
from assay.manifests.evaluation import (
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    OutputMapping,
    Reference,
    ReportStatus,
)
from assay.manifests.node_report import EvaluationReport
from assay_validation.errors import MachineFault, UnreachableError, ValidationError
from assay_validation.node import LocalValidationNode
from assay_validation.parcels import Parcel, Request
from assay_validation.queued import QueuedValidationNode

SECRET = "a secret of the validator's machines"
DEAD_AFTER = 1.5
WORKER = """
import os, signal, sys
from pathlib import Path
from assay_validation.errors import MachineFault
from assay_validation.node import LocalValidationNode
from assay_validation.worker import work

url, folder, manner, seen = sys.argv[1:]

class Node(LocalValidationNode):
    def evaluate(self, model, data, spec):
        with open(seen, "a") as file:
            file.write(f"{os.getpid()}\\n")
        if manner == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if manner == "hangs":
            signal.pause()
        if manner == "faults":
            raise MachineFault("The disk is full.")
        return super().evaluate(model, data, spec)

work(url, Path(folder), "a secret of the validator's machines", dead_after=1.5, node=Node())
"""

pytestmark = pytest.mark.skipif(not postgres.installed(), reason="Debian: apt-get install postgresql")


@pytest.fixture(scope="module")
def database():
    with postgres.running() as url:
        yield url


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "parcels"
    made.mkdir()
    return made


@pytest.fixture
def workers(database, folder, tmp_path):
    """Start a worker; all are gone afterwards, and so are the jobs."""
    started = []

    def start(manner: str = "works") -> subprocess.Popen:
        command = [sys.executable, "-c", WORKER, database, str(folder), manner, str(tmp_path / "seen")]
        started.append(subprocess.Popen(command))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()
    with psycopg.connect(database) as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


@pytest.fixture
def node(database, folder):
    found = QueuedValidationNode(database, folder, SECRET, seconds=120)
    yield found
    found.close()


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    folder = tmp_path_factory.mktemp("iris")
    frame = load_iris(as_frame=True).frame
    names = tuple(f"x{i}" for i in range(4))
    frame.columns = [*names, "label"]
    features = frame[list(names)].to_numpy(np.float32)
    model = LogisticRegression(max_iter=500).fit(features, frame["label"])
    onnx, data = folder / "model.onnx", folder / "data.csv"
    onnx.write_bytes(to_onnx(model, features[:1], options={"zipmap": False}).SerializeToString())
    frame.to_csv(data, index=False)
    spec = EvaluationSpec(
        task="classification",
        metric="accuracy",
        step=1,
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="X", columns=names),),
            label="label",
            classes=("0", "1", "2"),
        ),
        output=OutputMapping(labels="label", probabilities="probabilities"),
    )
    return onnx, data, spec


@pytest.fixture
def seen(tmp_path):
    """The processes that evaluations were begun in, in this order."""
    return lambda: [int(line) for line in (tmp_path / "seen").read_text().split()]


def jobs(database) -> list[tuple[str, dict]]:
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT status, args FROM procrastinate_jobs").fetchall()


def public(report: EvaluationReport) -> str:
    return report.model_dump_json(exclude={"private"})


def test_workers_say_what_this_machine_says(node, workers, iris, folder, database, seen):
    model, data, spec = iris
    here = LocalValidationNode()
    abandoned = Parcel.make(folder)  # by a daemon that was killed
    os.utime(folder / abandoned.name, (0, 0))
    started = {workers().pid, workers().pid}
    with ThreadPoolExecutor(6) as threads:
        reports = set(threads.map(lambda _: public(node.evaluate(model, data, spec)), range(6)))
    assert reports == {public(here.evaluate(model, data, spec))}
    assert len(seen()) == 6
    assert set(seen()) <= started
    assert node.evaluate(data, data, spec).status == ReportStatus.REJECTED
    counts = DatasetCounts(rows=150, classes={"0": 50, "1": 50, "2": 50})
    reference = Reference(name="m", kind="onnx", artifact="b" + "a" * 58, low=0, high=1_000_000)
    question = (data, spec, counts, reference, model)
    assert node.attest(*question) == here.attest(*question)
    assert list(folder.iterdir()) == []
    assert jobs(database) == []


@pytest.mark.parametrize("manner", ["dies", "hangs"])
def test_a_worker_that_dies_has_its_job_done_by_another(manner, node, workers, iris, seen):
    model, data, spec = iris
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(node.evaluate, model, data, spec)
        first = workers(manner)
        if manner == "hangs":
            while not seen_or_none(seen):
                os.sched_yield()
            first.kill()
        first.wait()
        second = workers()
        assert answer.result().status == ReportStatus.ANSWERED
    assert seen() == [first.pid, second.pid]


def seen_or_none(seen) -> list[int]:
    try:
        return seen()
    except FileNotFoundError:
        return []


def test_a_job_that_kills_its_workers_ends(node, workers, iris, seen, database):
    model, data, spec = iris
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(node.evaluate, model, data, spec)
        while not answer.done():
            workers("dies").wait()  # one that finds no job waits for the job to be rescued
            if len(seen()) == 3:
                workers()
                break
        with pytest.raises(MachineFault, match="could not do it"):
            answer.result()
    assert len(seen()) == 3
    assert jobs(database) == []


def test_a_machine_s_fault_is_tried_again_and_then_told(node, workers, iris, seen):
    model, data, spec = iris
    workers("faults")
    with pytest.raises(MachineFault):
        node.evaluate(model, data, spec)
    assert len(seen()) == 3


def test_nothing_can_be_read_on_the_way(database, folder, iris, workers):
    """Neither in the folder nor in the database, nor with both; nor is a forged job done."""
    model, data, spec = iris
    node = QueuedValidationNode(database, folder, SECRET, seconds=0.5)
    kept = {}

    def look() -> None:
        while not kept:
            if found := jobs(database):
                (parcel,) = folder.iterdir()
                kept["key"] = found[0][1]["key"]
                kept["files"] = {one.name: one.read_bytes() for one in parcel.iterdir()}

    looking = threading.Thread(target=look)
    looking.start()
    with pytest.raises(UnreachableError, match="No worker answered"):
        node.evaluate(model, data, spec)
    looking.join()
    node.close()
    assert jobs(database) == []
    assert list(folder.iterdir()) == []
    assert set(kept["files"]) == {"request", "model", "data"}
    for name, path in (("model", model), ("data", data)):
        assert path.read_bytes()[100:120] not in kept["files"][name]
    assert b"accuracy" not in kept["files"]["request"]
    with pytest.raises(SealError):
        Parcel.unwrap(folder, "0" * 32, kept["key"], "another secret of thirty-two characters")


def test_files_of_a_parcel_cannot_be_swapped(folder, iris, tmp_path):
    model, data, spec = iris
    parcel = Parcel.make(folder)
    parcel.put_request(Request(kind="evaluate", spec=spec), {"model": model, "data": data})
    (folder / parcel.name / "model").write_bytes((folder / parcel.name / "data").read_bytes())
    with (tmp_path / "out").open("wb") as target, pytest.raises(SealError, match=r"longer|another"):
        parcel.open("model", parcel.request().files["model"], target)


@given(ages=st.lists(st.integers(-3, 3), max_size=6))
@settings(max_examples=20, deadline=None)
def test_only_abandoned_parcels_are_deleted(ages, tmp_path_factory):
    """However old others' files are, and whatever they are called."""
    folder = tmp_path_factory.mktemp("shared")
    for name in ("index.csv", "a" * 31, "A" * 32):
        (folder / name).mkdir()
        os.utime(folder / name, (0, 0))
    made = {Parcel.make(folder).name: age for age in ages}
    new = Parcel.make(folder)
    now = (folder / new.name).stat().st_mtime
    for name, age in made.items():
        (folder / name / "data").write_bytes(b"sealed")
        os.utime(folder / name, (now, now - 100 * age))
    new.remove_older(150)
    left = {one.name for one in folder.iterdir()} - {"index.csv", "a" * 31, "A" * 32, new.name}
    assert left == {name for name, age in made.items() if age < 2}
    assert len(list(folder.iterdir())) == 4 + len(left)


@pytest.mark.parametrize("name", ["../escape", "", "A" * 32, "a" * 33])
def test_a_parcel_lies_in_its_folder(name, folder):
    key = Parcel.make(folder).wrapped_key(SECRET)
    with pytest.raises(ValueError, match="not called"):
        Parcel.unwrap(folder, name, key, SECRET)


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@host/db", "postgresql://host/db?password=x", "mysql://host/db", "db"]
)
def test_a_queue_is_a_postgres_without_a_password_in_its_address(url, folder):
    with pytest.raises(ValidationError):
        QueuedValidationNode(url, folder, SECRET)


def test_a_database_that_is_not_there_is_told(folder):
    with pytest.raises(UnreachableError, match="does not answer"):
        QueuedValidationNode("postgresql://assay@/postgres?host=/nowhere", folder, SECRET)
