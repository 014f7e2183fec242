"""What a full audit of a small model costs, by the program that auditors start. No benchmark itself."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from audit_data import Array, Data, data_sets
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping

_EVERY, _CORES, _KIB, _KINDS = 0.05, 2, 1_024, ("Rss", "Pss")
MODELS = {
    "logistic regression of adult": ("adult", lambda: LogisticRegression(max_iter=500)),
    "forest of 50 trees of cancer": ("cancer", lambda: RandomForestClassifier(50, random_state=0)),
    "network on images of digits": ("digits", lambda: MLPClassifier((64,), max_iter=300, random_state=0)),
}


@dataclass(frozen=True)
class Cost:
    """Of one audit: seconds, and MB of all its processes together when they had most."""

    name: str
    seconds: float
    processor: float
    """Seconds of processor time: what it takes at most on a core that does nothing else."""
    resident: float
    """Pages that processes share are counted in each."""
    proportional: float
    """Pages that processes share are divided among them."""


def costs() -> Iterator[Cost]:
    """Of a full audit of each model, with training data, one at a time on two cores."""
    for name, (which, model) in MODELS.items():
        (data,) = (one for one in data_sets() if one.name == which)
        with tempfile.TemporaryDirectory() as folder:
            yield _measured(name, _command(data, model(), Path(folder)))


def _command(data: Data, model: Any, folder: Path) -> list[str]:
    known, held = data.split(np.random.default_rng(0))
    rows = data.rows.astype(np.float32)
    fitted = model.fit(rows[known], data.truth[known])
    write = _images if data.side else _table
    suffix, mapping = write(data, rows, fitted, known, held, folder)
    spec = EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=DataMapping(
            format=suffix,
            inputs=(mapping,),
            label="y",
            classes=tuple(map(str, range(int(data.truth.max()) + 1))),
        ),
        output=OutputMapping(probabilities="probabilities"),
    )
    (folder / "spec.json").write_text(spec.model_dump_json())
    files = (str(folder / name) for name in ("model.onnx", f"data.{suffix}", "spec.json"))
    groups = (f"--group={group}" for group in data.groups)
    training = folder / f"training.{suffix}"
    program = [sys.executable, "-m", "assay_validation", "audit"]
    return [*program, f"--out={folder}", f"--training={training}", *groups, "--", *files]


def _table(
    data: Data, rows: Array, fitted: Any, known: Array, held: Array, folder: Path
) -> tuple[Literal["csv"], InputMapping]:
    """The model and both parts of the data, a column for each number."""
    exported = to_onnx(fitted, rows[:1], options={"zipmap": False}, target_opset=17)
    names = tuple(f"x{i}" for i in range(rows.shape[1]))
    (folder / "model.onnx").write_bytes(exported.SerializeToString())
    for part, chosen in (("training", known), ("data", held)):
        frame = pd.DataFrame(rows[chosen], columns=names).assign(
            y=data.truth[chosen], **{group: codes[chosen] for group, codes in data.groups.items()}
        )
        frame.to_csv(folder / f"{part}.csv", index=False)
    return "csv", InputMapping(name="X", columns=names)


def _images(
    data: Data, rows: Array, fitted: Any, known: Array, held: Array, folder: Path
) -> tuple[Literal["npz"], InputMapping]:
    """A network of one hidden layer that takes images, and both parts of the data."""
    weights = {
        f"{kind}{layer}": one.astype(np.float32)
        for kind, some in (("w", fitted.coefs_), ("b", fitted.intercepts_))
        for layer, one in enumerate(some)
    }
    nodes = [
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w0", "b0"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "w1", "b1"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    classes, shape = len(fitted.classes_), [1, data.side, data.side]
    graph = helper.make_graph(
        nodes,
        "images",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", classes])],
        [numpy_helper.from_array(one, name) for name, one in weights.items()],
    )
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(built.SerializeToString())
    for part, chosen in (("training", known), ("data", held)):
        np.savez(folder / f"{part}.npz", pixels=rows[chosen].reshape(-1, *shape), y=data.truth[chosen])
    return "npz", InputMapping(name="pixels", columns=("pixels",))


def _measured(name: str, command: list[str]) -> Cost:
    cores = sorted(os.sched_getaffinity(0))[:_CORES]
    started, used = time.perf_counter(), processor_time()
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(
            ["taskset", "--cpu-list", ",".join(map(str, cores)), *command], stdout=told
        ) as process,
    ):
        most = dict.fromkeys(_KINDS, 0)
        while process.poll() is None:
            now = [_memory(one) for one in (process.pid, *below(process.pid))]
            most = {kind: max(most[kind], sum(one.get(kind, 0) for one in now)) for kind in _KINDS}
            time.sleep(_EVERY)
        seconds = time.perf_counter() - started
        told.seek(0)
        said = told.read().decode()
    if process.returncode:
        raise SystemExit(f"{name}: {said}")
    return Cost(name, seconds, processor_time() - used, *(most[kind] * _KIB / 1e6 for kind in _KINDS))


def below(process: int) -> list[int]:
    """All processes below one."""
    try:
        told = [(task / "children").read_text() for task in Path(f"/proc/{process}/task").iterdir()]
    except OSError:  # it has just ended
        return []
    children = [int(child) for text in told for child in text.split()]
    return children + [one for child in children for one in below(child)]


def processor_time() -> float:
    """Of all that ran below this process and has ended."""
    told = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.ru_utime + told.ru_stime


def _memory(process: int) -> dict[str, int]:
    """KiB of its pages."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return {}
    told = (line.split() for line in lines[1:])
    return {name.rstrip(":"): int(size) for name, size, *_ in told}
