"""What an evaluation costs beyond the bare run of its model, each figure beside its limit in the same run.

The models are trained here on scikit-learn's digits, and tested on noisy copies of them. In the bare run, in
a process of its own, ONNX Runtime loads the model as it was exported and runs it on all rows, in one thread,
with the settings by which models are scored; it chooses its kernels by the processor, and memory comes as the
C library gives it by default. The pinned run is the same with the kernels and the memory of jobs. Processor
time is that of this process, of its fork server and of all jobs.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

import numpy as np
from digits_models import CLASSES, INPUT, LABEL, MODELS, OUTPUT, Digits, Floats
from digits_models import COLUMNS as PIXELS
from report import publish

from assay.manifests.evaluation import (
    DataMapping,
    EvaluationSpec,
    InputMapping,
    OutputMapping,
    ReportStatus,
)
from assay_validation.criteria import passes_of
from assay_validation.evaluation import evaluate
from assay_validation.limits import MIB, Limits
from assay_validation.sandbox import forking
from assay_validation.sandbox.runner import Job, run

ROWS, MANY_ROWS, FEW_ROWS = 10_000, 200_000, 100
QUEUE, JOBS, REPEATS = 20, 1_000, 5
COLUMNS = {"name": "what", "value": "ours", "unit": "unit", "aim": "aim", "ratio": "of the aim", "ok": "ok"}
NOTHING = Job("assay_validation.jobs.nothing")
BARE_RUN = """
import pathlib, sys, time
import numpy as np
from assay_validation import pinned_runtime
kernels, model, pixels, output, repeats = sys.argv[1:]
if kernels == "chosen":
    pinned_runtime.load = lambda: None
from assay_validation.jobs import predict
rows, used = np.load(pixels), []
for _ in range(int(repeats)):
    started = time.process_time()
    session = predict._session(pathlib.Path(model).read_bytes())
    session.run([output], {session.get_inputs()[0].name: rows})
    used.append(time.process_time() - started)
print(min(used))
"""
SPEC = EvaluationSpec(
    task="classification",
    metric="accuracy",
    step=1,
    data=DataMapping(
        format="parquet",
        inputs=(InputMapping(name=INPUT, columns=PIXELS),),
        label=LABEL,
        classes=CLASSES,
    ),
    output=OutputMapping(probabilities=OUTPUT),
)

PASSES = len(passes_of(SPEC))

Rows = Iterator[dict[str, object]]


def main() -> None:
    """Measure everything; takes about three minutes on a machine that does nothing else."""
    with tempfile.TemporaryDirectory() as name:
        folder, digits = Path(name), Digits.load()
        models = {kind: _written(folder / f"{kind}.onnx", make(digits)) for kind, make in MODELS.items()}
        rows = [
            *jails(),
            *evaluations(folder, digits, models),
            *many_rows(folder, digits, models),
        ]
    publish("validation", "Evaluations", COLUMNS, rows)
    if not all(row["ok"] for row in rows):
        raise SystemExit(1)


def jails() -> Rows:
    """What a jail costs, and what a thousand leave behind."""
    before = left()
    seconds, cpu = measured(lambda: [run(NOTHING, Limits()) for _ in range(JOBS)], 1)
    yield row("a jail", seconds / JOBS * 1_000, "ms", 65)
    yield row("a jail", cpu / JOBS * 1_000, "CPU ms", None)
    yield row(f"left of {JOBS:,} jails", left() - before, "processes and descriptors", 0)


def evaluations(folder: Path, digits: Digits, models: dict[str, Path]) -> Rows:
    """Whole evaluations of the usual size, and many of them."""
    copies = digits.copies(ROWS)
    data = copies.save(folder / "data.parquet")
    for kind, model in models.items():
        seconds, cpu = measured(partial(scored, model, data), REPEATS)
        bare, pinned = (bare_run(kernels, model, copies.pixels, folder) for kernels in ("chosen", "pinned"))
        aim = None if kind == "MLP" else 1.3
        yield row(f"{kind}, {ROWS:,} rows", seconds, "s", 0.15 if kind == "MLP" else None)
        yield row(f"{kind}, {ROWS:,} rows", cpu, "CPU s", None)
        yield row(f"{kind}, {ROWS:,} rows, bare", bare, "CPU s", None)
        yield row(f"{kind}, {ROWS:,} rows, pinned over bare", pinned / bare, "x CPU", None)
        yield row(f"{kind}, {ROWS:,} rows, over {PASSES} bare runs", cpu / bare / PASSES, "x CPU", aim)
        yield row(f"{kind}, {ROWS:,} rows, over {PASSES} pinned runs", cpu / pinned / PASSES, "x CPU", None)
    few = digits.copies(FEW_ROWS).save(folder / "few.parquet")
    seconds, _ = measured(partial(scored, models["MLP"], few), REPEATS)
    yield row(f"MLP, {FEW_ROWS} rows", seconds, "s", 0.15)
    seconds, _ = measured(partial(queue, models["MLP"], data), 1)
    yield row(f"a queue of {QUEUE} MLPs", QUEUE / seconds, "a second", 8)


def many_rows(folder: Path, digits: Digits, models: dict[str, Path]) -> Rows:
    """Whether many rows fit into the memory that an order allows by default."""
    data = digits.copies(MANY_ROWS).save(folder / "many.parquet")
    for kind, model in models.items():
        seconds, _ = measured(partial(scored, model, data), 1)
        yield row(
            f"{kind}, {MANY_ROWS:,} rows, in {SPEC.limits.memory_bytes // MIB:,} MiB", seconds, "s", None
        )


def scored(model: Path, data: Path) -> None:
    """Score a model; one that is not is the end of the benchmark."""
    report = evaluate(model, data, SPEC)
    if report.status != ReportStatus.ANSWERED:
        raise SystemExit(f"{model.stem} has no score: {report.log}")


def queue(model: Path, data: Path) -> None:
    """Score many, as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done in [threads.submit(scored, model, data) for _ in range(QUEUE)]:
            done.result()


def bare_run(kernels: str, model: Path, pixels: Floats, folder: Path) -> float:
    """Seconds of processor time of loading a model and running it on all rows.

    *kernels* are "pinned", or "chosen" by the processor.
    """
    np.save(folder / "pixels.npy", pixels)
    command = [
        sys.executable,
        "-c",
        BARE_RUN,
        kernels,
        str(model),
        str(folder / "pixels.npy"),
        OUTPUT,
        str(REPEATS),
    ]
    environment = dict(forking.ENVIRONMENT)
    if kernels == "chosen":
        del environment["GLIBC_TUNABLES"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout)


def measured(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Seconds, and seconds of processor time, at the least: other work on the machine only adds."""
    seconds, cpu = [], []
    for _ in range(repeats):
        started, used = time.perf_counter(), _processor_time()
        work()
        seconds.append(time.perf_counter() - started)
        cpu.append(_processor_time() - used)
    return min(seconds), min(cpu)


def left() -> int:
    """Processes below this one, and open descriptors of this and of a new fork server."""
    forking.close()
    run(NOTHING, Limits())
    return min(_count() for _ in range(REPEATS))  # the server lets go of a job after it has told of its end


def row(name: str, value: float, unit: str, aim: float | None) -> dict[str, object]:
    """A figure beside its aim: at least so many a second, at most so much of everything else."""
    ratio = value / aim if aim else None
    ok = aim is None or (value >= aim if unit == "a second" else value <= aim)
    return {"name": name, "value": value, "unit": unit, "aim": aim, "ratio": ratio, "ok": ok}


def _count() -> int:
    below = _below(os.getpid())
    descriptors = [len(os.listdir(f"/proc/{process}/fd")) for process in (os.getpid(), *below)]
    return len(below) + sum(descriptors)


def _processor_time() -> float:
    own = time.process_time()
    ticks = 0
    for process in _below(os.getpid()):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # its own, and that of those it has waited for
    return own + ticks / os.sysconf("SC_CLK_TCK")


def _below(process: int) -> list[int]:
    """All processes below one."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_below(child)]
    return found


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    main()
